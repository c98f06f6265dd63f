/** What every part of one executor shares: the device, its memory, its pipelines and the options it was made with. */
import type { Device } from "./device.ts";
import type { Fusion } from "./fuse.ts";
import type { MatmulPlanner } from "./matmul/planner.ts";
import type { TuningCache } from "./matmul/tuner.ts";
import type { MatmulVariant } from "./matmul/variants.ts";
import type { Memory } from "./memory.ts";
import type { AttentionVariant } from "./operations/lowering.ts";
import type { Pipelines } from "./pipelines.ts";

export interface ExecutorOptions {
  /** Forces kernel variants that are otherwise chosen by the kind of adapter. */
  readonly variants?: {
    readonly attention?: AttentionVariant;
    readonly matmul?: MatmulVariant;
    readonly matmulParts?: number;
  };
  /**
   * Whether the fastest matmul variants are found by trial, up to 300 ms when a plan is compiled, and a cache that outlives
   * the executor. By default GPUs are tuned and software adapters are not.
   */
  readonly tuning?: { readonly enabled?: boolean; readonly cache?: TuningCache };
  /** Fills intermediate memory with NaN before every run, so that a read of unwritten memory shows. */
  readonly poison?: boolean;
  /** Most bytes of device memory at one time; by default whatever the device gives. */
  readonly memoryBytes?: number;
  /** Largest range one binding may cover, where less than the device allows is wanted; larger matrices are kept in parts. */
  readonly bindingBytes?: number;
  /** Longest estimated GPU time of one submit in milliseconds; 0 never cuts. */
  readonly submitMilliseconds?: number;
  /** Which neighbouring operations share a dispatch; all by default. */
  readonly fusions?: readonly Fusion[];
}

export interface Runtime {
  readonly device: Device;
  readonly memory: Memory;
  readonly pipelines: Pipelines;
  readonly matmul: MatmulPlanner;
  readonly attention: AttentionVariant;
  readonly poison: boolean;
  readonly submitMilliseconds: number;
  readonly fusions: readonly Fusion[];
}
