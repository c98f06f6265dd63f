/** Further data sets that share the prompt, each with a head of its own: multi-task P-Tuning v2. Folded into one line while there are none. */
import { ActionIcon, NativeSelect } from "@mantine/core";
import { useId } from "react";
import { builtInSet, builtInSets, tasksFor } from "../../config/dataSets.ts";
import { defaultTask, type DataSettings, type Experiment } from "../../config/experiment.ts";
import { inputFormOf } from "../../lib/examples/inputForm.ts";
import { dataLabel, useData } from "../../store/data.ts";
import { useDraft } from "../../store/draft.ts";
import { taskDescriptions } from "../../tasks/index.schema.ts";
import type { Examples } from "../../worker/protocol.ts";
import { Hint } from "../shared/Hint.tsx";
import { Cross } from "../shared/icons.tsx";
import { SharedSettings } from "./SharedSettings.tsx";
import classes from "./ExperimentPanel.module.css";
import slider from "../shared/StopSlider.module.css";

const SUMMARY =
  "Several data sets train one prompt. Each has a task and a head of its own, and every batch comes from one of them. Afterwards the run may go on with its own data alone.";
const SOURCE = "multi-task P-Tuning v2 (Liu et al. 2022)";

type Other = Experiment["multiTask"]["others"][number];

export function SharedData() {
  const id = useId();
  const { data, method, multiTask } = useDraft(({ experiment }) => experiment);
  const change = useDraft((draft) => draft.change);
  const own = useData((state) => state.own);
  const { others } = multiTask;
  const taken = [data, ...others.map((other) => other.data)].map(keyOf);
  const choices = otherChoices(own).filter((other) => !taken.includes(keyOf(other.data)));
  const sharesNothing = method.kind === "head-only" || method.kind === "discrete-prompt";
  const set = (next: readonly Other[]) => change("multiTask.others", next);
  return (
    <div className={classes.stack}>
      <div className={slider.head}>
        <label htmlFor={id} id={`${id}-label`} className={slider.label}>
          Prompt shared with
        </label>
        <Hint text={SUMMARY} source={SOURCE} of={`${id}-label`} />
        <NativeSelect
          id={id}
          size="xs"
          className={classes.sharedChoice ?? ""}
          value=""
          disabled={sharesNothing || choices.length === 0}
          title={sharesNothing ? "This method trains nothing that data sets could share" : undefined}
          data={[
            { value: "", label: others.length === 0 ? "nothing" : "add data…" },
            ...choices.map((other) => ({ value: keyOf(other.data), label: wordsOf(other) })),
          ]}
          onChange={({ currentTarget: { value } }) => {
            const chosen = choices.find((other) => keyOf(other.data) === value);
            if (chosen) set([...others, chosen]);
          }}
        />
      </div>
      {others.length > 0 && (
        <ul className={classes.shared}>
          {others.map((other, place) => (
            <li key={keyOf(other.data)}>
              {wordsOf(other)}
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={`Leave out ${dataLabel(other.data)}`}
                onClick={() => set(others.filter((_, index) => index !== place))}
              >
                <Cross />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      {others.length > 0 && <SharedSettings />}
    </div>
  );
}

function keyOf(data: DataSettings): string {
  return data.kind === "own" ? `own:${data.name}` : `built-in:${data.id}`;
}

function wordsOf({ data, task }: Other): string {
  return `${dataLabel(data)} · ${taskDescriptions[task.kind].label.toLowerCase()}`;
}

/** Every data set that is here, with its usual task. */
function otherChoices(own: Examples | undefined): Other[] {
  const builtIn = Object.keys(builtInSets).flatMap((id): Other[] => {
    const set = builtInSet(id);
    return set === undefined ? [] : [{ data: { kind: "built-in", id }, task: defaultTask(set.task) }];
  });
  if (own === undefined) return builtIn;
  const [kind] = tasksFor(inputFormOf(own.train));
  if (kind === undefined) return builtIn;
  return [...builtIn, { data: { kind: "own", name: own.name }, task: defaultTask(kind) }];
}
