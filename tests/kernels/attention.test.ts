/** Attention, forward and backward, against the twin: heads, grouped heads, prompts, sets, gates, causality, row spaces. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { collectPartials } from "../../src/engine/graph/operations/collectPartials.ts";
import { attention, attentionVjp, columns } from "../../src/engine/graph/operations/attention.ts";
import type { PartialGradient } from "../../src/engine/graph/operation.ts";
import type { Segments, Tensor } from "../../src/engine/graph/tensor.ts";
import { expectSameAsTwin, openExecutor, Problem } from "./support.ts";

interface Case {
  readonly keys: readonly number[];
  /** Lengths of the query sequences when they live in a row space of their own. */
  readonly queries?: readonly number[];
  readonly heads: number;
  readonly keyValueHeads?: number;
  readonly headWidth: number;
  readonly causal?: boolean;
  readonly promptLength?: number;
  readonly sets?: readonly number[];
  readonly gates?: readonly number[];
  /** Whether keys and values, or queries as well, are columns of one tensor. */
  readonly stacked?: "keys and values" | "all";
  /** Leaves out the gradients of queries, keys and values. */
  readonly promptOnly?: boolean;
}

const cases: Record<string, Case> = {
  "one token": { keys: [1], heads: 1, headWidth: 1 },
  "odd lengths and widths": { keys: [3, 1, 63, 2], heads: 3, headWidth: 5 },
  "wide heads": { keys: [9, 4], heads: 1, headWidth: 128 },
  "grouped heads": { keys: [5, 7], heads: 6, keyValueHeads: 2, headWidth: 4, promptLength: 3 },
  causal: { keys: [5, 1, 9], heads: 2, headWidth: 4, causal: true },
  "a prompt before bidirectional keys": { keys: [5, 1, 9], heads: 2, headWidth: 4, promptLength: 5 },
  "a prompt before causal keys": { keys: [5, 6], heads: 2, headWidth: 4, promptLength: 4, causal: true },
  "a prompt set per sequence": { keys: [2, 3, 1, 6], heads: 2, headWidth: 4, promptLength: 3, sets: [1, 0, 2, 1] },
  "gates that close and scale slots": {
    keys: [4, 3],
    heads: 2,
    headWidth: 4,
    promptLength: 6,
    gates: [1, 0, 0.5, 2, 0, 1],
  },
  "queries in a space of their own": { keys: [5, 4, 7], queries: [1, 2, 1], heads: 2, headWidth: 4, promptLength: 2 },
  "causal queries aligned to the end": { keys: [5, 4, 7], queries: [1, 4, 2], heads: 2, headWidth: 4, causal: true },
  "queries, keys and values in one tensor": {
    keys: [5, 1, 9],
    heads: 6,
    keyValueHeads: 2,
    headWidth: 5,
    promptLength: 5,
    stacked: "all",
  },
  "keys and values in one tensor, few queries": {
    keys: [5, 4, 7],
    queries: [1, 2, 1],
    heads: 2,
    headWidth: 4,
    promptLength: 2,
    causal: true,
    stacked: "keys and values",
  },
  "the prompt's gradient alone": {
    keys: [5, 4],
    heads: 2,
    headWidth: 4,
    promptLength: 5,
    stacked: "all",
    promptOnly: true,
  },
  "many slots": { keys: [65, 63], heads: 2, headWidth: 32, promptLength: 65, stacked: "all" },
  "heads of 64": { keys: [33, 1, 20], heads: 2, headWidth: 64, promptLength: 7, stacked: "all" },
  "sequences without keys or queries": { keys: [0, 3, 0, 2], queries: [1, 0, 2, 2], heads: 2, headWidth: 4 },
};

