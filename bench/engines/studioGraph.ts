/**
 * The benchmark's model as the studio's graph, without the studio's savings: the last layer computes all rows, as engines
 * without row spaces do. Only methods and tasks are left out; the family and the operations are the studio's own.
 */
import type { ParameterShape, StepValues, TrainingPlan } from "../../src/engine/executor.ts";
import { Builder } from "../../src/engine/graph/builder.ts";
import { pruneNodes, type Graph } from "../../src/engine/graph/graph.ts";
import { activation } from "../../src/engine/graph/operations/activation.ts";
import { crossEntropy } from "../../src/engine/graph/operations/crossEntropy.ts";
import { gather } from "../../src/engine/graph/operations/gather.ts";
import { matmul } from "../../src/engine/graph/operations/matmul.ts";
import type { RowCounts, Tensor } from "../../src/engine/graph/tensor.ts";
import { trainedNames, type Batch, type Problem } from "../problem.ts";

/** The one optimizer group. */
export const benchGroup = "trained";

/** Frozen weights and what is trained. */
export function parameterShapes(problem: Problem): ParameterShape[] {
  return [...problem.model.family.weights, ...Object.values(trainedShapes(problem))];
}

function trainedShapes({ model, promptLength, classes }: Problem): Record<keyof typeof trainedNames, ParameterShape> {
  const { layers, width } = model.family.dimensions;
  const group = benchGroup;
  return {
    prefix: { name: trainedNames.prefix, rows: promptLength, width: layers * 2 * width, group },
    weight: { name: trainedNames.weight, rows: classes, width, group },
    bias: { name: trainedNames.bias, rows: 1, width: classes, group },
  };
}

/** Forward pass, mean cross entropy and gradients. */
export function equalWorkGraph(problem: Problem): Graph {
  const { family } = problem.model;
  const { width } = family.dimensions;
  const builder = new Builder();
  const sequences = builder.rowSpace("sequences");
  const tokens = builder.segments(builder.rowSpace("tokens"), sequences);
  const shapes = trainedShapes(problem);
  const prefix = builder.parameter(shapes.prefix);
  const { hidden } = family.forward(builder, {
    rows: { tokens, needed: tokens },
    hooks: {
      layerPrompt(layer) {
        const keyColumn = layer * 2 * width;
        return { tensor: prefix, length: problem.promptLength, keyColumn, valueColumn: keyColumn + width };
      },
    },
  });
  const row = gather(builder, [{ table: hidden, index: builder.index("read", sequences) }], "rows read");
  const pooled = family.causal
    ? row
    : activation(builder, linear(builder, row, ...poolerShapes(width)), "tanh", "pooled");
  const logits = linear(builder, pooled, shapes.weight, shapes.bias);
  const [labels, weights] = [builder.index("labels", sequences), builder.values("weights", sequences)];
  builder.objective(crossEntropy(builder, logits, { labels, weights }));
  return builder.finish();
}

function poolerShapes(width: number): [ParameterShape, ParameterShape] {
  return [
    { name: "pooler.dense.weight", rows: width, width },
    { name: "pooler.dense.bias", rows: 1, width },
  ];
}

function linear(builder: Builder, x: Tensor, weight: ParameterShape, bias: ParameterShape): Tensor {
  const [w, b] = [builder.parameter(weight), builder.parameter(bias)];
  return matmul(builder, x, w, { transposeB: true, bias: b, label: weight.name });
}

export function capacitiesOf({ batches, paddedTokens }: Problem): RowCounts {
  const sequences = batches[0]?.length ?? 0;
  return { tokens: sequences * paddedTokens, sequences };
}

/** Step inputs of a batch whose sequences all have the same length. */
export function packBatch({ promptLength, model }: Problem, batch: Batch): StepValues {
  const lengths = batch.map(({ ids }) => ids.length);
  const offsets = [0];
  for (const length of lengths) offsets.push((offsets.at(-1) ?? 0) + length);
  const rows = offsets.at(-1) ?? 0;
  const isCausal = model.family.causal;
  const perRow = (value: (sequence: number, row: number) => number): Int32Array =>
    Int32Array.from(lengths.flatMap((length, sequence) => Array.from({ length }, (_, row) => value(sequence, row))));
  return {
    counts: { tokens: rows, sequences: batch.length },
    indices: {
      "tokens.word": perRow((sequence, row) => batch[sequence]?.ids[row] ?? 0),
      "tokens.position": perRow((_, row) => promptLength + row),
      ...(isCausal ? {} : { "tokens.type": new Int32Array(rows) }),
      "tokens.offsets": Int32Array.from(offsets),
      "tokens.sequence": perRow((sequence) => sequence),
      read: Int32Array.from(lengths, (length, sequence) => (offsets[sequence] ?? 0) + (isCausal ? length - 1 : 0)),
      labels: Int32Array.from(batch, ({ label }) => label),
    },
    values: { weights: new Float32Array(batch.length).fill(1 / batch.length) },
  };
}

/** The nodes that a training plan runs. */
export function trainedPart(graph: Graph): Graph {
  const roots = [graph.objective?.loss, graph.objective?.correct, ...graph.gradients.values()];
  const wanted = roots.filter((tensor) => tensor !== undefined);
  return { ...graph, nodes: pruneNodes(graph.nodes, wanted) };
}

/** Loss of the last step; a plan hands its statistics out only once. */
export function lastLossOf(plan: TrainingPlan): { forget(): void; read(): Promise<number> } {
  let last: Promise<number> | undefined;
  return {
    forget: () => void (last = undefined),
    read: () => (last ??= plan.statistics().then((steps) => steps.at(-1)?.loss ?? Number.NaN)),
  };
}
