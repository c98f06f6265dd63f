/**
 * Which kernel computes a product, and in how many parts its sum is split. The answer follows from the adapter and from the
 * product's size at a plan's capacity, never from the rows of a step: a row's bits must not depend on its batch.
 */
import type { GraphNode } from "../../graph/operations/index.ts";
import type { RowCounts } from "../../graph/tensor.ts";
import { DEPTH, VARIANTS, type MatmulVariant } from "./variants.ts";

/** y [m, n] = op(a) [m, k] · op(b) [k, n], with every row count at the plan's capacity. */
export interface ProductShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export interface MatmulChoice {
  readonly variant: MatmulVariant;
  /** Parts of the sum over k; 1 is unsplit. */
  readonly parts: number;
}

export interface MatmulPlanner {
  choose(shape: ProductShape): MatmulChoice;
  /** Makes ready for the products of these nodes; a planner without it needs no preparation. */
  prepare?(nodes: readonly GraphNode[], capacities: RowCounts): Promise<void>;
}

/** Workgroups that keep a GPU busy; fewer leave cores idle. */
const ENOUGH_GROUPS = 96;

/** A part of a split sum is at least this deep, so that adding the parts stays cheap. */
const LEAST_DEPTH = 256;
const MOST_PARTS = 16;

/** GPU variants that are worth trying, the largest tile first. */
export const GPU_VARIANTS = [
  "tiles-128x128-8x8",
  "tiles-128x64-8x8",
  "tiles-64x64-8x8",
  "tiles-64x64-4x4",
  "tiles-32x32-4x4",
] as const satisfies readonly MatmulVariant[];

/** `NT 1024x768x256`: the layout and m, n and k rounded up to powers of two. Products of one class share a variant. */
export function classOf({ m, n, k, transposeA, transposeB }: ProductShape): string {
  const sizes = [m, n, k].map((size) => 2 ** Math.ceil(Math.log2(Math.max(1, size))));
  return `${transposeA ? "T" : "N"}${transposeB ? "T" : "N"} ${sizes.join("x")}`;
}

/** Always this variant, in this many parts where k allows. */
export function fixedPlanner(variant: MatmulVariant, parts = 1): MatmulPlanner {
  return { choose: ({ k }) => ({ variant, parts: Math.max(1, Math.min(parts, Math.ceil(k / DEPTH))) }) };
}

/** A planner that also notes what another one chose, by class: `tiles-64x64-8x8`, with `in 4 parts` where sums are split. */
export function notingPlanner(planner: MatmulPlanner, choices: Map<string, string>): MatmulPlanner {
  return {
    choose(shape) {
      const choice = planner.choose(shape);
      choices.set(classOf(shape), choice.parts === 1 ? choice.variant : `${choice.variant} in ${choice.parts} parts`);
      return choice;
    },
  };
}

/** Floating-point operations below which a software adapter spends more on compiling a large kernel than it saves. */
const SMALL_PRODUCT = 1e6;

/** For software adapters, with the variant for products that are not small. */
export function softwarePlanner(large: MatmulVariant): MatmulPlanner {
  return {
    choose: ({ m, n, k }) => ({ variant: 2 * m * n * k < SMALL_PRODUCT ? "registers" : large, parts: 1 }),
  };
}

/** The fastest variant for products that are not small on a software adapter: SwiftShader has four lanes, lavapipe eight. */
export function softwareVariant({ features, adapterInfo }: Pick<GPUDevice, "features" | "adapterInfo">): MatmulVariant {
  const { subgroupMinSize, subgroupMaxSize } = adapterInfo;
  if (!features.has("subgroups") || subgroupMinSize < 4) return "registers";
  return subgroupMaxSize === 4 ? "subgroups" : "subgroups-narrow";
}

/** The largest tile that still makes enough workgroups; long sums with few results are split. */
export const sizePlanner: MatmulPlanner = {
  choose(shape) {
    const variant = GPU_VARIANTS.find((name) => workgroups(name, shape) >= ENOUGH_GROUPS) ?? "tiles-32x32-4x4";
    return { variant, parts: partsFor(shape) };
  },
};

/** Parts that fill the GPU when the tiles of the result alone do not; the same for every variant. */
export function partsFor(shape: ProductShape): number {
  const wanted = Math.floor(ENOUGH_GROUPS / Math.max(1, workgroups("tiles-64x64-4x4", shape)));
  return Math.max(1, Math.min(wanted, MOST_PARTS, Math.floor(shape.k / LEAST_DEPTH)));
}

function workgroups(variant: MatmulVariant, { m, n }: ProductShape): number {
  const { rows, columns, tilesPerGroup } = VARIANTS[variant];
  return Math.ceil((Math.ceil(m / rows) * Math.ceil(n / columns)) / tilesPerGroup);
}
