/** A small BERT-shaped encoder with deep prompts in chosen layers: the graph that end-to-end kernel tests train. */
import { activation } from "../../src/engine/graph/operations/activation.ts";
import { add } from "../../src/engine/graph/operations/add.ts";
import { attention } from "../../src/engine/graph/operations/attention.ts";
import { crossEntropy } from "../../src/engine/graph/operations/crossEntropy.ts";
import { gather } from "../../src/engine/graph/operations/gather.ts";
import { layerNorm } from "../../src/engine/graph/operations/layerNorm.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import type { Segments, Tensor } from "../../src/engine/graph/tensor.ts";
import { Problem } from "./support.ts";

export interface EncoderShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly promptLength: number;
  readonly lengths: readonly number[];
  readonly classes: number;
  readonly causal?: boolean;
  /** Also trains every weight of the encoder. */
  readonly trainAll?: boolean;
}

interface Block {
  readonly problem: Problem;
  readonly shape: EncoderShape;
  readonly segments: Segments;
}

/** An objective on the first row of every sequence; the logits are an output. */
export function encoderProblem(shape: EncoderShape, seed = 1): Problem {
  const problem = new Problem(seed);
  const { builder } = problem;
  const { width, layers, promptLength, lengths, classes } = shape;
  const sequences = problem.space("sequences", lengths.length);
  const segments = problem.segments("tokens", lengths, sequences);
  const prefix = problem.parameter("prefix", Math.max(1, promptLength), 2 * layers * width, {
    group: "prompt",
    scale: 0.5,
  });
  const embeddings = problem.parameter("embeddings", 50, width, { ...trained(shape), scale: 1 });
  const ids = builder.index("ids", segments.space);
  problem.indices[ids.name] = Int32Array.from({ length: problem.counts["tokens"] ?? 0 }, (_, i) => (i * 7 + seed) % 50);
  let x = gather(builder, [{ table: embeddings, index: ids }], "embedded");
  for (let layer = 0; layer < layers; layer++) x = encoderLayer({ problem, shape, segments }, x, prefix, layer);
  const first = builder.index("first", sequences);
  problem.indices[first.name] = (problem.indices["tokens.offsets"] ?? new Int32Array(0)).slice(0, -1);
  const pooled = gather(builder, [{ table: x, index: first }], "pooled");
  const head = problem.parameter("head", classes, width, { group: "head", scale: 0.3 });
  const headBias = problem.parameter("head.bias", 1, classes, { group: "head", scale: 0.3 });
  const logits = matmul(builder, pooled, head, { transposeB: true, bias: headBias, label: "logits" });
  const labels = builder.index("labels", sequences);
  const weights = builder.values("weights", sequences);
  problem.indices[labels.name] = Int32Array.from(lengths, (_, i) => i % classes);
  problem.values[weights.name] = Float32Array.from(lengths, () => 1 / lengths.length);
  builder.output("logits", logits);
  builder.objective(crossEntropy(builder, logits, { labels, weights }));
  return problem;
}

function trained(shape: EncoderShape): { group?: string } {
  return shape.trainAll === true ? { group: "backbone" } : {};
}

function linear({ problem, shape }: Block, x: Tensor, name: string, width: number): Tensor {
  const scale = 1.7 / Math.sqrt(x.width);
  const weight = problem.parameter(name, width, x.width, { ...trained(shape), scale });
  const bias = problem.parameter(`${name}.bias`, 1, width, { ...trained(shape), scale: 0.2 });
  return matmul(problem.builder, x, weight, { transposeB: true, bias, label: name });
}

function norm({ problem, shape }: Block, x: Tensor, name: string): Tensor {
  const gain = problem.parameter(`${name}.gain`, 1, x.width, trained(shape));
  const bias = problem.parameter(`${name}.bias`, 1, x.width, trained(shape));
  return layerNorm(problem.builder, x, { gain, bias, epsilon: 1e-12, label: name });
}

function encoderLayer(block: Block, x: Tensor, prefix: Tensor, layer: number): Tensor {
  const { problem, shape, segments } = block;
  const { builder } = problem;
  const { width, heads, promptLength, causal = false } = shape;
  const name = (part: string): string => `${layer}.${part}`;
  const prompt = {
    tensor: prefix,
    length: promptLength,
    keyColumn: 2 * layer * width,
    valueColumn: (2 * layer + 1) * width,
  };
  const mixed = attention(builder, {
    q: linear(block, x, name("query"), width),
    k: linear(block, x, name("key"), width),
    v: linear(block, x, name("value"), width),
    queries: segments,
    keys: segments,
    heads,
    causal,
    label: name("attention"),
    ...(promptLength > 0 ? { prompt } : {}),
  });
  const attended = norm(
    block,
    add(builder, x, linear(block, mixed, name("output"), width), name("residual")),
    name("norm"),
  );
  const hidden = activation(builder, linear(block, attended, name("up"), shape.feedForward), "gelu", name("gelu"));
  const expanded = add(builder, attended, linear(block, hidden, name("down"), width), name("residual 2"));
  return norm(block, expanded, name("norm 2"));
}
