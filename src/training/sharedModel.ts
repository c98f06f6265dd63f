/**
 * The graph in which several prompts answer one batch on one frozen model (Lester et al. 2021, section 1): deep prompts stand
 * in one tensor of prompt sets and each sequence names its set; soft prompts stand in one table of slots. Every adapter has
 * its own head, and a sequence reads the logits of its own. Deep prompts share a graph when they are as long and stand in
 * the same layers, so that no gate or padding enters; soft prompts and bare heads always do.
 */
import { Builder } from "../engine/graph/builder.ts";
import type { ParameterShape, StepValues } from "../engine/executor.ts";
import type { Graph } from "../engine/graph/graph.ts";
import type { RowCounts } from "../engine/graph/tensor.ts";
import { SettingsError } from "../lib/errors.ts";
import { bindMethod } from "../methods/index.ts";
import type { BoundMethod } from "../methods/method.ts";
import type { FamilyHooks } from "../models/family.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { packSequences, spaces } from "../models/packing.ts";
import { weightPlaceOf } from "../models/weightPlace.schema.ts";
import { bindTask } from "../tasks/index.ts";
import type { BoundTask, EncodedSequence, TaskHead } from "../tasks/task.ts";
import type { Adapter } from "./adapter.ts";
import { usedIn } from "./setup.ts";

/** One adapter with what it adds to a shared graph. */
export interface Member {
  readonly adapter: Adapter;
  /** Its number among all adapters, which names its tensors. */
  readonly place: number;
  readonly method: BoundMethod;
  readonly task: BoundTask;
  readonly head: TaskHead;
  /** Virtual tokens as they enter the model, the network behind them evaluated. */
  readonly prompt: Float32Array;
}

/** A sequence and the member of its group that answers it. */
export interface OwnedSequence {
  readonly member: number;
  readonly sequence: EncodedSequence;
}

/** Adapters that share one graph. */
export interface SharedGraph {
  readonly members: readonly Member[];
  readonly graph: Graph;
  readonly shapes: readonly ParameterShape[];
  /** Prompts and heads, and the frozen weights that heads bring along. */
  readonly values: ReadonlyMap<string, Float32Array>;
  capacities(sequences: number, longest: number): RowCounts;
  pack(sequences: readonly OwnedSequence[]): StepValues;
}

/** @throws SettingsError when an adapter changes the model itself, so that there would be no common frozen copy. */
export function memberOf(adapter: Adapter, place: number, model: LoadedModel): Member {
  const { experiment, labels, tensors } = adapter;
  const { kind } = experiment.method;
  if (experiment.task.kind === "causal-lm") {
    throw new SettingsError("Texts are continued by one adapter at a time. Ask for this adapter alone.");
  }
  const method = bindMethod(experiment.method, model.family.dimensions);
  const isPrompt = method.promptedLayers.length > 0;
  const changesModel = model.family.weights.some(({ name }) => method.trainsWeight(weightPlaceOf(name)));
  if (changesModel || (!isPrompt && method.tensors.length > 0)) {
    throw new SettingsError(
      `${kind} changes the model's layers, so it cannot answer beside others on one frozen copy. Prompts and heads can; ask for this adapter alone.`,
    );
  }
  const task = bindTask(experiment.task, model);
  const trained = new Map(tensors.map(({ name, values }) => [name, values]));
  const prompt = method.virtualTokens(trained);
  return { adapter, place, method, task, head: task.head(labels, headPrefix(place)), prompt };
}

/** Members by what has to be equal within a graph. */
export function groupsOf(members: readonly Member[]): Member[][] {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const { layout, promptedLayers } = member.method;
    const isDeep = promptedLayers.some((layer) => layer >= 0);
    const key = isDeep ? `${layout.positionOffset} slots in layers ${promptedLayers.join(",")}` : "rows";
    groups.set(key, [...(groups.get(key) ?? []), member]);
  }
  return [...groups.values()];
}

