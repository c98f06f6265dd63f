/** Which layers words and lists mean, and how people may type them. */
import { describe, expect, it } from "vitest";
import { layerChoiceSchema, layersOf, parseLayerChoice } from "../../../src/methods/layerChoice.schema.ts";

describe("a choice of layers", () => {
  it.each([
    ["all", 4, [1, 2, 3, 4]],
    ["top half", 4, [3, 4]],
    ["top half", 5, [3, 4, 5]],
    ["bottom half", 5, [1, 2, 3]],
    ["top 1", 4, [4]],
    ["bottom 3", 4, [1, 2, 3]],
    ["top 9", 4, [1, 2, 3, 4]],
    [[4, 1, 1, 7], 4, [1, 4]],
  ] as const)("%j of %i layers means %j", (choice, depth, layers) => {
    expect(layersOf(layerChoiceSchema.parse(choice), depth)).toEqual(layers);
  });

  it.each(["top", "top 0", "top -1", "top 1.5", "middle", "", [], [0], 3])("cannot be %j", (choice) => {
    expect(layerChoiceSchema.safeParse(choice).success).toBe(false);
  });

  it.each([
    ["all", "all"],
    ["Top Half", "top half"],
    ["top-1", "top 1"],
    ["2-4", [2, 3, 4]],
    ["1,3", [1, 3]],
    ["1+3-4", [1, 3, 4]],
    ["4-1", undefined],
    ["top", undefined],
    ["", undefined],
  ])("may be typed as %j", (text, choice) => {
    expect(parseLayerChoice(text)).toEqual(choice);
  });
});
