/**
 * Every matmul variant by its name, on its own dispatches: all transpositions, epilogues and storages, at sizes that fit no
 * tile, against sums in float64; and rows that must not know of each other.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ActivationKind } from "../../src/engine/graph/operations/activation.ts";
import type { RowCounts, RowSpace, Tensor } from "../../src/engine/graph/tensor.ts";
import {
  openTrialRuntime,
  trialContext,
  trialTensor,
  type TrialRuntime,
} from "../../src/engine/webgpu/matmul/measure.ts";
import { GPU_VARIANTS } from "../../src/engine/webgpu/matmul/planner.ts";
import { Trial } from "../../src/engine/webgpu/matmul/trial.ts";
import { VARIANTS, type MatmulVariant } from "../../src/engine/webgpu/matmul/variants.ts";
import type { Epilogue } from "../../src/engine/webgpu/operations/epilogue.ts";
import { matmulDispatches } from "../../src/engine/webgpu/operations/matmul.ts";
import { floatsFromHalf, halvesFromFloats } from "../../src/lib/halfPrecision.ts";
import { openDawn } from "../setup/dawn.ts";
import { expectClose, randomValues } from "./support.ts";
import { activate, slope } from "./twin/operations.ts";

const variants = Object.keys(VARIANTS).filter((name): name is MatmulVariant => name in VARIANTS);
const layouts = ["NN", "NT", "TN", "TT"] as const;
type Layout = (typeof layouts)[number];

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly layout: Layout;
  readonly bias?: boolean;
  readonly activation?: ActivationKind;
  /** Whether the pre-activations are stored too. */
  readonly keeps?: boolean;
  readonly residual?: boolean;
  readonly derivative?: ActivationKind;
  readonly half?: boolean;
  readonly parts?: number;
}

/** Rows of y, and rows that are summed over where the first operand is transposed: both counted at run time. */
const rows: RowSpace = { kind: "row-space", name: "rows" };
const depth: RowSpace = { kind: "row-space", name: "depth" };

/** The tensors of a case with their values. */
class Example {
  readonly counts: RowCounts;
  readonly values = new Map<Tensor, Float32Array>();
  readonly epilogue: Epilogue;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly y: Tensor;
  readonly kept: Tensor | undefined;
  readonly #case: Case;
  #seed = 1;

