/** The graph: shape rules, pruning, and what the derived backward pass computes and leaves out. */
import { describe, expect, it } from "vitest";
import { Builder } from "../../../src/engine/graph/builder.ts";
import type { Graph } from "../../../src/engine/graph/graph.ts";
import { operandsOf } from "../../../src/engine/graph/operation.ts";
import { activation } from "../../../src/engine/graph/operations/activation.ts";
import { add } from "../../../src/engine/graph/operations/add.ts";
import { attention, columns } from "../../../src/engine/graph/operations/attention.ts";
import { crossEntropy } from "../../../src/engine/graph/operations/crossEntropy.ts";
import { gather } from "../../../src/engine/graph/operations/gather.ts";
import { matmul } from "../../../src/engine/graph/operations/matmul.ts";
import { canStack, stack } from "../../../src/engine/graph/operations/stack.ts";
import type { Tensor } from "../../../src/engine/graph/tensor.ts";
import { SMALL, transformerGraph } from "./transformerGraph.ts";

/** Nodes of the derived backward pass. */
function backwardNodes(graph: Graph): Graph["nodes"] {
  return graph.nodes.slice(graph.forwardNodes);
}

/** Operation names of the backward pass with their counts. */
function backwardCounts(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of backwardNodes(graph)) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

/** x [rows, 4] from a frozen table, then `layers` products with weights "w0", "w1", … of which some are trained. */
function chain(trained: readonly boolean[], tie = false): Graph {
  const builder = new Builder();
  const rows = builder.rowSpace("rows");
  const table = builder.parameter({ name: "table", rows: 9, width: 4 });
  let x = gather(builder, [{ table, index: builder.index("row", rows) }]);
  for (const [layer, isTrained] of trained.entries()) {
    const name = tie ? "w" : `w${layer}`;
    const weight = builder.parameter({ name, rows: 4, width: 4, ...(isTrained ? { group: "weights" } : {}) });
    x = activation(builder, matmul(builder, x, weight, { transposeB: true, label: `x${layer}` }), "tanh");
  }
  finishWithLoss(builder, x);
  return builder.finish();
}

function finishWithLoss(builder: Builder, logits: Tensor): void {
  const rows = builder.rowSpace("rows");
  const inputs = { labels: builder.index("labels", rows), weights: builder.values("weights", rows) };
  builder.objective(crossEntropy(builder, logits, inputs));
}

describe("the derived backward pass", () => {
  it("has no weight gradient for frozen weights", () => {
    const graph = chain([true, false, false]);
    expect([...graph.gradients.keys()]).toEqual(["w0"]);
    // dX of the two upper products and dW of the lowest, which needs no dX.
    expect(backwardCounts(graph)).toEqual({ crossEntropyGradient: 1, activationGradient: 3, matmul: 3 });
    const weightGradients = backwardNodes(graph).filter((node) => node.op === "matmul" && node.attributes.transposeA);
    expect(weightGradients).toHaveLength(1);
  });

  it("computes nothing below the lowest trained tensor", () => {
    const graph = chain([false, false, true]);
    expect(backwardCounts(graph)).toEqual({ crossEntropyGradient: 1, activationGradient: 1, matmul: 1 });
  });

  it("is empty without an objective and for frozen weights alone", () => {
    expect(backwardNodes(chain([false, false]))).toHaveLength(0);
  });

  it("sums the gradients of tied parameters into one", () => {
    const graph = chain([true, true], true);
    const gradient = graph.gradients.get("w");
    expect(gradient?.producer?.op).toBe("add");
    expect(gradient?.producer && operandsOf(gradient.producer).map(({ producer }) => producer?.op)).toEqual([
      "matmul",
      "matmul",
    ]);
    expect(graph.parameters.filter(({ label }) => label === "w")).toHaveLength(1);
  });

  it("gives the lowest prompted layer only its prompt's gradient", () => {
    const graph = transformerGraph({ ...SMALL, layers: 3, soft: 0 });
    const counts = backwardCounts(graph);
    expect(counts["attentionGradient"]).toBe(3);
    expect(counts["collectPartials"]).toBe(1);
    expect(counts["layerNormParameterGradient"]).toBeUndefined();
    expect(counts["scatter"]).toBe(1);
    const lowest = backwardNodes(graph).findLast((node) => node.op === "attentionGradient");
    expect(lowest?.op === "attentionGradient" && lowest.attributes.gradients).toEqual({ prompt: 0 });
  });

  it("gives every tensor the shape of what it is the gradient of", () => {
    const graph = transformerGraph({ ...SMALL, sets: 2, trainBackbone: true });
    expect(graph.gradients.size).toBe(graph.parameters.length);
    for (const { label, rows, width } of graph.parameters) {
      const gradient = graph.gradients.get(label);
      expect([gradient?.rows, gradient?.width], `shape of d ${label}`).toEqual([rows, width]);
    }
  });

  it("reads nothing before it is computed", () => {
    const graph = transformerGraph({ ...SMALL, trainBackbone: true, gated: true });
    const known = new Set<Tensor>(graph.parameters);
    for (const node of graph.nodes) {
      for (const operand of operandsOf(node))
        expect(known.has(operand), `${node.op} reads ${operand.label}`).toBe(true);
      for (const output of node.outputs) known.add(output);
    }
  });

  it("refuses a trained parameter that does not influence the loss", () => {
    const builder = new Builder();
    const rows = builder.rowSpace("rows");
    const index = builder.index("row", rows);
    const used = builder.parameter({ name: "used", rows: 3, width: 4, group: "weights" });
    const unused = builder.parameter({ name: "unused", rows: 3, width: 4, group: "weights" });
    builder.output("aside", gather(builder, [{ table: unused, index }]));
    finishWithLoss(builder, gather(builder, [{ table: used, index }]));
    expect(() => builder.finish()).toThrow(/"unused" does not influence the loss/);
  });
});

