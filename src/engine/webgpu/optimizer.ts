/**
 * The end of a training step: gradient norm, statistics and AdamW as dispatches, and their settings as words in the step
 * buffer. Bias corrections are computed here in f64; the shaders only multiply.
 */
import type { UpdateSettings } from "../executor.ts";
import type { Objective } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { ALIGNED_FLOATS, BufferUsage } from "./constants.ts";
import { dispatch, read, stepInputs, type Access, type Binding, type Dispatch } from "./dispatch.ts";
import { kernels } from "./kernels/index.ts";
import type { WebGpuParameters } from "./parameters.ts";
import type { Chunk } from "./placement.ts";
import type { Runtime } from "./runtime.ts";

const FLOATS_PER_PARTIAL = 4096;
const NO_GROUP = 0xffff_ffff;
const GLOBAL_WORDS = 9;
const GROUP_WORDS = 4;

/** Steps whose statistics are kept until they are read. */
export const RING_SLOTS = 16_384;
export const RING_FLOATS = 4;

/** Which update a packed step is part of, and which part of it. */
export interface UpdateStep {
  readonly settings: UpdateSettings;
  /** Number of the update, from 1. */
  readonly update: number;
  readonly ringSlot: number;
  /** First and last of the step's micro-batches. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** What an optimizer takes beside the parameters, for trained values of so many bytes. */
export function optimizerBytes(trainedBytes: number, accumulate: boolean): number {
  const floats = trainedBytes / 4;
  const partials = 8 * Math.ceil(floats / FLOATS_PER_PARTIAL);
  return RING_SLOTS * RING_FLOATS * 4 + (floats / ALIGNED_FLOATS) * 4 + partials + (accumulate ? trainedBytes : 0);
}

export class Optimizer {
  readonly dispatches: readonly Dispatch[];
  /** How many dispatches at the end only the last micro-batch runs. */
  readonly updates: number;
  /** Per slot: loss, correct, gradient norm, skipped. */
  readonly ring: GPUBuffer;
  readonly #groups: readonly string[];
  readonly #runtime: Runtime;
  readonly #buffers: readonly GPUBuffer[];

