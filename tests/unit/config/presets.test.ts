/** The official recipes are settings that the studio has, and say where they come from. */
import { describe, expect, it } from "vitest";
import { defaultExperiment } from "../../../src/config/experiment.ts";
import { presetExperiment, presets, withPreset } from "../../../src/config/presets.ts";

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

it("is put over an experiment without touching task, data, steps and seed", () => {
  const base = { ...defaultExperiment("prompt-tuning", "token-classification"), seed: 7, examplesPerClass: 3 };
  for (const preset of presets) {
    const changed = withPreset(base, preset);
    expect(changed).toEqual({
      ...presetExperiment(preset),
      ...base,
      method: changed.method,
      training: changed.training,
    });
    expect(changed.method).toMatchObject(preset.method);
    expect(changed.training).toMatchObject({ steps: base.training.steps, ...preset.training });
  }
});
