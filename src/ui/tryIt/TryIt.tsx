/** Type a text and see what the selected run answers, before and after its training, and what the model is given to read. */
import { NativeSelect, Textarea } from "@mantine/core";
import { useState } from "react";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { findRun, useRuns } from "../../store/runs.ts";
import { useData } from "../../store/data.ts";
import { Panel } from "../shared/Panel.tsx";
import { Answers } from "./Answers.tsx";
import { ModelView } from "./ModelView.tsx";
import classes from "./TryIt.module.css";

const FIRST_TEXT = "A wonderful film, warm and funny from start to finish.";

export function TryIt() {
  const [text, setText] = useState(FIRST_TEXT);
  const [pairText, setPairText] = useState("");
  const run = useRuns((state) => findRun(state, state.selectedId));
  const pairs = useData(({ report }) => report?.pairs ?? false);
  const input = { text, ...(pairs && pairText && { textPair: pairText }) };
  return (
    <>
      <Panel title="Try it">
        <div className={classes.stack}>
          <Textarea
            label="Text"
            aria-label="Text to try"
            rows={3}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {pairs && (
            <Textarea
              label="Second text"
              rows={2}
              value={pairText}
              onChange={(event) => setPairText(event.currentTarget.value)}
            />
          )}
          <RunChoice run={run} />
          {run && text.trim() !== "" && <Answers key={run.id} run={run} input={input} />}
          {!run && (
            <p className={classes.quiet}>Train a run, or choose one in the table, and its answers appear here.</p>
          )}
        </div>
      </Panel>
      <ModelView input={input} />
    </>
  );
}

/** Which run answers; the same choice as a click in the table. */
function RunChoice({ run }: { readonly run: RunEntry | undefined }) {
  const runs = useRuns((state) => state.runs);
  const select = useRuns((state) => state.select);
  const answering = runs.filter((candidate) => !isLive(candidate) && candidate.status !== "failed");
  if (answering.length === 0) return null;
  const options = answering.toReversed().map(({ id, name }) => ({ value: id, label: name }));
  const live = run && !answering.includes(run) ? [{ value: run.id, label: `${run.name} (${run.status})` }] : [];
  return (
    <NativeSelect
      size="xs"
      label="Answered by"
      value={run?.id ?? ""}
      data={[...(run ? [] : [{ value: "", label: "choose a run" }]), ...live, ...options]}
      onChange={(event) => select(event.currentTarget.value || undefined)}
    />
  );
}