  /** `accumulate` makes room for the sum of several micro-batches' gradients. */
  constructor(
    runtime: Runtime,
    parameters: WebGpuParameters,
    trained: readonly Tensor[],
    { objective, accumulate }: { objective: Objective; accumulate: boolean },
  ) {
    const { STORAGE, COPY_SRC } = BufferUsage;
    this.#runtime = runtime;
    this.#groups = [...new Set(trained.map(groupOf))];
    const chunks = parameters.chunks.filter((chunk) => trained.some((tensor) => chunkOf(parameters, tensor) === chunk));
    const counts = chunks.map((chunk) => Math.ceil(chunk.floats / FLOATS_PER_PARTIAL));
    const partialCount = counts.reduce((sum, count) => sum + count, 0);
    const tables = chunks.map((chunk) => this.#groupTable(parameters, chunk, trained));
    const partials = runtime.memory.create("gradient norm partials", partialCount * 8, STORAGE);
    const control = runtime.memory.create("update control", 16, STORAGE);
    this.ring = runtime.memory.create("statistics ring", RING_SLOTS * RING_FLOATS * 4, STORAGE | COPY_SRC);
    const sums = accumulate
      ? chunks.map(({ floats }, i) => runtime.memory.create(`gradient sums ${i}`, floats * 4, STORAGE, "trained"))
      : [];
    this.#buffers = [...tables, partials, control, this.ring, ...sums];
    this.updates = chunks.length;
    const firsts = counts.map((_, i) => counts.slice(0, i).reduce((sum, count) => sum + 2 * count, 0));
    this.dispatches = [
      ...sums.map((sum, i) => accumulateDispatch(chunks[i], sum)),
      ...chunks.map((chunk, i) => normDispatch(chunk, tables[i] ?? control, partials, firsts[i] ?? 0)),
      statisticsDispatch(objective, partialCount, partials, control, this.ring),
      ...chunks.map((chunk, i) => updateDispatch(chunk, tables[i] ?? control, control)),
    ];
  }

  get settingsWords(): number {
    return GLOBAL_WORDS + GROUP_WORDS * this.#groups.length;
  }

  /** Writes the settings of update number `update` (from 1) into the step's words. @throws when a group is missing. */
  pack(
    words: Int32Array,
    floats: Float32Array,
    at: number,
    { settings, update, ringSlot, isFirst, isLast }: UpdateStep,
  ): void {
    const { learningRate, beta1, beta2, epsilon, clipNorm, groups } = settings;
    floats.set([beta1, 1 - beta1, beta2, 1 - beta2, epsilon, clipNorm], at);
    words.set([ringSlot, isFirst ? 1 : 0, isLast ? 1 : 0], at + 6);
    for (const [i, name] of this.#groups.entries()) {
      const group = groups[name];
      if (group === undefined) throw new Error(`The update has no settings for the optimizer group "${name}".`);
      const own = at + GLOBAL_WORDS + GROUP_WORDS * i;
      const rate = learningRate * group.learningRateScale;
      floats[own] = 1 - rate * group.weightDecay;
      floats[own + 1] = rate / (1 - beta1 ** (group.update ?? update));
      words[own + 2] = group.active ? 1 : 0;
      floats[own + 3] = Math.sqrt(1 - beta2 ** (group.update ?? update));
    }
  }

  dispose(): void {
    for (const buffer of this.#buffers) this.#runtime.memory.release(buffer);
  }

  /** The group of each 64 floats of a chunk, which no two tensors share. */
  #groupTable(parameters: WebGpuParameters, chunk: Chunk, trained: readonly Tensor[]): GPUBuffer {
    const { STORAGE, COPY_DST } = BufferUsage;
    const table = new Uint32Array(chunk.floats / ALIGNED_FLOATS).fill(NO_GROUP);
    for (const tensor of trained) {
      const place = parameters.trained.get(tensor.label);
      if (place?.chunk !== chunk) continue;
      const first = place.offset / 4 / ALIGNED_FLOATS;
      table.fill(this.#groups.indexOf(groupOf(tensor)), first, first + Math.ceil(place.size / 4 / ALIGNED_FLOATS));
    }
    const buffer = this.#runtime.memory.create("optimizer groups", table.byteLength, STORAGE | COPY_DST);
    this.#runtime.device.gpu.queue.writeBuffer(buffer, 0, table);
    return buffer;
  }
}

function groupOf(tensor: Tensor): string {
  const group = tensor.parameter?.group;
  if (group === undefined) throw new Error(`"${tensor.label}" is not trained.`);
  return group;
}

function chunkOf(parameters: WebGpuParameters, tensor: Tensor): Chunk | undefined {
  return parameters.trained.get(tensor.label)?.chunk;
}

function range(access: Access, buffer: GPUBuffer): Binding {
  return { kind: "range", access, range: { buffer, offset: 0, size: buffer.size } };
}

function accumulateDispatch(chunk: Chunk | undefined, sums: GPUBuffer): Dispatch {
  if (chunk === undefined) throw new Error("Every sum of gradients belongs to a chunk.");
  return dispatch({
    label: "gradient sum",
    kernel: kernels.accumulateGradients,
    uniforms: { floats: chunk.floats, settings: { kind: "settings" } },
    bindings: [stepInputs, range("write", chunk.gradients), range("write", sums)],
    groups: [{ counts: [chunk.floats], per: 64 }],
    flops: chunk.floats,
  });
}

function normDispatch(chunk: Chunk, table: GPUBuffer, partials: GPUBuffer, firstPartial: number): Dispatch {
  return dispatch({
    label: "gradient norm",
    kernel: kernels.gradientNorm,
    uniforms: { floats: chunk.floats, settings: { kind: "settings" }, firstPartial },
    bindings: [stepInputs, range("read", table), range("read", chunk.gradients), range("write", partials)],
    groups: [{ counts: [chunk.floats], per: FLOATS_PER_PARTIAL }],
    flops: 2 * chunk.floats,
  });
}

function statisticsDispatch(
  { loss, correct }: Objective,
  partialCount: number,
  partials: GPUBuffer,
  control: GPUBuffer,
  ring: GPUBuffer,
): Dispatch {
  return dispatch({
    label: "statistics",
    kernel: kernels.statistics,
    uniforms: { rows: loss.rows, partialCount, settings: { kind: "settings" } },
    bindings: [
      stepInputs,
      read(loss),
      read(correct),
      range("read", partials),
      range("write", control),
      range("write", ring),
    ],
    groups: [],
  });
}

function updateDispatch(chunk: Chunk, table: GPUBuffer, control: GPUBuffer): Dispatch {
  return dispatch({
    label: "AdamW",
    kernel: kernels.adamw,
    uniforms: { floats: chunk.floats, settings: { kind: "settings" } },
    bindings: [
      stepInputs,
      range("read", control),
      range("read", table),
      range("read", chunk.gradients),
      range("write", chunk.values),
      range("write", chunk.firstMoments),
      range("write", chunk.secondMoments),
    ],
    groups: [{ counts: [chunk.floats], per: 64 }],
    flops: 12 * chunk.floats,
  });
}
