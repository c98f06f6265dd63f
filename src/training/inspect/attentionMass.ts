/**
 * How much attention the rows of a text pay to the virtual tokens, layer by layer and head by head. Training stores no
 * probabilities; here queries and keys are read from an evaluation and the softmax is done again in 64 bits.
 */
import type { Executor, StepValues } from "../../engine/executor.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import type { AttentionNode } from "../../engine/graph/operations/attention.ts";
import type { Experiment } from "../../config/experiment.ts";
import { promptLengthOf } from "../../methods/index.schema.ts";
import type { TrainedValues } from "../../methods/method.ts";
import type { LoadedModel } from "../../models/loadModel.ts";
import { spaces } from "../../models/packing.ts";
import type { EncodedSequence } from "../../tasks/task.ts";
import { openEvaluation } from "../openEvaluation.ts";
import { setUpRun } from "../setup.ts";
import { withPromptAmongTokens } from "./switchedOff.ts";
import { norm } from "./wordRanking.ts";

export interface LayerAttention {
  /** From 1 at the bottom. */
  readonly layer: number;
  /** Share of each head's attention that goes to the slots, mean over the rows of the texts. */
  readonly heads: readonly number[];
  /** Share that goes to each slot, mean over rows and heads. */
  readonly slots: readonly number[];
  /** Mean norm of the keys and of the values of the texts' rows, over all heads. */
  readonly textKeys: number;
  readonly textValues: number;
}

export interface AttentionMass {
  /** Layers whose rows can attend to slots, bottom first. In the last one only those rows ask whose output is read. */
  readonly layers: readonly LayerAttention[];
  /** Texts and their tokens. */
  readonly sequences: number;
  readonly tokens: number;
  /** Share the slots would get if a row attended to all it sees alike, mean over the texts. */
  readonly even: number;
}

export interface AttentionOptions {
  readonly experiment: Experiment;
  readonly model: LoadedModel;
  readonly labels: readonly string[];
  readonly values: TrainedValues;
  readonly executor: Executor;
  readonly sequences: readonly EncodedSequence[];
}

/** Most texts that one inspection looks at. */
const mostSequences = 32;

/** Looks at the first sequences, as many as one evaluation takes. @throws when the method has no virtual tokens. */
export async function attentionMass(options: AttentionOptions): Promise<AttentionMass> {
  const { experiment, model, labels, executor, values } = options;
  const slots = promptLengthOf(experiment.method);
  if (slots === 0)
    throw new Error(`There is no prompt to attend to: ${experiment.method.kind} adds no virtual tokens.`);
  const setup = setUpRun(withPromptAmongTokens(experiment), model, labels);
  const sequences = options.sequences.slice(0, Math.min(mostSequences, setup.evaluationChunk));
  const nodes = attentionNodes(setup.evaluationGraph);
  const captured = { ...setup, evaluationGraph: withCaptures(setup.evaluationGraph, nodes) };
  const longest = Math.max(...sequences.map(({ encoding }) => encoding.ids.length));
  const { plan, dispose } = await openEvaluation({ executor, setup: captured, values, longest });
  try {
    const step = setup.pack(sequences, false);
    const outputs = await plan.run(step);
    const prompt = setup.method.promptedLayers.includes(-1) ? undefined : setup.method.virtualTokens(values);
    const layers = nodes.flatMap((node, layer): LayerAttention[] => {
      if (prompt !== undefined && node.attributes.promptLength === 0) return [];
      const read = (operand: Captured): Float32Array => outputs.get(outputName(operand, layer)) ?? new Float32Array();
      const rows = { q: read("q"), k: read("k"), v: read("v") };
      return [{ layer: layer + 1, ...layerAttention({ node, step, rows, prompt, slots }) }];
    });
    return { layers, sequences: sequences.length, ...evenShare(sequences, slots) };
  } finally {
    dispose();
  }
}

type Captured = "q" | "k" | "v";

function outputName(operand: Captured, layer: number): string {
  return `${operand} of layer ${layer}`;
}

function attentionNodes({ nodes }: Graph): AttentionNode[] {
  return nodes.flatMap((node) => (node.op === "attention" ? [node] : []));
}

function withCaptures(graph: Graph, nodes: readonly AttentionNode[]): Graph {
  const operands = nodes.flatMap(({ inputs }, layer) =>
    (["q", "k", "v"] as const).map((operand) => [outputName(operand, layer), inputs[operand]] as const),
  );
  return { ...graph, outputs: new Map([...graph.outputs, ...operands]) };
}

function evenShare(sequences: readonly EncodedSequence[], slots: number): { tokens: number; even: number } {
  const lengths = sequences.map(({ encoding }) => encoding.ids.filter((id) => id >= 0).length);
  return {
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    even: lengths.reduce((sum, length) => sum + slots / (slots + length), 0) / lengths.length,
  };
}

