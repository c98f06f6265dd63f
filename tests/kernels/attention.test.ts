/** Attention, forward and backward, against the twin: heads, grouped heads, prompts, sets, gates, causality, row spaces. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { WebGpuExecutor } from "../../src/engine/webgpu/index.ts";
import { collectPartials } from "../../src/engine/graph/operations/collectPartials.ts";
import { attention } from "../../src/engine/graph/operations/attention.ts";
import type { PartialGradient } from "../../src/engine/graph/operation.ts";
import type { Tensor } from "../../src/engine/graph/tensor.ts";
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
  "sequences without keys or queries": { keys: [0, 3, 0, 2], queries: [1, 0, 2, 2], heads: 2, headWidth: 4 },
};

/** Outputs: y, dq, dk, dv, and with a prompt its collected gradient. */
function attentionProblem(shape: Case): Problem {
  const problem = new Problem(7);
  const { builder } = problem;
  const { heads, keyValueHeads = heads, headWidth, promptLength = 0, causal = false } = shape;
  const sequences = problem.space("sequences", shape.keys.length);
  const keys = problem.segments("keys", shape.keys, sequences);
  const queries = shape.queries === undefined ? keys : problem.segments("queries", shape.queries, sequences);
  const width = keyValueHeads * headWidth;
  const q = problem.rows("q", queries.space, heads * headWidth);
  const [k, v] = [problem.rows("k", keys.space, width), problem.rows("v", keys.space, width)];
  const y = attention(builder, {
    q,
    k,
    v,
    queries,
    keys,
    heads,
    keyValueHeads,
    causal,
    ...(promptLength > 0 ? { prompt: promptOf(problem, shape, width) } : {}),
  });
  builder.output("y", y);
  declareGradients(problem, y, problem.rows("dy", queries.space, heads * headWidth));
  return problem;
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

function declareGradients({ builder, counts }: Problem, y: Tensor, dy: Tensor): void {
  const node = y.producer;
  if (node?.op !== "attention") throw new Error("Expected an attention node.");
  const { inputs, indices, attributes } = node;
  const { q, k, prompt } = inputs;
  const shape = { label: "delta", rows: q.rows, width: attributes.heads };
  const delta = builder.single("attentionDelta", { dy, y }, {}, attributes, shape);
  const operands = { ...inputs, logSumExp: node.outputs[1] ?? y, dy, delta };
  const like = (label: string, tensor: Tensor) => ({ label, rows: tensor.rows, width: tensor.width });
  builder.output("dq", builder.single("attentionQueryGradient", operands, indices, attributes, like("dq", q)));
  const [dk, dv] = builder.node("attentionKeyValueGradient", operands, indices, attributes, [
    like("dk", k),
    like("dv", k),
  ]).outputs;
  if (dk !== undefined && dv !== undefined) for (const tensor of [dk, dv]) builder.output(tensor.label, tensor);
  if (prompt === undefined || counts["sequences"] === undefined) return;
  const rows = { kind: "row-product" as const, space: builder.rowSpace("sequences"), times: attributes.promptLength };
  const partial = builder.single("attentionPromptGradient", operands, indices, attributes, {
    label: "partial",
    rows,
    width: 2 * k.width,
  });
  // The unused first block gets the same partial's keys and values again, so that every column is covered.
  const gradient = (columns: number[]): PartialGradient => ({
    kind: "partial",
    partial,
    columns,
    blockWidth: k.width,
    ...(indices.set === undefined ? {} : { set: indices.set }),
  });
  const wide = builder.parameter({
    name: "wide prompt",
    rows: typeof prompt.rows === "number" ? prompt.rows : 0,
    width: 4 * k.width,
  });
  const both = collectPartials(builder, wide, [
    gradient([attributes.keyColumn, attributes.valueColumn]),
    gradient([0, 3 * k.width]),
  ]);
  builder.output("d prompt", both);
}

describe("attention", () => {
  let executor: WebGpuExecutor;
  beforeAll(async () => {
    executor = await openExecutor();
  });
  afterAll(() => executor.dispose());

  it.each(Object.entries(cases))("agrees with the twin on %s", async (_, shape) => {
    await expectSameAsTwin(executor, attentionProblem(shape), { relative: 5e-6 });
  });
});
