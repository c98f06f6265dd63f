/**
 * Builds what a run executes: the graph of model + method + task, the trained tensors with their start values, and the
 * mapping of examples to step inputs. The same set-up serves training, evaluation, prediction and the tests.
 */
import type { Experiment } from "../config/experiment.ts";
import { fittingMethods, methodMisfit } from "../config/fit.ts";
import type { GroupSettings, ParameterShape, StepValues } from "../engine/executor.ts";
import { Builder } from "../engine/graph/builder.ts";
import type { Graph } from "../engine/graph/graph.ts";
import { markHalves } from "../engine/graph/halfWeights.ts";
import { operandsOf } from "../engine/graph/operation.ts";
import type { RowCounts } from "../engine/graph/tensor.ts";
import { SettingsError } from "../lib/errors.ts";
import { normalValues, randomStream } from "../lib/random.ts";
import { bindMethod } from "../methods/index.ts";
import { groups, type BoundMethod, type KeysAndValues } from "../methods/method.ts";
import { withDropoutInputs, type MaskKey } from "../methods/promptDropout.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { packSequences, spaces, type PackedTargets, type RowLayout } from "../models/packing.ts";
import { layoutBehindTrunk, promptTrunk, withTrunkInputs } from "../models/promptTrunk.ts";
import { weightPlaceOf } from "../models/weightPlace.schema.ts";
import { bindTask } from "../tasks/index.ts";
import type { BoundTask, EncodedSequence, TaskHead } from "../tasks/task.ts";
import { chunkFor } from "./evaluate.ts";

export interface RunSetup {
  readonly method: BoundMethod;
  readonly task: BoundTask;
  /** With objective and derived gradients. */
  readonly trainingGraph: Graph;
  /** Output `logits` [needed, C], or what the head reads out instead, or [needed, V]. */
  readonly evaluationGraph: Graph;
  /** Frozen and trained parameters together; frozen matrices are marked where the settings want them in half precision. */
  readonly parameters: readonly ParameterShape[];
  readonly trained: readonly ParameterShape[];
  /** Values of everything that is not trained: the model's weights and what the head is given. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** In the order of the logits. */
  readonly labels: readonly string[];
  /** Width of that output. */
  readonly classes: number;
  /** Sequences of one run of the evaluation plan. */
  readonly evaluationChunk: number;
  /** Row capacities for at most `sequences` examples of at most `longest` tokens. */
  capacities(sequences: number, longest: number): RowCounts;
  /** Step inputs of sequences; with labels and weights 1/N when `labelled`, N being the number of labels. */
  /** A labelled step takes the masks of its dropout from `masks`, if there is any. */
  pack(sequences: readonly EncodedSequence[], labelled: boolean, masks?: MaskKey): StepValues;
}

/** What evaluation plans compute: the task's labels, or every word of the vocabulary for a head of the model's own. */
export type EvaluationOutput = "labels" | "vocabulary";

/** Standard deviation of a fresh head, as transformers initialises BERT's classifier. */
const headScale = 0.02;

/** What else than the run itself may be wanted of it. */
export interface SetupOptions {
  readonly output?: EvaluationOutput;
  /** Wraps the method, for inspections. */
  readonly change?: (method: BoundMethod) => BoundMethod;
  /** Stands in front of the head's names, to keep the heads of several data sets apart. */
  readonly headPrefix?: string;
}

/**
 * Builds a run for data with these labels, in the order of the logits.
 * @throws when model, method, task and settings do not fit each other.
 */
