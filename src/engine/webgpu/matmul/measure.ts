/** How fast a variant computes a product on this device, by trial. For choosing variants and for benchmarks. */
import type { Tensor } from "../../graph/tensor.ts";
import { openDevice } from "../device.ts";
import { Memory } from "../memory.ts";
import { matmulDispatches, type Product } from "../operations/matmul.ts";
import type { LoweringContext } from "../operations/lowering.ts";
import { Pipelines } from "../pipelines.ts";
import type { Runtime } from "../runtime.ts";
import { fixedPlanner, type ProductShape } from "./planner.ts";
import { Trial } from "./trial.ts";
import type { MatmulVariant } from "./variants.ts";

export type TrialRuntime = Pick<Runtime, "device" | "memory" | "pipelines">;

export interface Measurement {
  readonly shape: ProductShape;
  readonly variant: MatmulVariant;
  /** Of one product. */
  readonly milliseconds: number;
  readonly gigaflopsPerSecond: number;
}

/** Products per second are measured over at least this many floating-point operations, and at most 50 runs. */
const MEASURED_FLOPS = 2e9;
const MOST_RUNS = 50;

/** A device of its own, for measuring outside any executor. @throws WebGpuUnavailableError with the cause. */
export async function openTrialRuntime(gpu: GPU | undefined): Promise<TrialRuntime> {
  const device = await openDevice(gpu);
  return { device, memory: new Memory(device.gpu), pipelines: new Pipelines(device.gpu) };
}

/**
 * The best of `rounds` measurements of a product in one variant; the first run, which pays for caches, is not among them.
 * @throws when the device refuses the variant
 */
export async function measureProduct(
  runtime: TrialRuntime,
  shape: ProductShape,
  variant: MatmulVariant,
  { rounds = 2, parts = 1 }: { readonly rounds?: number; readonly parts?: number } = {},
): Promise<Measurement> {
  const dispatches = matmulDispatches(productOf(shape), trialContext(runtime, variant, parts));
  const trial = await Trial.create(runtime, dispatches, {});
  try {
    trial.run();
    const flops = 2 * shape.m * shape.n * shape.k;
    const runs = Math.max(1, Math.min(MOST_RUNS, Math.round(MEASURED_FLOPS / flops)));
    let milliseconds = Infinity;
    for (let round = 0; round < rounds; round++) milliseconds = Math.min(milliseconds, await trial.measure(runs));
    return { shape, variant, milliseconds, gigaflopsPerSecond: flops / milliseconds / 1e6 };
  } finally {
    trial.dispose();
  }
}

/** What lowering needs to know where rows are plain numbers. */
export function trialContext(
  { device }: Pick<Runtime, "device">,
  variant: MatmulVariant,
  parts = 1,
  halves: ReadonlySet<Tensor> = new Set(),
): LoweringContext {
  return {
    capacities: {},
    software: device.info.software,
    matmul: fixedPlanner(variant, parts),
    attention: "rows",
    isHalf: (tensor) => halves.has(tensor),
    maxBindingBytes: device.bindingBytes,
    temporary: (label, rows, width) => trialTensor(label, rows, width),
  };
}

/** A tensor that belongs to no graph. */
export function trialTensor(label: string, rows: Tensor["rows"], width: number): Tensor {
  return { kind: "tensor", id: -1, label, rows, width };
}

function productOf({ m, n, k, transposeA, transposeB }: ProductShape): Product {
  const a = transposeA ? trialTensor("a", k, m) : trialTensor("a", m, k);
  const b = transposeB ? trialTensor("b", n, k) : trialTensor("b", k, n);
  return { a, b, transposeA, transposeB, y: trialTensor("y", m, n) };
}
