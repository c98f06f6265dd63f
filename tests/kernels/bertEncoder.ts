/** A BERT encoder of any size with random weights, a deep prompt in every layer and a trained classifier: what plans are counted on. */
import { crossEntropy } from "../../src/engine/graph/operations/crossEntropy.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import { bert } from "../../src/models/bert.ts";
import type { FamilyModel } from "../../src/models/family.ts";
import { Problem } from "./support.ts";

export interface BertShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly promptLength: number;
  /** Tokens of each sequence. */
  readonly lengths: readonly number[];
  /** The optimizer group of a weight of the encoder; frozen without one. */
  weightGroup?(name: string): string | undefined;
  /** Gives every projection to the method, so that none are stacked. */
  readonly unstacked?: boolean;
}

const VOCABULARY = 50;
const CLASSES = 2;

export function bertProblem(shape: BertShape, seed = 1): Problem {
  const problem = new Problem(seed);
  const { builder } = problem;
  const { layers, width, promptLength, lengths } = shape;
  const family = familyOf(shape);
  for (const { name, rows, width: columns, stack } of family.weights) {
    const group = shape.weightGroup?.(name);
    const scale = name.includes("LayerNorm") || rows === 1 ? 0.5 : 1.5 / Math.sqrt(columns);
    problem.parameter(name, rows, columns, {
      scale,
      ...(group === undefined ? {} : { group }),
      ...(stack === undefined ? {} : { stack }),
    });
  }
  const prefix = problem.parameter("prefix", promptLength, 2 * layers * width, { group: "prompt", scale: 0.5 });
  const sequences = problem.space("sequences", lengths.length);
  const rows = {
    tokens: problem.segments("tokens", lengths, sequences),
    needed: problem.segments(
      "needed",
      lengths.map(() => 1),
      sequences,
    ),
  };
  const encoder = family.forward(builder, {
    rows,
    hooks: {
      layerPrompt: (layer) => ({
        tensor: prefix,
        length: promptLength,
        keyColumn: 2 * layer * width,
        valueColumn: (2 * layer + 1) * width,
      }),
      ...(shape.unstacked === true ? { wrapLinear: (_place, _x, y) => y } : {}),
    },
    ...(shape.weightGroup === undefined ? {} : { weightGroup: (name: string) => shape.weightGroup?.(name) }),
  });
  classify(problem, encoder.pooled(), width);
  fillInputs(problem, shape);
  return problem;
}

function familyOf({ layers, width, heads }: BertShape): FamilyModel {
  return bert.configure({
    model_type: "bert",
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: 4 * width,
    vocab_size: VOCABULARY,
    max_position_embeddings: 512,
  });
}

function classify(problem: Problem, pooled: Parameters<typeof matmul>[1], width: number): void {
  const { builder } = problem;
  const weight = problem.parameter("classifier.weight", CLASSES, width, { group: "head", scale: 0.3 });
  const bias = problem.parameter("classifier.bias", 1, CLASSES, { group: "head", scale: 0.3 });
  const logits = matmul(builder, pooled, weight, { transposeB: true, bias, label: "logits" });
  const labels = builder.index("labels", logits.rows);
  const weights = builder.values("weights", logits.rows);
  builder.output("logits", logits);
  builder.objective(crossEntropy(builder, logits, { labels, weights }));
}

function fillInputs({ indices, values }: Problem, { lengths, promptLength }: BertShape): void {
  const offsets = indices["tokens.offsets"] ?? new Int32Array(0);
  const total = offsets.at(-1) ?? 0;
  indices["tokens.word"] = Int32Array.from({ length: total }, (_, row) => (row * 7 + 3) % VOCABULARY);
  indices["tokens.position"] = Int32Array.from(
    lengths.flatMap((length) => Array.from({ length }, (_, t) => t + promptLength)),
  );
  indices["tokens.type"] = new Int32Array(total);
  indices["needed.row"] = offsets.slice(0, -1);
  indices["labels"] = Int32Array.from(lengths, (_, i) => i % CLASSES);
  values["weights"] = Float32Array.from(lengths, () => 1 / lengths.length);
}
