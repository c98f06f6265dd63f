/** Which examples: a built-in set, or the visitor's own. Says what was read, and warns before training, not after. */
import { Button, NativeSelect } from "@mantine/core";
import { lazy, Suspense, useId, useState } from "react";
import { builtInSets } from "../../config/dataSets.ts";
import { formatCount, formatPercent } from "../../lib/format.ts";
import { useData } from "../../store/data.ts";
import { chooseOwnData } from "../../store/ownData.ts";
import { taskDescriptions, taskKinds } from "../../tasks/index.schema.ts";
import { tagTypes } from "../tryIt/tagGroups.ts";
import { useDraft } from "../../store/draft.ts";
import { useSession } from "../../store/session.ts";
import type { DataReport } from "../../worker/protocol.ts";
import { Message } from "../shared/Message.tsx";
import classes from "./ExperimentPanel.module.css";
import slider from "../shared/StopSlider.module.css";

/** The built-in sets below the task each was made for. */
const SETS_BY_TASK = taskKinds.flatMap((kind) => {
  const items = Object.entries(builtInSets).flatMap(([id, { label, task }]) =>
    task === kind ? [{ value: `built-in:${id}`, label }] : [],
  );
  return items.length === 0 ? [] : [{ group: taskDescriptions[kind].label, items }];
});

const OwnDataDialog = lazy(() => import("./OwnDataDialog.tsx"));

export function DataSection() {
  const data = useDraft(({ experiment }) => experiment.data);
  const change = useDraft((draft) => draft.change);
  const own = useData((state) => state.own);
  const report = useData((state) => state.report);
  const problem = useSession(({ problems }) => problems.data);
  const [dialog, setDialog] = useState(false);
  const label = useId();

  const names = new Set([own?.name, data.kind === "own" ? data.name : undefined].filter((name) => name !== undefined));
  const ownSets = [...names].map((name) => ({ value: `own:${name}`, label: name }));
  const options = [...SETS_BY_TASK, ...(ownSets.length > 0 ? [{ group: "Own data", items: ownSets }] : [])];
  const choose = (value: string) => {
    const name = value.slice(value.indexOf(":") + 1);
    if (value.startsWith("own:")) chooseOwnData(name);
    else change("data", { kind: "built-in", id: name });
  };

  return (
    <div className={classes.stack}>
      <label htmlFor={label} className={slider.label}>
        Data
      </label>
      <div className={classes.dataRow}>
        <NativeSelect
          id={label}
          size="xs"
          value={data.kind === "own" ? `own:${data.name}` : `built-in:${data.id}`}
          data={options}
          onChange={(event) => choose(event.currentTarget.value)}
        />
        <Button size="xs" variant="default" onClick={() => setDialog(true)}>
          Own data…
        </Button>
      </div>
      {problem && <Message kind="problem">{problem}</Message>}
      {!problem && (report ? <DataFacts report={report} /> : <p className={classes.dataFacts}>Reading the examples</p>)}
      {dialog && (
        <Suspense fallback={null}>
          <OwnDataDialog onClose={() => setDialog(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** Labels or kinds of tag; a question's start and end are no labels of its data. */
function labelWords({ input, labels }: DataReport): string {
  if (input === "question" || labels.length === 0) return "";
  const types = tagTypes(labels);
  const isTagged = input === "words" || input === "predicate";
  return ` · ${(isTagged ? types : labels).join(", ")}`;
}

function DataFacts({ report }: { readonly report: DataReport }) {
  const { trainExamples, evaluationExamples, truncated, unknownShare, unknownExamples, input } = report;
  const windows = input === "question" && report.sequences > trainExamples + evaluationExamples;
  return (
    <>
      <p className={classes.dataFacts}>
        {formatCount(trainExamples)} to train on, {formatCount(evaluationExamples)} to evaluate{labelWords(report)}
        {windows && ` · read in ${formatCount(report.sequences)} windows`}
        {truncated > 0 && ` · ${formatCount(truncated)} ${truncated === 1 ? "text is" : "texts are"} cut to fit`}
      </p>
      {unknownShare > 0.1 && (
        <Message kind="note">
          {formatPercent(unknownShare)} of the tokens are unknown to this model, e.g.{" "}
          {unknownExamples.slice(0, 5).join(", ")}. It was made for English; expect weak results.
        </Message>
      )}
    </>
  );
}
