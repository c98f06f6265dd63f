/**
 * Dispatches bound to buffers and ready to run: pipelines, bind groups, uniform blocks and the packed step buffer are made
 * once; a step patches row counts, writes one buffer and encodes the dispatches.
 */
import { OutOfDeviceMemoryError, type StepValues } from "../executor.ts";
import type { RowCounts, Tensor } from "../graph/tensor.ts";
import { ABSENT, BufferUsage, MAX_GROUPS } from "./constants.ts";
import type { Binding, BufferRange, Count, Dispatch, UniformValue } from "./dispatch.ts";
import type { Runtime } from "./runtime.ts";
import { RowTable } from "./rowTable.ts";
import { StepLayout } from "./stepLayout.ts";

export interface ProgramRequest {
  readonly label: string;
  readonly dispatches: readonly Dispatch[];
  readonly capacities: RowCounts;
  /** Where a tensor lies. */
  readonly resolve: (tensor: Tensor) => BufferRange;
  /** Words of optimizer settings in the step buffer. */
  readonly settingsWords: number;
}

interface BoundFactor {
  readonly slots: readonly number[];
  readonly plus: readonly number[] | undefined;
  readonly per: number;
}

interface BoundDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  readonly factors: readonly BoundFactor[];
}

/** Uniform words that follow a row count. */
interface Patch {
  readonly word: number;
  readonly slot: number;
}

export class Program {
  readonly #device: GPUDevice;
  readonly #buffer: GPUBuffer;
  readonly #bound: readonly BoundDispatch[];
  readonly #patches: readonly Patch[];
  readonly #rows: RowTable;
  readonly #layout: StepLayout;
  readonly #pass: GPUComputePassDescriptor;
  /** First word of the optimizer's settings in `floats` and `words`. */
  readonly settings: number;

  constructor(
    device: GPUDevice,
    buffer: GPUBuffer,
    bound: readonly BoundDispatch[],
    blocks: { patches: readonly Patch[]; rows: RowTable; layout: StepLayout; settings: number },
    label: string,
  ) {
    this.#device = device;
    this.#buffer = buffer;
    this.#bound = bound;
    this.#patches = blocks.patches;
    this.#rows = blocks.rows;
    this.#layout = blocks.layout;
    this.settings = blocks.settings;
    this.#pass = { label };
  }

  get length(): number {
    return this.#bound.length;
  }

  get stepBuffer(): GPUBuffer {
    return this.#buffer;
  }

  get words(): Int32Array {
    return this.#layout.words;
  }

  get floats(): Float32Array {
    return this.#layout.floats;
  }

  /** Checks and packs a step's inputs on the host. */
  pack(values: StepValues): void {
    this.#rows.update(values.counts);
    for (const { word, slot } of this.#patches) this.#layout.words[word] = this.#rows.values[slot] ?? 0;
    this.#layout.pack(values);
  }

  /** Sends what was packed. */
  upload(): void {
    this.#device.queue.writeBuffer(this.#buffer, 0, this.#layout.words);
  }

  /** Encodes the dispatches from `start` up to `end` as one compute pass. */
  encode(encoder: GPUCommandEncoder, start = 0, end = this.#bound.length): void {
    const pass = encoder.beginComputePass(this.#pass);
    let pipeline: GPUComputePipeline | undefined;
    for (let i = start; i < end; i++) {
      const dispatch = this.#bound[i];
      const groups = dispatch === undefined ? 0 : this.#groups(dispatch.factors);
      if (dispatch === undefined || groups === 0) continue;
      if (dispatch.pipeline !== pipeline) pass.setPipeline(dispatch.pipeline);
      pipeline = dispatch.pipeline;
      pass.setBindGroup(0, dispatch.bindings);
      const columns = Math.min(groups, MAX_GROUPS);
      pass.dispatchWorkgroups(columns, Math.ceil(groups / columns));
    }
    pass.end();
  }

  #groups(factors: readonly BoundFactor[]): number {
    let groups = 1;
    for (const { slots, plus, per } of factors) {
      const count = this.#product(slots) + (plus === undefined ? 0 : this.#product(plus));
      groups *= Math.ceil(count / per);
    }
    return groups;
  }

  #product(slots: readonly number[]): number {
    let count = 1;
    for (const slot of slots) count *= this.#rows.values[slot] ?? 0;
    return count;
  }
}

/** Compiles all pipelines in parallel and binds every dispatch. */
export async function buildProgram(
  runtime: Pick<Runtime, "device" | "memory" | "pipelines">,
  request: ProgramRequest,
): Promise<Program> {
  const { label, dispatches, capacities, settingsWords } = request;
  const kernels = await Promise.all(dispatches.map((dispatch) => runtime.pipelines.compile(dispatch)));
  const rows = new RowTable(capacities);
  const layout = new StepLayout(capacities);
  const blocks = dispatches.map((dispatch) => layout.reserve(Object.keys(dispatch.uniforms).length));
  const settings = layout.reserve(settingsWords);
  const linker = new Linker(rows, layout, request.resolve, { settings, bindingBytes: runtime.device.bindingBytes });
  for (const dispatch of dispatches) linker.checkRanges(dispatch);
  const words = dispatches.map((dispatch) => linker.uniformWords(dispatch));
  layout.seal();
  const patches = fillUniforms(layout, blocks, words);
  const { STORAGE, UNIFORM, COPY_DST } = BufferUsage;
  const buffer = runtime.memory.create(`${label}: step`, layout.bytes, STORAGE | UNIFORM | COPY_DST);
  const bound = dispatches.map((dispatch, i) => {
    const { pipeline, layout: bindLayout } = kernels[i] ?? fail("A dispatch has no kernel.");
    const block = { buffer, offset: (blocks[i] ?? 0) * 4, size: blockBytes(dispatch) };
    const ranges = [block, ...dispatch.bindings.map((binding) => linker.range(binding, buffer))];
    const entries = ranges.map((resource, binding) => ({ binding, resource }));
    const bindings = runtime.device.gpu.createBindGroup({ label: dispatch.label, layout: bindLayout, entries });
    return { pipeline, bindings, factors: linker.factors(dispatch) };
  });
  return new Program(runtime.device.gpu, buffer, bound, { patches, rows, layout, settings }, label);
}