  constructor(given: Case) {
    const { m, n, k, layout } = given;
    this.#case = given;
    this.counts = { rows: m, depth: k };
    const aTransposed = layout.startsWith("T");
    this.a = aTransposed ? this.#random("a", depth, m, k) : this.#random("a", rows, k, m);
    const bRows = aTransposed ? depth : k;
    this.b = layout.endsWith("T") ? this.#random("b", n, k) : this.#random("b", bRows, n, k);
    this.y = trialTensor("y", rows, n);
    this.kept = given.keeps === true ? trialTensor("kept", rows, n) : undefined;
    const kept = this.kept === undefined ? {} : { preActivation: this.kept };
    this.epilogue = {
      ...(given.bias === true ? { bias: this.#random("bias", 1, n) } : {}),
      ...(given.activation === undefined ? {} : { activation: { kind: given.activation, ...kept } }),
      ...(given.residual === true ? { residual: this.#random("residual", rows, n, m) } : {}),
      ...(given.derivative === undefined
        ? {}
        : { derivative: { kind: given.derivative, preActivation: this.#random("slopes", rows, n, m) } }),
    };
  }

  /** y, and the pre-activations, in float64. */
  expected(): { y: Float64Array; kept: Float64Array } {
    const { m, n, k, layout } = this.#case;
    const { bias, activation, residual, derivative } = this.epilogue;
    const y = new Float64Array(m * n);
    const kept = new Float64Array(m * n);
    for (let i = 0; i < m * n; i++) {
      const row = Math.floor(i / n);
      const column = i % n;
      let sum = 0;
      for (let d = 0; d < k; d++) {
        sum +=
          this.#at(this.a, layout.startsWith("T") ? d * m + row : row * k + d) *
          this.#at(this.b, layout.endsWith("T") ? column * k + d : d * n + column);
      }
      sum += this.#at(bias, column);
      kept[i] = sum;
      if (activation !== undefined) sum = activate(activation.kind, sum);
      sum += this.#at(residual, i);
      if (derivative !== undefined) sum *= slope(derivative.kind, this.#at(derivative.preActivation, i));
      y[i] = sum;
    }
    return { y, kept };
  }

  #at(tensor: Tensor | undefined, i: number): number {
    return tensor === undefined ? 0 : (this.values.get(tensor)?.[i] ?? Number.NaN);
  }

  /** `count` is how many rows there are now. */
  #random(label: string, of: number | RowSpace, width: number, count = typeof of === "number" ? of : 0): Tensor {
    const tensor = trialTensor(label, of, width);
    const values = randomValues(count * width, this.#seed++);
    const stored = label === "b" && this.#case.half === true ? floatsFromHalf(halvesFromFloats(values)) : values;
    this.values.set(tensor, stored);
    return tensor;
  }
}

/** A software GPU takes seconds to compile a kernel with barriers. */
vi.setConfig({ testTimeout: 300_000 });

let runtime: TrialRuntime;
beforeAll(async () => {
  runtime = await openTrialRuntime(await openDawn());
  runtime.device.onEvent((event) => {
    throw new Error(`Device event: ${event.kind}: ${event.message}`);
  });
});
afterAll(() => runtime.device.close());

async function open(
  variant: MatmulVariant,
  example: Example,
  { layout, half = false, parts = 1 }: Case,
): Promise<Trial> {
  const { a, b, y, epilogue, counts } = example;
  const product = { a, b, y, epilogue, transposeA: layout.startsWith("T"), transposeB: layout.endsWith("T") };
  const context = { ...trialContext(runtime, variant, parts, new Set(half ? [b] : [])), capacities: counts };
  const trial = await Trial.create(runtime, matmulDispatches(product, context), counts);
  for (const [tensor, values] of example.values) {
    trial.write(tensor, half && tensor === b ? wholeWords(halvesFromFloats(values)) : values);
  }
  return trial;
}

/** Runs a case and compares everything it stores. */
async function check(variant: MatmulVariant, given: Case): Promise<void> {
  const example = new Example(given);
  const trial = await open(variant, example, given);
  try {
    trial.run();
    const { y, kept } = example.expected();
    const name = JSON.stringify(given);
    expectClose((await trial.read(example.y)).subarray(0, y.length), y, name);
    if (example.kept === undefined) return;
    expectClose((await trial.read(example.kept)).subarray(0, y.length), kept, `${name}, pre-activations`);
  } finally {
    trial.dispose();
  }
}

/** Side by side, because most of the time goes into compiling. */
async function checkAll(variant: MatmulVariant, cases: readonly Case[]): Promise<void> {
  await Promise.all(cases.map((given) => check(variant, given)));
}

/** Everything an epilogue can do. */
const whole = { bias: true, activation: "gelu", keeps: true, residual: true, derivative: "tanh" } as const;

describe.each(variants)("matmul variant %s", (variant) => {
  it("computes all layouts at sizes that fit no tile", async () => {
    const sizes = [
      [1, 65, 63],
      [63, 1, 65],
      [65, 63, 1],
    ] as const;
    const cases = layouts.flatMap((layout) => sizes.map(([m, n, k]) => ({ m, n, k, layout })));
    const large = { m: 130, n: 67, k: 21, layout: "NT" } as const;
    await checkAll(variant, [...cases, large, { m: 5, n: 7, k: 0, layout: "NN" }, { m: 0, n: 7, k: 5, layout: "NT" }]);
  });

  it("applies whole and partial epilogues", async () => {
    await checkAll(variant, [
      { m: 19, n: 20, k: 36, layout: "NT", ...whole },
      { m: 19, n: 21, k: 33, layout: "NN", residual: true, derivative: "gelu" },
    ]);
  });

  it("reads a second operand in half precision", async () => {
    await checkAll(variant, [
      { m: 17, n: 24, k: 32, layout: "NT", half: true, bias: true },
      { m: 5, n: 9, k: 13, layout: "NN", half: true },
    ]);
  });

  it("splits long sums into parts", async () => {
    await checkAll(variant, [
      { m: 3, n: 21, k: 1000, layout: "NT", parts: 4, ...whole },
      { m: 9, n: 21, k: 101, layout: "TN", parts: 8 },
    ]);
  });

  it.each([1, 3])("gives a row the same bits in every batch and every run, in %i parts", async (parts) => {
    const given: Case = { m: 65, n: 63, k: 71, layout: "NT", parts };
    const example = new Example(given);
    const trial = await open(variant, example, given);
    trial.run();
    const all = await trial.read(example.y);
    trial.run();
    expect(await trial.read(example.y)).toEqual(all);
    trial.write(example.y, new Float32Array(65 * 63).fill(Number.NaN));
    trial.setCounts({ rows: 3, depth: 71 });
    trial.run();
    const few = (await trial.read(example.y)).subarray(0, 65 * 63);
    expect(few.subarray(0, 3 * 63)).toEqual(all.subarray(0, 3 * 63));
    expect(few.subarray(3 * 63).every(Number.isNaN), "rows beyond the batch were written").toBe(true);
    trial.dispose();
  });

  it("sums over the rows there are", async () => {
    const given: Case = { m: 9, n: 21, k: 101, layout: "TN", parts: 8 };
    const few = new Example({ ...given, k: 20 });
    const example = new Example(given);
    const trial = await open(variant, example, given);
    for (const [tensor, small] of [
      [example.a, few.a],
      [example.b, few.b],
    ] as const) {
      trial.write(tensor, few.values.get(small) ?? new Float32Array(0));
    }
    trial.setCounts({ rows: 9, depth: 20 });
    trial.run();
    const { y } = few.expected();
    expectClose((await trial.read(example.y)).subarray(0, y.length), y, "20 of 101 rows");
    trial.dispose();
  });
});

describe("matmul epilogues", () => {
  it.each(["gelu", "gelu-tanh", "tanh", "relu"] as const)("know %s and its derivative", async (kind) => {
    await checkAll("registers", [
      { m: 17, n: 20, k: 9, layout: "NT", bias: true, activation: kind, keeps: true },
      { m: 17, n: 19, k: 9, layout: "NN", activation: kind },
      { m: 17, n: 19, k: 9, layout: "NN", derivative: kind },
    ]);
  });
});

describe("GPU variants", () => {
  it("add in the same order, so that the choice among them changes no bits", async () => {
    const given: Case = { m: 70, n: 65, k: 45, layout: "NN" };
    const results = [];
    for (const variant of GPU_VARIANTS) {
      const example = new Example(given);
      const trial = await open(variant, example, given);
      trial.run();
      results.push(await trial.read(example.y));
      trial.dispose();
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

it("leaves no memory behind", () => {
  expect(runtime.memory.bytes).toBe(0);
});

/** Buffers are written in whole words. */
function wholeWords(halves: Uint16Array): Uint16Array {
  const words = new Uint16Array(Math.ceil(halves.length / 2) * 2);
  words.set(halves);
  return words;
}