/** Outputs: y and every gradient, of which the prompt's is collected. */
function attentionProblem(shape: Case): Problem {
  const problem = new Problem(7);
  const { builder } = problem;
  const { heads, keyValueHeads = heads, headWidth, promptLength = 0, causal = false } = shape;
  const sequences = problem.space("sequences", shape.keys.length);
  const keys = problem.segments("keys", shape.keys, sequences);
  const queries = shape.queries === undefined ? keys : problem.segments("queries", shape.queries, sequences);
  const width = keyValueHeads * headWidth;
  const y = attention(builder, {
    ...operandsOf(problem, shape, { queries, keys }),
    queries,
    keys,
    heads,
    keyValueHeads,
    causal,
    ...(promptLength > 0 ? { prompt: promptOf(problem, shape, width) } : {}),
  });
  builder.output("y", y);
  declareGradients(problem, shape, y, problem.rows("dy", queries.space, heads * headWidth));
  return problem;
}

function operandsOf(problem: Problem, shape: Case, { queries, keys }: Record<"queries" | "keys", Segments>) {
  const { heads, keyValueHeads = heads, headWidth, stacked } = shape;
  const [all, width] = [heads * headWidth, keyValueHeads * headWidth];
  if (stacked === "all") {
    const qkv = problem.rows("qkv", queries.space, all + 2 * width);
    return { q: columns(qkv, 0, all), k: columns(qkv, all + width, width), v: columns(qkv, all, width) };
  }
  const q = problem.rows("q", queries.space, all);
  if (stacked === undefined)
    return { q, k: problem.rows("k", keys.space, width), v: problem.rows("v", keys.space, width) };
  const kv = problem.rows("kv", keys.space, 2 * width);
  return { q, k: columns(kv, 0, width), v: columns(kv, width, width) };
}

function promptOf(problem: Problem, { promptLength = 0, sets, gates }: Case, width: number) {
  const { builder } = problem;
  const setCount = sets === undefined ? 1 : Math.max(...sets) + 1;
  // Values before keys, and one column block in front of both that belongs to another layer.
  const tensor = problem.parameter("prompt", setCount * promptLength, 3 * width);
  const prompt = { tensor, length: promptLength, keyColumn: 2 * width, valueColumn: width };
  if (sets !== undefined) problem.indices["set"] = Int32Array.from(sets);
  if (gates !== undefined) problem.values["gate"] = Float32Array.from(gates);
  return {
    ...prompt,
    ...(sets === undefined ? {} : { set: builder.index("set", builder.rowSpace("sequences")) }),
    ...(gates === undefined ? {} : { gate: builder.values("gate", promptLength) }),
  };
}

/** The gradients as the derivation makes them, with a given dO. */
function declareGradients(problem: Problem, { promptOnly = false }: Case, y: Tensor, dy: Tensor): void {
  const { builder } = problem;
  const node = y.producer;
  if (node?.op !== "attention") throw new Error("Expected an attention node.");
  const { prompt } = node.inputs;
  const contributions = attentionVjp(node, {
    builder,
    needs: (operand): operand is Tensor => operand !== undefined && (!promptOnly || operand === prompt),
    gradient: () => dy,
  });
  for (const { operand, gradient } of contributions) {
    if (gradient.kind === "tensor") builder.output(`d ${operand.label}`, gradient);
    else builder.output("d prompt", collected(problem, operand, gradient));
  }
}

/** The unused first block of the prompt gets the same partial again, so that every column is covered. */
function collected({ builder }: Problem, prompt: Tensor, gradient: PartialGradient): Tensor {
  const { blockWidth } = gradient;
  const rows = typeof prompt.rows === "number" ? prompt.rows : 0;
  const wide = builder.parameter({ name: "wide prompt", rows, width: 4 * blockWidth });
  return collectPartials(builder, wide, [gradient, { ...gradient, columns: [0, 3 * blockWidth] }]);
}

describe.each(["rows", "tiles"] as const)("attention by %s", (variant) => {
  let executor: WebGpuExecutor;
  beforeAll(async () => {
    executor = await openExecutor({ variants: { attention: variant } });
  });
  afterAll(() => executor.dispose());

  it.each(Object.entries(cases))("agrees with the twin on %s", async (_, shape) => {
    await expectSameAsTwin(executor, attentionProblem(shape), { relative: 5e-6 });
  });
});
