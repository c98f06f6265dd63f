/** One setting from the schema as a number, choice, text or switch. Invalid input stays in the field with the reason. */
import { NativeSelect, NumberInput, Switch, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { flatten } from "../../lib/paths.ts";
import { useDraft } from "../../store/draft.ts";
import type { SchemaFieldInfo } from "./schemaFields.ts";

/** Values of enumerations in plain words; the rest is shown as it is, with a capital. */
const WORDS: Readonly<Record<string, string>> = {
  mlp: "Small network (MLP)",
  "first-row": "First virtual token",
  cls: "[CLS]",
  vocabulary: "Vocabulary words",
  text: "A text",
  random: "Random numbers",
  normal: "Random numbers",
  uniform: "Uniform random numbers",
  labels: "Words of the labels",
  zero: "Zeros",
  first: "In front of everything",
  "after-cls": "Behind [CLS]",
  template: "In the template, at [P]",
  lstm: "LSTM, two directions",
  gelu: "GELU",
  relu: "ReLU",
  tanh: "tanh",
  "query-and-intermediate": "Queries and first feed-forward layer",
  "query-value": "Queries and values",
  lenient: "Count a stray I- as a span",
  strict: "Spans begin with B- only",
  linear: "Linear decay",
  cosine: "Cosine decay",
};

export function SchemaField({ field }: { readonly field: SchemaFieldInfo }) {
  const value = useDraft(({ experiment }) => flatten(experiment)[field.path]);
  const change = useDraft((draft) => draft.change);
  const [problem, setProblem] = useState<string>();
  useEffect(() => setProblem(undefined), [value]);
  const take = (next: unknown) => setProblem(change(field.path, next));
  const shared = { label: field.title, title: field.description, error: problem, size: "xs" as const };

  switch (field.kind) {
    case "number":
      return (
        <NumberInput
          {...shared}
          value={typeof value === "number" ? value : ""}
          {...(field.whole && { allowDecimal: false })}
          {...(field.minimum !== undefined && { min: field.minimum })}
          {...(field.maximum !== undefined && { max: field.maximum })}
          clampBehavior="none"
          hideControls
          onChange={(next) => (next === "" ? setProblem("Expected a number.") : take(Number(next)))}
        />
      );
    case "choice":
      return (
        <NativeSelect
          {...shared}
          value={String(value)}
          data={field.options.map((option) => ({ value: option, label: optionWords(option) }))}
          onChange={(event) => take(event.currentTarget.value)}
        />
      );
    case "text":
      return (
        <TextInput
          {...shared}
          value={typeof value === "string" ? value : ""}
          onChange={(event) => take(event.currentTarget.value)}
        />
      );
    case "switch":
      return <Switch {...shared} checked={value === true} onChange={(event) => take(event.currentTarget.checked)} />;
    default:
      return field satisfies never;
  }
}

export function optionWords(option: string): string {
  return WORDS[option] ?? option.charAt(0).toUpperCase() + option.slice(1);
}
