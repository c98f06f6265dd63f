/** How fast each kind of kernel of the studio runs in one step: milliseconds, GFLOP/s, GB/s and shares of the peak. */
import { graphCosts } from "../src/engine/graph/costs.ts";
import { openDevice } from "../src/engine/webgpu/device.ts";
import { studioEngine } from "./engines/studio.ts";
import { equalWorkGraph, packBatch, trainedPart } from "./engines/studioGraph.ts";
import { fastestProduct } from "./matmuls.ts";
import { rounded } from "./measure.ts";
import { measurePeak } from "./peak.ts";
import type { Problem } from "./problem.ts";
import { Profiler, type DispatchTime } from "./profile.ts";
import type { KernelRow, PeakRow } from "./results.ts";

/**
 * The adapter's measured peak. Compilers of software adapters keep no long chains in registers, so that a good product can
 * be faster there than bare multiply-adds; then it is the peak.
 */
export async function peakOf(gpu: GPU, adapter: string): Promise<PeakRow> {
  const device = await openDevice(gpu);
  const { software } = device.info;
  const { gflops, gigabytes } = await measurePeak(device.gpu, software);
  device.close();
  const best = software ? Math.max(gflops, await fastestProduct(gpu, softwareProduct)) : gflops;
  return { adapter, source: "measured", gflops: rounded(best), gigabytes: rounded(gigabytes) };
}

/** Size of the product that software adapters are held to. */
const softwareProduct = 256;
/** Several, because some devices count time in coarse steps. */
const profiledSteps = 3;
/** Kernels that bind whole tables and read some rows of them. */
const bindMore: ReadonlySet<string> = new Set(["gather", "scatter", "statistics"]);

/** Means over profiled steps after two that warm up, by kind of kernel, the slowest first. */
export async function kernelRates(gpu: GPU, problem: Problem, peak: PeakRow): Promise<KernelRow[]> {
  const profiler = new Profiler();
  try {
    const session = await studioEngine(gpu).open(problem);
    for (const step of [0, 1]) {
      await session.step(step);
      await session.finish();
    }
    const times = await profiler.profile(async () => {
      for (let step = 0; step < profiledSteps; step++) {
        await session.step(step);
        await session.finish();
      }
    });
    session.dispose();
    return rowsOf(problem, times, peak);
  } finally {
    profiler.dispose();
  }
}

function rowsOf(problem: Problem, times: readonly DispatchTime[], peak: PeakRow): KernelRow[] {
  const flops = flopsByKind(problem);
  const kinds = groupedBy(times, ({ label }) => kindOf(label.split(" ")[0] ?? ""));
  const rows = [...kinds].map(([kind, dispatches]): KernelRow => {
    const seconds = sum(dispatches, ({ milliseconds }) => milliseconds) / 1000 / profiledSteps;
    const bytes = bindMore.has(kind) ? 0 : sum(dispatches, (dispatch) => dispatch.bytes) / profiledSteps;
    return {
      model: problem.model.id,
      adapter: peak.adapter,
      kernel: kind,
      dispatches: dispatches.length / profiledSteps,
      milliseconds: rounded(seconds * 1000),
      ...(seconds > 0 ? ratesOf({ seconds, flops: flops.get(kind) ?? 0, bytes }, peak) : {}),
    };
  });
  return rows.toSorted((a, b) => b.milliseconds - a.milliseconds);
}

interface Work {
  readonly seconds: number;
  readonly flops: number;
  /** 0 where it is not known. */
  readonly bytes: number;
}

function ratesOf({ seconds, flops, bytes }: Work, peak: PeakRow): Partial<KernelRow> {
  const [gflops, gigabytes] = [flops / 1e9 / seconds, bytes / 1e9 / seconds];
  return {
    gflops: rounded(gflops),
    ...(bytes === 0 ? {} : { gigabytes: rounded(gigabytes) }),
    peakShare: rounded(Math.max(gflops / peak.gflops, gigabytes / peak.gigabytes)),
  };
}

/** Variants of a product and the parts of attention's gradient count as one kind, as the FLOP model does. */
function kindOf(name: string): string {
  if (name.startsWith("matmul")) return "matmul";
  return name.startsWith("attention") && name !== "attention" ? "attentionGradient" : name;
}

function flopsByKind(problem: Problem): Map<string, number> {
  const graph = trainedPart(equalWorkGraph(problem));
  const { counts } = packBatch(problem, problem.batches[0] ?? []);
  const kinds = groupedBy(graph.nodes, ({ op }) => kindOf(op));
  return new Map([...kinds].map(([kind, nodes]) => [kind, graphCosts({ ...graph, nodes }, counts).flops]));
}

/** Share of a step's operations that are matrix products. */
export function matmulShare(problem: Problem): number {
  const flops = flopsByKind(problem);
  return (flops.get("matmul") ?? 0) / sum([...flops.values()], (value) => value);
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function groupedBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
