/** The fields of the try-it box: one text, two, a sentence with its verb, or a passage with a question. */
import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import type { InputForm } from "../../lib/examples/inputForm.ts";
import { textUnits } from "../../lib/examples/textUnits.ts";
import type { TryText } from "./tryInput.ts";

interface TryFieldsProps {
  readonly form: InputForm;
  readonly shown: TryText;
  readonly onChange: (text: TryText) => void;
}

const LABELS: Readonly<Record<InputForm, string>> = {
  text: "Text",
  pair: "Text",
  words: "Sentence",
  predicate: "Sentence",
  question: "Passage",
  continuation: "Text to continue",
};

export function TryFields({ form, shown, onChange }: TryFieldsProps) {
  const { text, second } = shown;
  return (
    <>
      {form === "question" && (
        <TextInput
          label="Question"
          size="xs"
          value={second}
          onChange={(event) => onChange({ ...shown, second: event.currentTarget.value })}
        />
      )}
      <Textarea
        label={LABELS[form]}
        aria-label="Text to try"
        rows={form === "question" ? 5 : 3}
        value={text}
        onChange={(event) => onChange({ ...shown, text: event.currentTarget.value })}
      />
      {form === "pair" && (
        <Textarea
          label="Second text"
          rows={2}
          value={second}
          onChange={(event) => onChange({ ...shown, second: event.currentTarget.value })}
        />
      )}
      {form === "predicate" && <Predicate shown={shown} onChange={onChange} />}
    </>
  );
}

/** Who did what: the roles are those of one verb. */
function Predicate({ shown, onChange }: Omit<TryFieldsProps, "form">) {
  const words = textUnits(shown.text);
  return (
    <NativeSelect
      label="Verb"
      size="xs"
      value={String(Math.min(shown.predicate, Math.max(0, words.length - 1)))}
      data={words.map(({ text }, index) => ({ value: String(index), label: `${index + 1}. ${text}` }))}
      onChange={(event) => onChange({ ...shown, predicate: Number(event.currentTarget.value) })}
    />
  );
}
