/** How a text gets its label: a trained linear layer, or words of the vocabulary that the model itself puts into a gap. */
import { SegmentedControl, TextInput } from "@mantine/core";
import { useId } from "react";
import { useData } from "../../store/data.ts";
import { useDraft } from "../../store/draft.ts";
import { useSession } from "../../store/session.ts";
import type { SequenceClassificationSettings } from "../../tasks/sequenceClassification.schema.ts";
import { taskMisfit } from "../../tasks/taskFit.schema.ts";
import { Hint } from "../shared/Hint.tsx";
import { ResetButton } from "./ResetButton.tsx";
import classes from "./ExperimentPanel.module.css";
import slider from "../shared/StopSlider.module.css";

const HINT =
  "A linear layer is trained on what the model sees. Label words need no layer: the text stands in a sentence with a gap, [MASK], and each label has a word that the frozen model may put there. So it answers before any training, and a prompt moves what it says.";

export function HeadChoice({ task }: { readonly task: SequenceClassificationSettings }) {
  const label = useId();
  const change = useDraft((draft) => draft.change);
  const model = useSession((session) => session.model);
  const misfit = model && taskMisfit({ ...task, head: "verbalizer" }, model);
  const heads = [
    { value: "linear", label: "Linear layer" },
    { value: "verbalizer", label: "Label words", disabled: misfit !== undefined && task.head !== "verbalizer" },
  ];
  return (
    <>
      <div className={slider.head}>
        <span id={label} className={slider.label}>
          Head
        </span>
        <Hint text={HINT} source="Schick & Schütze 2021, section 3.1" of={label} />
      </div>
      <SegmentedControl
        size="xs"
        aria-labelledby={label}
        data={heads}
        value={task.head}
        onChange={(head) => change("task.head", head)}
      />
      {misfit !== undefined && <p className={classes.summary}>{misfit}</p>}
      {task.head === "verbalizer" && <Words task={task} />}
    </>
  );
}

/** More labels than this are for files: a form of fifty fields helps nobody. */
const MOST_LABELS = 12;

function Words({ task }: { readonly task: SequenceClassificationSettings }) {
  const change = useDraft((draft) => draft.change);
  const labels = useData(({ report }) => report?.labels) ?? [];
  const { template, labelWords } = task;
  const setWord = (label: string, word: string) => {
    const { [label]: _old, ...others } = labelWords;
    const known = Object.entries(others).filter(([name]) => labels.includes(name));
    change("task.labelWords", Object.fromEntries(word === "" ? known : [...known, [label, word]]));
  };
  return (
    <>
      <div className={slider.head}>
        <label htmlFor="template" className={slider.label}>
          Template
        </label>
        <Hint text="The sentence around a text: {text} and for pairs {text_pair} are filled in, [MASK] is the gap, and [P] is a virtual token of a soft prompt that stands in the template." />
        <ResetButton path="task.template" />
      </div>
      <TextInput
        id="template"
        size="xs"
        spellCheck={false}
        value={template}
        onChange={(event) => change("task.template", event.currentTarget.value)}
      />
      <div role="group" aria-label="Label words" className={classes.more}>
        {labels.slice(0, MOST_LABELS).map((label) => (
          <TextInput
            key={label}
            size="xs"
            label={label}
            placeholder={label}
            spellCheck={false}
            value={labelWords[label] ?? ""}
            onChange={(event) => setWord(label, event.currentTarget.value.trim())}
          />
        ))}
      </div>
    </>
  );
}
