/** What is learnt from the data. It follows from the data, and is a choice only where these examples serve several tasks. */
import { NativeSelect } from "@mantine/core";
import { useId } from "react";
import { tasksFor } from "../../config/dataSets.ts";
import { defaultTask } from "../../config/experiment.ts";
import { inputFormFor, useData } from "../../store/data.ts";
import { useDraft } from "../../store/draft.ts";
import { useSession } from "../../store/session.ts";
import { taskDescriptions, taskKinds } from "../../tasks/index.schema.ts";
import { taskMisfit } from "../../tasks/taskFit.schema.ts";
import { Hint } from "../shared/Hint.tsx";
import { HeadChoice } from "./HeadChoice.tsx";
import classes from "./ExperimentPanel.module.css";
import slider from "../shared/StopSlider.module.css";

export function TaskSection() {
  const label = useId();
  const task = useDraft(({ experiment }) => experiment.task);
  const data = useDraft(({ experiment }) => experiment.data);
  const chooseTask = useDraft((draft) => draft.chooseTask);
  const own = useData((state) => state.own);
  const model = useSession((session) => session.model);
  const form = inputFormFor(data, own);
  const choices = form === undefined ? [task.kind] : tasksFor(form);
  const { label: words, summary, term } = taskDescriptions[task.kind];
  const options = choices.map((kind) => {
    const misfit = model && taskMisfit(defaultTask(kind), model);
    const { label: name } = taskDescriptions[kind];
    return { value: kind, label: misfit ? `${name} (not with ${model.family})` : name, disabled: Boolean(misfit) };
  });
  return (
    <div className={classes.stack}>
      <div className={slider.head}>
        <label htmlFor={choices.length > 1 ? label : undefined} className={slider.label}>
          Task
        </label>
        <Hint text={summary} source={term} />
        {choices.length < 2 && <span className={classes.taskName}>{words}</span>}
      </div>
      {choices.length > 1 && (
        <NativeSelect
          id={label}
          size="xs"
          value={task.kind}
          data={options}
          onChange={({ currentTarget: { value } }) => {
            const chosen = taskKinds.find((kind) => kind === value);
            if (chosen) chooseTask(chosen);
          }}
        />
      )}
      {task.kind === "sequence-classification" && <HeadChoice task={task} />}
    </div>
  );
}
