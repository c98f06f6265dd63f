/** The official recipes are settings that the studio has, and say where they come from. */
import { describe, expect, it } from "vitest";
import { defaultExperiment } from "../../../src/config/experiment.ts";
import { presetExperiment, presets } from "../../../src/config/presets.ts";

describe.each(presets)("$id", (preset) => {
  const experiment = presetExperiment(preset);

  it("is an experiment with every value of the recipe", () => {
    expect(experiment.method).toMatchObject(preset.method);
    expect(experiment.training).toMatchObject(preset.training ?? {});
  });

  it("differs from the defaults of its method only where the recipe says so", () => {
    const base = defaultExperiment(preset.method.kind);
    expect({ ...experiment, method: { ...experiment.method, ...base.method } }).toEqual({
      ...base,
      training: { ...base.training, ...preset.training },
    });
  });

  it("names its source", () => {
    expect(preset.source).toMatch(/\w+\/\w+|\d{4}/);
  });
});

it("has no name twice", () => {
  expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length);
});