interface Layer {
  readonly node: AttentionNode;
  readonly step: StepValues;
  readonly rows: Readonly<Record<Captured, Float32Array>>;
  /** A deep prompt's rows with the keys of all layers; absent where slots are rows among the tokens. */
  readonly prompt: Float32Array | undefined;
  readonly slots: number;
}

function layerAttention(layer: Layer): Omit<LayerAttention, "layer"> {
  const { node, step, slots } = layer;
  const { heads } = node.attributes;
  const perHead = new Float64Array(heads);
  const perSlot = new Float64Array(slots);
  const isLast = node.inputs.q.rows !== node.inputs.k.rows;
  const asking = step.indices[`${isLast ? spaces.needed : spaces.tokens}.sequence`] ?? new Int32Array();
  let rows = 0;
  for (const row of asking.keys()) {
    const token = isLast ? (step.indices[`${spaces.needed}.row`]?.[row] ?? 0) : row;
    // Slots ask as well; here only the text's own rows count, and whatever row a head reads.
    if (!isLast && slotOf(step, token) >= 0) continue;
    rows++;
    for (let head = 0; head < heads; head++) {
      const shares = slotShares(layer, row, asking[row] ?? 0, head);
      for (const [slot, share] of shares.entries()) {
        perHead[head] = (perHead[head] ?? 0) + share;
        perSlot[slot] = (perSlot[slot] ?? 0) + share / heads;
      }
    }
  }
  return {
    heads: Array.from(perHead, (sum) => sum / rows),
    slots: Array.from(perSlot, (sum) => sum / rows),
    textKeys: meanNorm(layer, "k"),
    textValues: meanNorm(layer, "v"),
  };
}

function slotOf(step: StepValues, token: number): number {
  return step.indices[`${spaces.tokens}.slot`]?.[token] ?? -1;
}

/** Softmax over slots and visible keys of one query row and head; what each slot gets. */
function slotShares(layer: Layer, row: number, sequence: number, head: number): number[] {
  const places = scoresOf(layer, row, sequence, head);
  const largest = Math.max(...places.map(({ score }) => score));
  const shares = new Array<number>(layer.slots).fill(0);
  let total = 0;
  for (const { slot, score } of places) {
    const power = Math.exp(score - largest);
    total += power;
    if (slot >= 0) shares[slot] = (shares[slot] ?? 0) + power;
  }
  return shares.map((power) => power / total);
}

/** Scaled products of one query with everything it sees; the slot of each, −1 for the text. */
function scoresOf(
  layer: Layer,
  row: number,
  sequence: number,
  head: number,
): { readonly slot: number; readonly score: number }[] {
  const { node, step, rows, prompt } = layer;
  const { heads, keyValueHeads, headWidth, scale, keyColumn, promptLength, first } = node.attributes;
  const query = row * node.inputs.q.width + first.q + head * headWidth;
  const column = Math.floor((head * keyValueHeads) / heads) * headWidth;
  const score = (keys: Float32Array, start: number): number => {
    let sum = 0;
    for (let c = 0; c < headWidth; c++) sum += (rows.q[query + c] ?? 0) * (keys[start + c] ?? 0);
    return sum * scale;
  };
  const promptWidth = node.inputs.prompt?.width ?? 0;
  const places: { readonly slot: number; readonly score: number }[] = [];
  for (let slot = 0; prompt !== undefined && slot < promptLength; slot++) {
    places.push({ slot, score: score(prompt, slot * promptWidth + keyColumn + column) });
  }
  const [start, end] = visibleKeys(layer, row, sequence);
  for (let key = start; key < end; key++) {
    places.push({ slot: slotOf(step, key), score: score(rows.k, key * node.inputs.k.width + first.k + column) });
  }
  return places;
}

/** Rows of the keys that a query sees, end exclusive; a causal one sees none behind its own place from the end. */
function visibleKeys({ node, step }: Layer, row: number, sequence: number): [number, number] {
  const at = (name: string, place: number): number => step.indices[name]?.[place] ?? 0;
  const { queryOffsets, keyOffsets } = node.indices;
  const [start, end] = [at(keyOffsets.name, sequence), at(keyOffsets.name, sequence + 1)];
  if (!node.attributes.causal) return [start, end];
  const behind = at(queryOffsets.name, sequence + 1) - row;
  return [start, Math.max(start, end - behind + 1)];
}

/** Over the rows of the texts, slots left out. */
function meanNorm({ node, step, rows }: Layer, operand: "k" | "v"): number {
  const { keyValueHeads, headWidth, first } = node.attributes;
  const { width } = node.inputs[operand];
  let [sum, count] = [0, 0];
  for (let row = 0; row < rows[operand].length / width; row++) {
    if (slotOf(step, row) >= 0) continue;
    const start = row * width + first[operand];
    sum += norm(rows[operand].subarray(start, start + keyValueHeads * headWidth));
    count++;
  }
  return sum / count;
}
