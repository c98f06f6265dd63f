/** Values of an axis in a line of text, and back. */
import { expect, it } from "vitest";
import { axisText, axisValuesOf } from "../../../src/config/sweepText.ts";

it.each([
  ["method.promptLength", "1, 4,16", [1, 4, 16]],
  ["method.layers", "top 1, Top Half, all, 1+3, 2-4", ["top 1", "top half", "all", [1, 3], [2, 3, 4]]],
  ["method.layers", "middle", ["middle"]],
  ["training.schedule", "linear, cosine,", ["linear", "cosine"]],
  ["examplesPerClass", "4, null", [4, null]],
  ["training.savings.frontier", "true, false", [true, false]],
  ["method.initialText", '"good, bad", fine, "4"', ["good, bad", "fine", "4"]],
  ["method", '{"kind":"lora","rank":4}, {"kind":"bitfit"}', [{ kind: "lora", rank: 4 }, { kind: "bitfit" }]],
  ["seeds", " ", []],
])("%s reads %j", (field, text, values) => {
  expect(axisValuesOf(field, text)).toEqual(values);
  expect(axisValuesOf(field, axisText(field, values))).toEqual(values);
});