export function setUpRun(
  experiment: Experiment,
  model: LoadedModel,
  labels: readonly string[],
  { output = "labels", change = (method) => method, headPrefix = "" }: SetupOptions = {},
): RunSetup {
  const { dimensions } = model.family;
  requireSlots(experiment);
  const method = change(bindMethod(experiment.method, dimensions));
  const task = bindTask(experiment.task, model);
  const head = task.head(labels, headPrefix);
  const own = [...model.family.weights, ...model.family.languageModelWeights].map((shape) => {
    const group = weightGroup(method, shape.name);
    return group === undefined ? shape : { ...shape, group };
  });
  // Every example has a mask of its own, so that their prompts differ.
  const drops = method.droppedSlots !== undefined;
  const hasTrunk = model.family.causal && isInFront(method.layout) && !drops && experiment.training.savings.promptTrunk;
  const layout = hasTrunk ? layoutBehindTrunk(method.layout) : method.layout;
  const build = (output: GraphParts["output"]): Graph => buildGraph({ model, method, head, output, hasTrunk });
  const evaluationGraph = build(output);
  const trainingGraph = build("objective");
  const used = usedIn(evaluationGraph, [...own, ...method.tensors, ...head.shapes]);
  const isHalf = experiment.training.weights === "f16";
  const parameters = isHalf ? markHalves(used, [trainingGraph, evaluationGraph]) : used;
  const trained = parameters.filter(({ group }) => group !== undefined);
  requirePlaces(method, parameters, experiment, model);
  const mostTokens = Math.min(experiment.training.maxTokens, dimensions.positions);
  const readsWords = output === "vocabulary";
  const logitWidth = head.readout === undefined && !readsWords ? labels.length : dimensions.vocabulary;
  return {
    method,
    task,
    trainingGraph,
    evaluationGraph,
    parameters,
    trained,
    weights: new Map([...model.weights, ...head.given]),
    labels,
    classes: readsWords ? dimensions.vocabulary : (head.readout?.width ?? labels.length),
    evaluationChunk: chunkFor(task.neededRows(mostTokens), logitWidth),
    capacities: (sequences, longest) => ({
      [spaces.tokens]: sequences * (longest + layout.promptRows),
      [spaces.needed]: sequences * task.neededRows(longest),
      [spaces.sequences]: sequences,
    }),
    pack(sequences, labelled, masks = { seed: experiment.seed, step: 0 }) {
      const weighing = labelled ? "mean" : head.readout === undefined || readsWords ? "none" : "sum";
      const packed = packSequences(sequences, layout, targetsOf(sequences, task, weighing));
      const whole = { ...packed, indices: { ...packed.indices, ...head.indices } };
      const { droppedSlots } = method;
      const step = labelled && droppedSlots !== undefined ? withDropoutInputs(whole, droppedSlots, masks) : whole;
      return hasTrunk ? withTrunkInputs(step, method.layout) : step;
    },
  };
}

/** Throws when the model reads one of the method's tensors nowhere. */
function requirePlaces(
  { tensors }: BoundMethod,
  parameters: readonly ParameterShape[],
  { method, task }: Experiment,
  { family }: LoadedModel,
): void {
  const homeless = tensors.find(({ name }) => !parameters.some((known) => known.name === name));
  if (homeless === undefined) return;
  const roles = new Set(family.weights.flatMap(({ name }) => weightPlaceOf(name).role ?? []));
  const others = fittingMethods(task).filter((kind) => kind !== method.kind);
  throw new SettingsError(
    `${family.family} models have no place for "${homeless.name}" of ${method.kind}. Choose weights that they have (${[...roles].join(", ")}), or another method that fits: ${others.join(", ")}.`,
  );
}

/** Throws when a run would train nothing though it should, or something though it should not. */
export function requireTrained({ trained }: RunSetup, { method, task }: Experiment): void {
  const reason = methodMisfit(method.kind, task);
  if (reason !== undefined) throw new SettingsError(reason);
  if (trained.length > 0 || method.kind === "discrete-prompt") return;
  const fitting = fittingMethods(task).filter((kind) => kind !== method.kind);
  throw new SettingsError(
    `Nothing would be trained: ${method.kind} finds nothing of its own in this model for this task. Methods that fit: ${fitting.join(", ")}.`,
  );
}

/** Throws when the template of a verbalizer has more or fewer places for virtual tokens than the method puts there. */
function requireSlots({ task, method }: Experiment): void {
  const template = task.kind === "sequence-classification" && task.head === "verbalizer" ? task.template : "";
  const places = template.split("[P]").length - 1;
  const wanted = "placement" in method && method.placement === "template" ? method.promptLength : 0;
  if (places === wanted) return;
  throw new SettingsError(
    `Expected ${wanted} virtual tokens [P] in the verbalizer's template, found ${places}. Change the prompt's place, its length or the template.`,
  );
}

/** Whether a soft prompt stands in front of all tokens, where a causal model lets it see none of them. */
function isInFront({ promptRows, promptStart }: RowLayout): boolean {
  return promptRows > 0 && promptStart === 0;
}

/** Shapes that the graph reads; a task may leave the pooler or the language-model head aside. */
export function usedIn(graph: Graph, shapes: readonly ParameterShape[]): ParameterShape[] {
  const names = new Set(graph.nodes.flatMap(operandsOf).flatMap(({ parameter }) => parameter?.name ?? []));
  return shapes.filter(({ name }) => names.has(name));
}

