/** Values of an axis as people type them in one line: `1, 4, 16`, `top 1, top half, 1+3`, `"a, b", c`. */
import { parseLayerChoice } from "../methods/layerChoice.schema.ts";
import { axisValueText } from "./sweep.ts";

/** A quoted text, an object or a list as a whole; otherwise everything up to the next comma. */
const part = /"(?:[^"\\]|\\.)*"|\{.*?\}|\[.*?\]|[^,]+/g;

/** The values of a line. What a setting cannot be is kept as typed, for the plan to refuse by name. */
export function axisValuesOf(field: string, text: string): unknown[] {
  const parts = (text.match(part) ?? []).map((word) => word.trim()).filter((word) => word !== "");
  return parts.map((word) => (field === "method.layers" ? (parseLayerChoice(word) ?? word) : valueOf(word)));
}

/** The line that gives these values again. */
export function axisText(field: string, values: readonly unknown[]): string {
  const word = (value: unknown): string => {
    if (field === "method.layers") return axisValueText(value);
    return typeof value === "string" && valueOf(value) === value && !value.includes(",")
      ? value
      : JSON.stringify(value);
  };
  return values.map(word).join(", ");
}

/** Numbers, true, false, null, quoted texts and objects are JSON; any other word is a text. */
function valueOf(word: string): unknown {
  try {
    return JSON.parse(word);
  } catch {
    return word;
  }
}