/** The graph of one group, its tensors named by the group's number. */
export function shareGraph(members: readonly Member[], group: number, model: LoadedModel): SharedGraph {
  const { family } = model;
  const builder = new Builder();
  const sequences = builder.rowSpace(spaces.sequences);
  const rows = {
    tokens: builder.segments(builder.rowSpace(spaces.tokens), sequences),
    needed: builder.segments(builder.rowSpace(spaces.needed), sequences),
  };
  const table = promptTable(members, `shared prompts ${group}`);
  const outputs = family.forward(builder, {
    rows,
    hooks: hooksOf(builder, members, table.shape, family.dimensions.width),
  });
  for (const [index, { head }] of members.entries()) builder.output(outputName(index), head.logits(builder, outputs));
  const graph = builder.finish();
  const heads = members.flatMap(({ head }) => head.shapes);
  const known = [...family.weights, ...family.languageModelWeights, ...(table.shape ? [table.shape] : []), ...heads];
  const layouts = members.map(({ method }, index) => ({ ...method.layout, firstSlot: table.firstSlots[index] ?? 0 }));
  const indices = Object.assign({}, ...members.map(({ head }) => head.indices ?? {}));
  return {
    members,
    graph,
    shapes: usedIn(graph, known).map(({ name, rows: count, width }) => ({ name, rows: count, width })),
    values: new Map([...table.values, ...members.flatMap(headValues)]),
    capacities: (count, longest) => ({
      [spaces.tokens]: count * (longest + Math.max(...layouts.map(({ promptRows }) => promptRows))),
      [spaces.needed]: count * Math.max(...members.map(({ task }) => task.neededRows(longest))),
      [spaces.sequences]: count,
    }),
    pack(owned) {
      const own = owned.map(({ member }) => layouts[member] ?? layoutMissing(member));
      const packed = packSequences(
        owned.map(({ sequence }) => sequence),
        own,
      );
      // A graph without soft prompts has no such input; one with them has it even when no sequence uses it.
      const slots = new Int32Array(packed.counts[spaces.tokens] ?? 0).fill(-1);
      const set = Int32Array.from(owned, ({ member }) => member);
      return { ...packed, indices: { "tokens.slot": slots, ...packed.indices, ...indices, [setInput]: set } };
    },
  };
}

/** Logits [needed, C] of one member. */
export function outputName(member: number): string {
  return `logits of adapter ${member}`;
}

const setInput = `${spaces.sequences}.set`;

function headPrefix(place: number): string {
  return `adapter ${place}.`;
}

function layoutMissing(member: number): never {
  throw new Error(`The group has no adapter ${member}.`);
}

/** Trained tensors of a head under its prefix, and what it is given. */
function headValues({ adapter, place, head }: Member): [string, Float32Array][] {
  const prefix = headPrefix(place);
  const own = new Map(adapter.tensors.map(({ name, values }) => [prefix + name, values]));
  const trained = head.shapes.flatMap(({ name }): [string, Float32Array][] => {
    const values = own.get(name);
    return values === undefined ? [] : [[name, values]];
  });
  return [...head.given, ...trained];
}

interface PromptTable {
  readonly shape: ParameterShape | undefined;
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly firstSlots: readonly number[];
}

/** All members' virtual tokens end to end: [S·P, n·2·D] of deep prompts, [ΣP, D] of soft ones. */
function promptTable(members: readonly Member[], name: string): PromptTable {
  const lengths = members.map(({ method }) => Math.max(method.layout.positionOffset, method.layout.promptRows));
  const slots = members.map(({ adapter }, index) => lengths[index] || templateSlots(adapter));
  const rows = slots.reduce((sum, count) => sum + count, 0);
  let next = 0;
  const firstSlots = slots.map((count) => (next += count) - count);
  if (rows === 0) return { shape: undefined, values: new Map(), firstSlots };
  const parts = members.map(({ prompt }) => prompt);
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { shape: { name, rows, width: values.length / rows }, values: new Map([[name, values]]), firstSlots };
}

/** Slots that stand among the words of a template have no rows of their own in the layout. */
function templateSlots({ experiment: { method } }: Adapter): number {
  return "promptLength" in method ? method.promptLength : 0;
}

function hooksOf(
  builder: Builder,
  [first]: readonly Member[],
  shape: ParameterShape | undefined,
  width: number,
): FamilyHooks {
  if (shape === undefined || first === undefined) return {};
  const { promptedLayers, layout } = first.method;
  const tensor = builder.parameter(shape);
  if (layout.positionOffset === 0) {
    const space = builder.rowSpace(spaces.tokens);
    return { inputPrompt: { table: tensor, index: builder.index(`${spaces.tokens}.slot`, space) } };
  }
  const set = builder.index(setInput, builder.rowSpace(spaces.sequences));
  return {
    layerPrompt(layer) {
      const place = promptedLayers.indexOf(layer);
      if (place < 0) return undefined;
      const keyColumn = place * 2 * width;
      return { tensor, length: layout.positionOffset, keyColumn, valueColumn: keyColumn + width, set };
    },
  };
}