describe("stacked parameters", () => {
  const part = (builder: Builder, name: string, rows: number, options: { group?: string; stack?: string } = {}) =>
    builder.parameter({ name, rows, width: 64, stack: "all", ...options });

  it("keep a gradient each, and none for the frozen ones", () => {
    const builder = new Builder();
    const rows = builder.rowSpace("rows");
    const x = builder.parameter({ name: "table", rows: 9, width: 64 });
    const gathered = gather(builder, [{ table: x, index: builder.index("row", rows) }]);
    const whole = stack(builder, [part(builder, "a", 2, { group: "weights" }), part(builder, "b", 3)]);
    finishWithLoss(builder, matmul(builder, gathered, whole, { transposeB: true }));
    const graph = builder.finish();
    expect([whole.rows, whole.width]).toEqual([5, 64]);
    expect([...graph.gradients.keys()]).toEqual(["a"]);
    expect(graph.gradients.get("a")?.producer?.op).toBe("unstack");
    expect(graph.gradients.get("a")?.rows).toBe(2);
  });

  it("lie end to end only when they are marked so, of one group, and of sizes that fit", () => {
    const builder = new Builder();
    const a = part(builder, "a", 2);
    expect(canStack([a, part(builder, "b", 3)])).toBe(true);
    expect(canStack([a, part(builder, "c", 3, { group: "weights" })])).toBe(false);
    expect(canStack([a, part(builder, "d", 3, { stack: "others" })])).toBe(false);
    expect(canStack([a, builder.parameter({ name: "e", rows: 1, width: 30, stack: "all" })])).toBe(false);
    expect(canStack([a, builder.parameter({ name: "f", rows: 1, width: 64 })])).toBe(false);
  });
});

describe("pruning", () => {
  it("drops what neither an output nor the loss reads", () => {
    const builder = new Builder();
    const rows = builder.rowSpace("rows");
    const table = builder.parameter({ name: "table", rows: 3, width: 4 });
    const x = gather(builder, [{ table, index: builder.index("row", rows) }]);
    activation(builder, x, "relu", "nobody reads this");
    builder.output("sum", add(builder, x, x));
    expect(builder.finish().nodes.map(({ op }) => op)).toEqual(["gather", "add"]);
  });

  it("keeps the forward nodes first and counts them", () => {
    const graph = chain([true, true]);
    const names = graph.nodes.map(({ op }) => op);
    expect(names.slice(0, graph.forwardNodes)).toEqual([
      "gather",
      "matmul",
      "activation",
      "matmul",
      "activation",
      "crossEntropy",
    ]);
    expect(names[graph.forwardNodes]).toBe("crossEntropyGradient");
  });
});

describe("shape errors name the shapes", () => {
  const builder = new Builder();
  const [tokens, sequences] = [builder.rowSpace("tokens"), builder.rowSpace("sequences")];
  const wide = builder.parameter({ name: "wide", rows: 7, width: 6 });
  const narrow = builder.parameter({ name: "narrow", rows: 7, width: 5 });
  const x = gather(builder, [{ table: wide, index: builder.index("row", tokens) }]);

  it("of a product", () => {
    expect(() => matmul(builder, x, narrow, { transposeB: true, label: "query" })).toThrow(
      /"query".*\[tokens, 6\] and \[7, 5\]/,
    );
  });

  it("of a sum", () => {
    expect(() => add(builder, x, wide)).toThrow(/\[tokens, 6\] and \[7, 6\]/);
  });

  it("of a gather", () => {
    const index = builder.index("row", tokens);
    const terms = [
      { table: wide, index },
      { table: narrow, index },
    ];
    expect(() => gather(builder, terms)).toThrow(/6 and 5/);
  });

  it("of attention heads", () => {
    const segments = builder.segments(tokens, sequences);
    const operands = { q: x, k: x, v: x, queries: segments, keys: segments };
    expect(() => attention(builder, { ...operands, heads: 4 })).toThrow(/width 6.*4\/4 heads/);
    expect(() => attention(builder, { ...operands, heads: 3, keyValueHeads: 2 })).toThrow(/3\/2 heads/);
  });

  it("of attention on columns of one tensor", () => {
    const segments = builder.segments(tokens, sequences);
    const third = (place: number) => columns(x, 2 * place, 2);
    const operands = { queries: segments, keys: segments, heads: 1 };
    expect(attention(builder, { q: third(0), k: third(2), v: third(1), ...operands }).width).toBe(2);
    expect(() => attention(builder, { q: third(0), k: third(1), v: third(1), ...operands })).toThrow(
      /columns 0 to 2, 2 to 4, 2 to 4 of .* do not cover it exactly once/,
    );
  });

  it("of a stack", () => {
    expect(() => stack(builder, [wide, narrow])).toThrow(/\[7, 6\], \[7, 5\] are not of one width/);
    expect(() => stack(builder, [x])).toThrow(/is not a parameter/);
  });

  it("of a parameter declared twice", () => {
    expect(() => builder.parameter({ name: "wide", rows: 7, width: 9 })).toThrow(/"wide".*\[7, 6\] and \[7, 9\]/);
  });
});
