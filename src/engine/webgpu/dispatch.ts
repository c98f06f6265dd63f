/**
 * What an operation is turned into: dispatches that name a kernel, its constants, its uniform block and its tensors.
 * Nothing here touches the device; `program.ts` binds dispatches to buffers.
 */
import type { IndexInput, Rows, StepInput, Tensor } from "../graph/tensor.ts";
import type { Kernel } from "./kernels/index.ts";

/** ⌈rows / per⌉, the number of row blocks that a reduction in two stages works on. */
export interface Blocks {
  readonly kind: "blocks";
  readonly rows: Rows;
  readonly per: number;
}

/** A number that may differ from step to step because it follows from the row counts. */
export type Count = Rows | Blocks;

/**
 * The rows of an index input sorted by target, made by the host in every step: target t owns the entries `starts[t]` to
 * `starts[t + 1]` of `order`.
 */
export interface SortedRows {
  readonly kind: "sorted-rows";
  readonly part: "starts" | "order";
  readonly index: IndexInput;
  readonly targets: Rows;
}

/**
 * One four-byte value of a uniform block. Plain numbers are u32; counts are patched in every step; step inputs and sorted
 * rows become their word offset in the step buffer (`ABSENT` for undefined); `settings` is the offset of the optimizer's.
 */
export type UniformValue =
  | Count
  | StepInput
  | SortedRows
  | undefined
  | { readonly kind: "f32"; readonly value: number }
  | { readonly kind: "settings" }
  /** Word offset of a tensor, or of one of its columns, inside the binding it shares with others. */
  | { readonly kind: "place"; readonly tensor: Tensor; readonly column?: number };

/** A range of a buffer that lives outside the arena. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

export type Access = "read" | "write";

/**
 * One storage binding: tensors, the step buffer, or a range. Several tensors must lie in one buffer: those that one dispatch
 * writes do, others by a `pool`, a name under which they are placed apart from everything else. `write` may also read what
 * the kernel wrote itself.
 */
export type Binding =
  | {
      readonly kind: "tensors";
      readonly access: Access;
      readonly tensors: readonly Tensor[];
      readonly pool?: string;
    }
  | { readonly kind: "inputs" }
  | { readonly kind: "range"; readonly access: Access; readonly range: BufferRange };

/** Workgroups along one factor: ⌈(product of counts + product of plus) / per⌉. */
export interface Factor {
  readonly counts: readonly Count[];
  readonly plus?: readonly Count[];
  readonly per: number;
}

export interface Dispatch {
  readonly label: string;
  readonly kernel: Kernel;
  readonly constants: Readonly<Record<string, number>>;
  /** In the order in which the kernel declares them. */
  readonly uniforms: Readonly<Record<string, UniformValue>>;
  readonly bindings: readonly Binding[];
  /** The number of workgroups is the product of all factors; none are started when it is 0. */
  readonly groups: readonly Factor[];
  /** Rough floating-point operations at full capacity, for cutting long steps. */
  readonly flops: number;
  /** A step that takes long is cut in front of such a dispatch. */
  readonly startsLayer: boolean;
}

/** Everything an operation must say; the rest has defaults. */
export type DispatchOptions = Omit<Dispatch, "constants" | "flops" | "startsLayer"> & Partial<Dispatch>;

export function dispatch(options: DispatchOptions): Dispatch {
  return { constants: {}, flops: 0, startsLayer: false, ...options };
}

export function read(...tensors: readonly Tensor[]): Binding {
  return { kind: "tensors", access: "read", tensors };
}

/** One binding for tensors of different dispatches, which are placed in one buffer of this name's pool. */
export function readTogether(pool: string, ...tensors: readonly Tensor[]): Binding {
  return tensors.length === 1 ? read(...tensors) : { kind: "tensors", access: "read", tensors, pool };
}

/** A tensor that lies in this name's pool, because a later dispatch reads it and writes its neighbours. */
export function writeApart(pool: string, tensor: Tensor): Binding {
  return { kind: "tensors", access: "write", tensors: [tensor], pool };
}

export function write(...tensors: readonly Tensor[]): Binding {
  return { kind: "tensors", access: "write", tensors };
}

export const stepInputs: Binding = { kind: "inputs" };

export function f32(value: number): UniformValue {
  return { kind: "f32", value };
}

/** One thread per element of the product of `counts`, 64 threads to a workgroup. */
export function perElement(...counts: readonly Count[]): Factor[] {
  return [{ counts, per: 64 }];
}
