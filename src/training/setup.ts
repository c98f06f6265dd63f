/**
 * Builds what a run executes: the graph of model + method + task, the trained tensors with their start values, and the
 * mapping of examples to step inputs. The same set-up serves training, evaluation, prediction and the tests.
 */
import type { Experiment } from "../config/experiment.ts";
import type { GroupSettings, ParameterShape, StepValues } from "../engine/executor.ts";
import { Builder } from "../engine/graph/builder.ts";
import type { Graph } from "../engine/graph/graph.ts";
import type { RowCounts } from "../engine/graph/tensor.ts";
import { normalValues, randomStream } from "../lib/random.ts";
import { bindMethod } from "../methods/index.ts";
import { groups, type BoundMethod } from "../methods/method.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { packSequences, spaces } from "../models/packing.ts";
import { classificationObjective, classify, headShapes, type EncodedExample } from "../tasks/sequenceClassification.ts";

export interface RunSetup {
  readonly method: BoundMethod;
  /** With objective and derived gradients. */
  readonly trainingGraph: Graph;
  /** Output `logits` [needed, C]. */
  readonly evaluationGraph: Graph;
  /** Frozen and trained parameters together. */
  readonly parameters: readonly ParameterShape[];
  readonly trained: readonly ParameterShape[];
  readonly classes: number;
  /** Row capacities for at most `sequences` examples of at most `longest` tokens. */
  capacities(sequences: number, longest: number): RowCounts;
  /** Step inputs of examples; with labels and weights 1/N when `labelled`. */
  pack(examples: readonly EncodedExample[], labelled: boolean): StepValues;
}

/** Standard deviation of a fresh head, as transformers initialises BERT's classifier. */
const headScale = 0.02;

/** Throws when model, method and settings do not fit each other. */
export function setUpRun(experiment: Experiment, model: LoadedModel, classes: number): RunSetup {
  const { dimensions } = model.family;
  const method = bindMethod(experiment.method, dimensions);
  const head = headShapes(classes, dimensions.width, groups.head);
  const weights = method.trainsModel
    ? model.family.weights.map((shape) => ({ ...shape, group: groups.model }))
    : model.family.weights;
  const parameters = [...weights, ...method.tensors, ...head];
  const build = (objective: boolean): Graph => buildGraph({ model, method, head, objective });
  return {
    method,
    trainingGraph: build(true),
    evaluationGraph: build(false),
    parameters,
    trained: parameters.filter(({ group }) => group !== undefined),
    classes,
    capacities: (sequences, longest) => ({
      [spaces.tokens]: sequences * (longest + method.layout.promptRows),
      [spaces.needed]: sequences,
      [spaces.sequences]: sequences,
    }),
    pack(examples, labelled) {
      const encodings = examples.map(({ encoding }) => encoding);
      if (!labelled) return packSequences(encodings, method.layout);
      const labels = Int32Array.from(examples, ({ label }) => label);
      const rowWeights = new Float32Array(examples.length).fill(1 / examples.length);
      return packSequences(encodings, method.layout, { labels, weights: rowWeights });
    },
  };
}

interface GraphParts {
  readonly model: LoadedModel;
  readonly method: BoundMethod;
  readonly head: readonly ParameterShape[];
  readonly objective: boolean;
}

function buildGraph({ model, method, head, objective }: GraphParts): Graph {
  const builder = new Builder();
  const sequences = builder.rowSpace(spaces.sequences);
  const needed = builder.rowSpace(spaces.needed);
  const rows = {
    tokens: builder.segments(builder.rowSpace(spaces.tokens), sequences),
    needed: builder.segments(needed, sequences),
  };
  const { pooled } = model.family.forward(builder, {
    rows,
    hooks: method.hooks(builder),
    ...(method.trainsModel ? { weightGroup: groups.model } : {}),
  });
  const logits = classify(builder, pooled, head);
  if (objective) classificationObjective(builder, logits, needed);
  else builder.output("logits", logits);
  return builder.finish();
}

/** Start values of everything trained: the method's own initialiser, N(0, 0.02²) for the head, the file's weights. */
export function initialValues(model: LoadedModel, setup: RunSetup, seed: number): Map<string, Float32Array> {
  const { dimensions, wordEmbeddings } = model.family;
  const table = model.weights.get(wordEmbeddings);
  if (table === undefined) throw new Error(`The model has no word embeddings "${wordEmbeddings}".`);
  const values = setup.method.initialise({
    dimensions,
    random: randomStream(seed, "prompt"),
    wordEmbedding: (id) => table.slice(id * dimensions.width, (id + 1) * dimensions.width),
    encodeText: (text) => model.tokenizer.pieces(text).map(({ id }) => id),
  });
  for (const { name, rows, width, group } of setup.trained) {
    if (group !== groups.head) continue;
    const scale = name.endsWith(".bias") ? 0 : headScale;
    values.set(name, normalValues(randomStream(seed, "head", name), rows * width, scale));
  }
  if (setup.method.trainsModel) for (const [name, weights] of model.weights) values.set(name, weights);
  return values;
}

/** Optimizer settings of the groups: weight decay on all, one learning rate. */
export function groupSettings(experiment: Experiment): Record<string, GroupSettings> {
  const settings = { learningRateScale: 1, weightDecay: experiment.training.weightDecay, active: true };
  return { [groups.prompt]: settings, [groups.head]: settings, [groups.model]: settings };
}
