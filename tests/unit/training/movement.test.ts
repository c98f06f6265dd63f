/** Distances and gradient norms per slot and layer, on numbers small enough to check by hand. */
import { describe, expect, it } from "vitest";
import { bindMethod } from "../../../src/methods/index.ts";
import { methodSchema } from "../../../src/methods/index.schema.ts";
import { slotMovement } from "../../../src/training/movement.ts";
import { fixtureModel } from "../../parity/models.ts";

const { dimensions } = (await fixtureModel("tiny-bert")).family;

function methodOf(settings: object) {
  return bindMethod(methodSchema.parse(settings), { ...dimensions, width: 2 });
}

/** Two slots, prompted layers 1 and 3: rows of [K₀ K₀ V₀ V₀ | K₂ K₂ V₂ V₂]. */
const prefix = methodOf({ kind: "prefix-tuning", promptLength: 2, layers: [1, 3] });
const start = new Map([["prefix", new Float32Array(16)]]);

function moved(change: Record<number, number>, gradient: Record<number, number> = {}) {
  const filled = (entries: Record<number, number>): Float32Array =>
    Float32Array.from({ length: 16 }, (_, index) => entries[index] ?? 0);
  const now = new Map([["prefix", filled(change)]]);
  return slotMovement(prefix, { start, now, gradients: new Map([["prefix", filled(gradient)]]), step: 7 });
}

describe("a deep prompt", () => {
  it("that has not moved is at distance zero everywhere", () => {
    expect(moved({})).toEqual({
      step: 7,
      layers: [
        [0, 0],
        [0, 0],
      ],
      gradientNorms: [0, 0],
    });
  });

  it("shows the root mean square of a slot's move in its layer only", () => {
    expect(moved({ 0: 3, 3: 4 }).layers).toEqual([
      [2.5, 0],
      [0, 0],
    ]);
    expect(moved({ 4: 2, 5: 2, 6: 2, 7: 2 }).layers).toEqual([
      [0, 0],
      [2, 0],
    ]);
    expect(moved({ 8: 2 }).layers).toEqual([
      [0, 1],
      [0, 0],
    ]);
  });

  it("shows the norm of the gradient per layer over all slots", () => {
    expect(moved({}, { 0: 3, 8: 4, 12: 5 }).gradientNorms).toEqual([5, 5]);
  });
});

it("a soft prompt is one layer", () => {
  const soft = methodOf({ kind: "prompt-tuning", promptLength: 3 });
  const before = new Map([["prompt", new Float32Array(6)]]);
  const after = new Map([["prompt", Float32Array.of(0, 0, 3, 3, 0, 0)]]);
  const movement = slotMovement(soft, { start: before, now: after, gradients: after, step: 1 });
  expect(movement.layers).toEqual([[0, 3, 0]]);
  expect(movement.gradientNorms[0]).toBeCloseTo(Math.sqrt(18), 6);
});

it("a reparameterised prompt has distances, but no gradient per layer", () => {
  const network = methodOf({ kind: "prefix-tuning", promptLength: 2, reparameterisation: "mlp", hiddenSize: 3 });
  const filled = (value: number) =>
    new Map(network.tensors.map(({ name, rows, width }) => [name, new Float32Array(rows * width).fill(value)]));
  const movement = slotMovement(network, { start: filled(0), now: filled(0.5), gradients: filled(1), step: 1 });
  expect(movement.layers).toHaveLength(3);
  // 3 · 0.5 · tanh(2 · 0.5² + 0.5) + 0.5
  for (const distance of movement.layers.flat()) expect(distance).toBeCloseTo(1.5 * Math.tanh(1) + 0.5, 6);
  expect(movement.gradientNorms).toEqual([]);
});

it("a method without a prompt moves nothing", () => {
  const none = new Map<string, Float32Array>();
  const movement = slotMovement(methodOf({ kind: "head-only" }), { start: none, now: none, gradients: none, step: 3 });
  expect(movement).toEqual({ step: 3, layers: [], gradientNorms: [] });
});