/** A uniform word that is known now, or the slot of the row count it follows. */
type UniformWord = { readonly bits: number } | { readonly slot: number };

/** Turns symbolic uniforms, bindings and factors into numbers and buffers. */
class Linker {
  readonly #rows: RowTable;
  readonly #layout: StepLayout;
  readonly #resolve: (tensor: Tensor) => BufferRange;
  readonly #settings: number;
  readonly #bindingBytes: number;

  constructor(
    rows: RowTable,
    layout: StepLayout,
    resolve: (tensor: Tensor) => BufferRange,
    { settings, bindingBytes }: { readonly settings: number; readonly bindingBytes: number },
  ) {
    this.#rows = rows;
    this.#layout = layout;
    this.#resolve = resolve;
    this.#settings = settings;
    this.#bindingBytes = bindingBytes;
  }

  uniformWords(dispatch: Dispatch): UniformWord[] {
    return Object.values(dispatch.uniforms).map((value) => this.#uniformWord(value, dispatch));
  }

  range(binding: Binding, stepBuffer: GPUBuffer): GPUBufferBinding {
    switch (binding.kind) {
      case "inputs":
        return { buffer: stepBuffer };
      case "range":
        return binding.range;
      case "tensors":
        return spanOf(binding.tensors.map(this.#resolve), binding.tensors);
      default:
        return binding satisfies never;
    }
  }

  /** @throws OutOfDeviceMemoryError when a binding covers more than the device can bind, however much memory it has */
  checkRanges({ bindings }: Dispatch): void {
    for (const binding of bindings) {
      if (binding.kind !== "tensors") continue;
      const { size } = spanOf(binding.tensors.map(this.#resolve), binding.tensors);
      if (size <= this.#bindingBytes) continue;
      const labels = binding.tensors.map(({ label }) => label).join('", "');
      throw new OutOfDeviceMemoryError(
        `"${labels}" takes ${size} bytes; this device binds at most ${this.#bindingBytes} at once. Compute fewer examples at once or use shorter texts.`,
      );
    }
  }

  factors(dispatch: Dispatch): BoundFactor[] {
    const slotsOf = (counts: readonly Count[]): number[] => counts.map((count) => this.#rows.slot(count));
    return dispatch.groups.map(({ counts, plus, per }) => ({
      slots: slotsOf(counts),
      plus: plus && slotsOf(plus),
      per,
    }));
  }

  #uniformWord(value: UniformValue, dispatch: Dispatch): UniformWord {
    if (value === undefined) return { bits: ABSENT };
    if (typeof value === "number") return { bits: value };
    switch (value.kind) {
      case "f32":
        return { bits: floatBits(value.value) };
      case "index":
      case "value":
        return { bits: this.#layout.input(value) };
      case "sorted-rows":
        return { bits: this.#layout.sorted(value) };
      case "settings":
        return { bits: this.#settings };
      case "place":
        return { bits: this.#placeInSpan(value.tensor, dispatch) + (value.column ?? 0) };
      case "row-space":
      case "row-product":
      case "blocks":
        return { slot: this.#rows.slot(value) };
      default:
        return value satisfies never;
    }
  }

  #placeInSpan(tensor: Tensor, dispatch: Dispatch): number {
    const binding = dispatch.bindings.find(
      (candidate) => candidate.kind === "tensors" && candidate.tensors.includes(tensor),
    );
    if (binding?.kind !== "tensors") return fail(`"${dispatch.label}" does not bind "${tensor.label}".`);
    const start = Math.min(...binding.tensors.map((other) => this.#resolve(other).offset));
    return (this.#resolve(tensor).offset - start) / 4;
  }
}

/** The smallest range that covers all tensors of a binding. */
function spanOf(ranges: readonly BufferRange[], tensors: readonly Tensor[]): BufferRange {
  const [first] = ranges;
  if (first === undefined) return fail("A binding names no tensor.");
  if (ranges.some((range) => range.buffer !== first.buffer)) {
    return fail(`"${tensors.map((tensor) => tensor.label).join('", "')}" share a binding but not a buffer.`);
  }
  const offset = Math.min(...ranges.map((range) => range.offset));
  const end = Math.max(...ranges.map((range) => range.offset + range.size));
  return { buffer: first.buffer, offset, size: end - offset };
}

function fillUniforms(layout: StepLayout, blocks: readonly number[], words: readonly UniformWord[][]): Patch[] {
  const patches: Patch[] = [];
  for (const [i, list] of words.entries()) {
    for (const [k, word] of list.entries()) {
      const at = (blocks[i] ?? 0) + k;
      if ("slot" in word) patches.push({ word: at, slot: word.slot });
      else layout.words[at] = word.bits;
    }
  }
  return patches;
}

/** Uniform structures are bound in whole multiples of 16 bytes. */
function blockBytes(dispatch: Dispatch): number {
  return Math.ceil(Object.keys(dispatch.uniforms).length / 4) * 16;
}

function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

function fail(message: string): never {
  throw new Error(message);
}