/** How many labels the sequences have together; −1 is none. */
export function labelCount(sequences: readonly EncodedSequence[]): number {
  return sequences.reduce((sum, { labels }) => sum + labels.filter((label) => label >= 0).length, 0);
}

/** What the labels weigh: 1/N each, 1 each, or there are none. */
type Weighing = "mean" | "sum" | "none";

/** Labels end to end; a missing one weighs nothing. */
function targetsOf(
  sequences: readonly EncodedSequence[],
  { targets }: BoundTask,
  weighing: Weighing,
): PackedTargets | undefined {
  if (weighing === "none") return undefined;
  const labels = sequences.flatMap((sequence) => [...sequence.labels]);
  const weight = weighing === "sum" ? 1 : 1 / Math.max(1, labelCount(sequences));
  return {
    space: targets,
    labels: Int32Array.from(labels, (label) => Math.max(label, 0)),
    weights: Float32Array.from(labels, (label) => (label < 0 ? 0 : weight)),
  };
}

/** The group of one of the model's own weights; undefined when the method leaves it frozen. */
function weightGroup(method: BoundMethod, name: string): string | undefined {
  return method.trainsWeight(weightPlaceOf(name)) ? groups.model : undefined;
}

interface GraphParts {
  readonly model: LoadedModel;
  readonly method: BoundMethod;
  readonly head: TaskHead;
  readonly output: EvaluationOutput | "objective";
  readonly hasTrunk: boolean;
}

function buildGraph({ model, method, head, output, hasTrunk }: GraphParts): Graph {
  const builder = new Builder();
  const sequences = builder.rowSpace(spaces.sequences);
  const rows = {
    tokens: builder.segments(builder.rowSpace(spaces.tokens), sequences),
    needed: builder.segments(builder.rowSpace(spaces.needed), sequences),
    ...(hasTrunk ? { trunk: promptTrunk(builder, method.layout.promptRows) } : {}),
  };
  const outputs = model.family.forward(builder, {
    rows,
    hooks: method.hooks(builder, output === "objective"),
    weightGroup: (name) => weightGroup(method, name),
  });
  if (output === "vocabulary") {
    const words = head.vocabulary?.(builder, outputs);
    if (words === undefined) throw new Error("This head predicts no words.");
    builder.output("logits", words);
    return builder.finish();
  }
  const logits = head.logits(builder, outputs);
  if (output === "objective") builder.objective(head.objective(builder, logits, rows));
  else builder.output("logits", head.readout?.build(builder, logits, rows) ?? logits);
  return builder.finish();
}

/** Start values of everything trained: the method's own initialiser, N(0, 0.02²) for the head, the file's weights. */
export function initialValues(
  model: LoadedModel,
  setup: RunSetup,
  seed: number,
  activations?: KeysAndValues,
): Map<string, Float32Array> {
  const { dimensions, wordEmbeddings } = model.family;
  const table = model.weights.get(wordEmbeddings);
  if (table === undefined) throw new Error(`The model has no word embeddings "${wordEmbeddings}".`);
  const values = setup.method.initialise({
    dimensions,
    random: randomStream(seed, "prompt"),
    wordEmbedding: (id) => table.slice(id * dimensions.width, (id + 1) * dimensions.width),
    encodeText: (text) => model.tokenizer.pieces(text).map(({ id }) => id),
    labels: setup.labels,
    ...(activations === undefined ? {} : { activations }),
  });
  for (const { name, rows, width, group } of setup.trained) {
    if (group !== groups.head) continue;
    const scale = name.endsWith(".bias") ? 0 : headScale;
    values.set(name, normalValues(randomStream(seed, "head", name), rows * width, scale));
  }
  for (const { name, group } of setup.trained) {
    const weights = model.weights.get(name);
    if (group === groups.model && weights !== undefined) values.set(name, weights);
  }
  return values;
}

/** Optimizer settings of the groups: weight decay on all, one learning rate. A head that waits for turns counts its own updates. */
export function groupSettings(experiment: Experiment, headUpdate?: number): Record<string, GroupSettings> {
  const settings = { learningRateScale: 1, weightDecay: experiment.training.weightDecay, active: true };
  const head = headUpdate === undefined ? settings : { ...settings, update: headUpdate };
  return { [groups.prompt]: settings, [groups.head]: head, [groups.model]: settings };
}
