/** Type an input of the run's task and see what the selected run answers, before and after its training. */
import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { InputForm } from "../../lib/examples/inputForm.ts";
import { answeredSets } from "../../store/answeredSets.ts";
import { dataLabel, useData } from "../../store/data.ts";
import { useDraft } from "../../store/draft.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { findRun, useRuns } from "../../store/runs.ts";
import { Panel } from "../shared/Panel.tsx";
import { Answers } from "./Answers.tsx";
import { MixedBatch } from "./MixedBatch.tsx";
import { ModelView } from "./ModelView.tsx";
import { TryFields } from "./TryFields.tsx";
import { firstText, formOf, inputOf, type TryText } from "./tryInput.ts";
import classes from "./TryIt.module.css";

export function TryIt() {
  /** What was typed, by the form of the input: a run of another task asks for something else. */
  const [typed, setTyped] = useState<Partial<Record<InputForm, TryText>>>({});
  const run = useRuns((state) => findRun(state, state.selectedId));
  const draft = useDraft((state) => state.experiment);
  const own = useData((state) => state.own);
  /** Of a run on several data sets, the one that answers. */
  const [chosen, setChosen] = useState<{ readonly run: string; readonly place: number }>();
  const place = chosen !== undefined && chosen.run === run?.id ? chosen.place : 0;
  const sets = run === undefined ? [] : answeredSets(run);
  const asked = sets[place]?.experiment ?? draft;
  const form = formOf(asked, own);
  const shown = typed[form] ?? firstText(form, asked.data);
  const input = inputOf(form, shown);
  return (
    <>
      <Panel title="Try it">
        <div className={classes.stack}>
          <TryFields form={form} shown={shown} onChange={(text) => setTyped({ ...typed, [form]: text })} />
          <RunChoice run={run} />
          {run && sets.length > 1 && (
            <NativeSelect
              size="xs"
              label="With the head of"
              value={String(place)}
              data={sets.map(({ experiment }, at) => ({ value: String(at), label: dataLabel(experiment.data) }))}
              onChange={(event) => setChosen({ run: run.id, place: Number(event.currentTarget.value) })}
            />
          )}
          {run && input && <Answers key={`${run.id} ${place}`} run={run} place={place} input={input} />}
          {!run && (
            <p className={classes.quiet}>Train a run, or choose one in the table, and its answers appear here.</p>
          )}
        </div>
      </Panel>
      <MixedBatch />
      <ModelView input={formOf(draft, own) === form ? input : undefined} />
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
