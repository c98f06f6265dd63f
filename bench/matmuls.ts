/** GFLOP/s of square matrix products, by layout and kernel variant: how near the studio's products come to the peak. */
import { measureProduct, openTrialRuntime, type TrialRuntime } from "../src/engine/webgpu/matmul/measure.ts";
import { GPU_VARIANTS, softwareVariant, type ProductShape } from "../src/engine/webgpu/matmul/planner.ts";
import type { MatmulVariant } from "../src/engine/webgpu/matmul/variants.ts";
import { rounded } from "./measure.ts";
import type { MatmulRow, PeakRow } from "./results.ts";

/** y = x·Wᵀ forward, dx = dy·W backward, dW = dyᵀ·x where weights are trained. */
const layouts = [
  { layout: "NT", transposeA: false, transposeB: true },
  { layout: "NN", transposeA: false, transposeB: false },
  { layout: "TN", transposeA: true, transposeB: false },
] as const;

/** Software adapters have no cheap barriers, so there the variants without them are shown beside the smallest tiles. */
function variantsFor({ gpu, info }: TrialRuntime["device"]): readonly MatmulVariant[] {
  if (!info.software) return GPU_VARIANTS;
  return [...new Set([softwareVariant(gpu), "registers", "tiles-32x32-4x4"] as const)];
}

/** GFLOP/s of the fastest product x·Wᵀ of size³. */
export async function fastestProduct(gpu: GPU, size: number): Promise<number> {
  const runtime = await openTrialRuntime(gpu);
  const shape: ProductShape = { m: size, n: size, k: size, transposeA: false, transposeB: true };
  const [variant = "registers"] = variantsFor(runtime.device);
  const { gigaflopsPerSecond } = await measureProduct(runtime, shape, variant);
  runtime.device.close();
  return gigaflopsPerSecond;
}

/** Every layout in every variant worth trying, for products of size³. */
export async function measureMatmuls(gpu: GPU, size: number, peak: PeakRow): Promise<MatmulRow[]> {
  const runtime = await openTrialRuntime(gpu);
  const variants = variantsFor(runtime.device);
  const rows: MatmulRow[] = [];
  for (const { layout, transposeA, transposeB } of layouts) {
    const shape: ProductShape = { m: size, n: size, k: size, transposeA, transposeB };
    for (const variant of variants) {
      const { milliseconds, gigaflopsPerSecond: gflops } = await measureProduct(runtime, shape, variant);
      const share = rounded(gflops / peak.gflops);
      rows.push({
        adapter: peak.adapter,
        size,
        layout,
        variant,
        milliseconds: rounded(milliseconds),
        gflops: rounded(gflops),
        peakShare: share,
      });
    }
  }
  runtime.device.close();
  return rows;
}
