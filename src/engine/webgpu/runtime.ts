/** What every part of one executor shares: the device, its memory, its pipelines and the options it was made with. */
import type { Device } from "./device.ts";
import type { Memory } from "./memory.ts";
import type { Pipelines } from "./pipelines.ts";

/**
 * Matmul kernels by name: `tiles` suits GPUs, `registers` software adapters, `subgroups` software adapters whose subgroups
 * have four lanes.
 */
export type MatmulVariant = "tiles" | "registers" | "subgroups";

export interface ExecutorOptions {
  /** Forces kernel variants that are otherwise chosen by the kind of adapter. */
  readonly variants?: { readonly matmul?: MatmulVariant };
  /** Fills intermediate memory with NaN before every run, so that a read of unwritten memory shows. */
  readonly poison?: boolean;
  /** Longest estimated GPU time of one submit in milliseconds; 0 never cuts. */
  readonly submitMilliseconds?: number;
}

export interface Runtime {
  readonly device: Device;
  readonly memory: Memory;
  readonly pipelines: Pipelines;
  readonly matmul: MatmulVariant;
  readonly poison: boolean;
  readonly submitMilliseconds: number;
}
