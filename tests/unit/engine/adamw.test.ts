/** The host's AdamW against torch.optim.AdamW, and its clipping, skipping and groups. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import type { UpdateSettings } from "../../../src/engine/executor.ts";
import { updateWithAdamW, type ParameterGradient } from "../../../src/engine/tfjs/adamw.ts";
import { describeUnless } from "../../setup/shared.ts";

const FIXTURE = new URL("../../parity/fixtures/adamw.json", import.meta.url);

const numbers = z.array(z.number());
const fixtureSchema = z.object({
  beta1: z.number(),
  beta2: z.number(),
  epsilon: z.number(),
  weightDecay: z.number(),
  groups: z.array(z.object({ indices: numbers, learningRate: z.number() })),
  initial: numbers,
  gradients: z.array(numbers),
  values: z.array(numbers),
  firstMoments: z.array(numbers),
  secondMoments: z.array(numbers),
});

const missing = existsSync(FIXTURE)
  ? undefined
  : "needs tests/parity/fixtures/adamw.json; run tests/parity/make_fixtures.py";

describeUnless(missing, "AdamW against torch", () => {
  it("follows twenty steps of two groups", () => {
    const fixture = fixtureSchema.parse(JSON.parse(readFileSync(FIXTURE, "utf8")));
    const { weightDecay, beta1, beta2, epsilon } = fixture;
    const groups = fixture.groups.map(({ learningRate }, k) => [
      `group ${k}`,
      { learningRateScale: learningRate, weightDecay, active: true },
    ]);
    const settings: UpdateSettings = {
      learningRate: 1,
      beta1,
      beta2,
      epsilon,
      clipNorm: 0,
      groups: Object.fromEntries(groups),
    };
    const arrays = fixture.groups.map(({ indices }) => ({
      values: pick(fixture.initial, indices),
      firstMoments: new Float32Array(indices.length),
      secondMoments: new Float32Array(indices.length),
    }));
    for (const [step, gradient] of fixture.gradients.entries()) {
      const parameters = fixture.groups.flatMap(({ indices }, k) => {
        const own = arrays[k];
        return own === undefined ? [] : [{ group: `group ${k}`, arrays: own, gradient: pick(gradient, indices) }];
      });
      expect(updateWithAdamW(parameters, settings, step + 1).skipped).toBe(false);
      for (const part of ["values", "firstMoments", "secondMoments"] as const) {
        for (const [k, { indices }] of fixture.groups.entries()) {
          expectClose(
            arrays[k]?.[part],
            pick(fixture[part][step] ?? [], indices),
            `${part} of group ${k} at step ${step}`,
          );
        }
      }
    }
  });
});

it("clips by the global norm of all groups together", () => {
  const parameters = [parameter("a", [3]), parameter("b", [4])];
  const outcome = updateWithAdamW(parameters, settingsFor(["a", "b"], { clipNorm: 1 }), 1);
  expect(outcome.gradientNorm).toBeCloseTo(5, 6);
  expect(parameters[0]?.arrays.firstMoments[0]).toBeCloseTo(0.1 * (3 / 5), 6);
  expect(parameters[1]?.arrays.firstMoments[0]).toBeCloseTo(0.1 * (4 / 5), 6);
});

it("leaves gradients alone when their norm is below the limit", () => {
  const parameters = [parameter("a", [0.3])];
  updateWithAdamW(parameters, settingsFor(["a"], { clipNorm: 1 }), 1);
  expect(parameters[0]?.arrays.firstMoments[0]).toBeCloseTo(0.03, 7);
});

it("changes nothing when a gradient is not finite", () => {
  for (const bad of [Number.NaN, Infinity]) {
    const parameters = [parameter("a", [1, bad]), parameter("b", [1])];
    expect(updateWithAdamW(parameters, settingsFor(["a", "b"]), 1).skipped).toBe(true);
    for (const { arrays } of parameters) expect(arrays.values.every((value) => value === 1)).toBe(true);
  }
});

it("counts only active groups in the norm", () => {
  const parameters = [parameter("a", [3]), parameter("b", [Number.NaN])];
  const settings = settingsFor(["a", "b"]);
  const groups = { ...settings.groups, b: { learningRateScale: 1, weightDecay: 0, active: false } };
  expect(updateWithAdamW(parameters, { ...settings, groups }, 1)).toEqual({ gradientNorm: 3, skipped: false });
});

it("refuses a group without settings and names those it has", () => {
  expect(() => updateWithAdamW([parameter("prompt", [1])], settingsFor(["head"]), 1)).toThrow(/"prompt"; it has head/);
});

function parameter(group: string, gradient: readonly number[]): ParameterGradient {
  const { length } = gradient;
  return {
    group,
    arrays: {
      values: new Float32Array(length).fill(1),
      firstMoments: new Float32Array(length),
      secondMoments: new Float32Array(length),
    },
    gradient: Float32Array.from(gradient),
  };
}

function settingsFor(groups: readonly string[], changes: Partial<UpdateSettings> = {}): UpdateSettings {
  const own = groups.map((group) => [group, { learningRateScale: 1, weightDecay: 0, active: true }]);
  const base = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0 };
  return { ...base, groups: Object.fromEntries(own), ...changes };
}

function pick(values: readonly number[], indices: readonly number[]): Float32Array {
  return Float32Array.from(indices, (index) => values[index] ?? Number.NaN);
}

function expectClose(actual: Float32Array | undefined, expected: Float32Array, what: string): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) {
    const error = Math.abs((actual?.[i] ?? Number.NaN) - value);
    expect(error, `${what}, entry ${i}`).toBeLessThanOrEqual(1e-5 * Math.abs(value) + 1e-30);
  }
}
