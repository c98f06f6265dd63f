/** Settings that can be an axis of a sweep on the page: what they are called and which values they take. */
import type { Experiment } from "../../config/experiment.ts";
import { flatten } from "../../lib/paths.ts";
import { WHOLE_SETTINGS } from "../../store/draft.ts";
import { describedFields, type SchemaFieldInfo } from "../experiment/schemaFields.ts";

export interface SweepField {
  readonly path: string;
  readonly title: string;
  /** Which values can be typed, e.g. "1 to 128". */
  readonly hint: string;
}

const EXTRA: readonly SweepField[] = [
  { path: "examplesPerClass", title: "Examples per class", hint: "a number; null is all" },
  { path: "evaluationShare", title: "Evaluation share", hint: "0.05 to 0.9" },
];

const HINTS: Readonly<Record<string, string>> = {
  "method.layers": "all, top 1, top half, bottom 2, or lists such as 1+3",
};

/** Everything of these settings that may vary, in the order of the form. */
export function sweepFields(experiment: Experiment): SweepField[] {
  const known = flatten(experiment, WHOLE_SETTINGS);
  const described = describedFields(experiment.method.kind).map((field) => ({
    path: field.path,
    title: field.title,
    hint: HINTS[field.path] ?? hintOf(field),
  }));
  return [...described, ...EXTRA].filter(({ path }) => path in known);
}

/** A field that is not described goes by its path. */
export function fieldFor(fields: readonly SweepField[], path: string): SweepField {
  return fields.find((field) => field.path === path) ?? { path, title: path, hint: "values as in the file" };
}

function hintOf(field: SchemaFieldInfo): string {
  switch (field.kind) {
    case "number": {
      const { minimum, maximum } = field;
      return minimum === undefined || maximum === undefined ? "numbers" : `${minimum} to ${maximum}`;
    }
    case "choice":
      return field.options.join(", ");
    case "switch":
      return "true, false";
    case "text":
      return "texts, in quotes where they hold a comma";
    default:
      return field satisfies never;
  }
}
