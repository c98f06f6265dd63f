/** The matrix product's kernels by name: what each computes per workgroup. Which one runs is chosen elsewhere. */
import type { Kernel } from "../kernels/index.ts";
import epilogue from "../kernels/matmulEpilogue.wgsl?raw";
import operands from "../kernels/matmulOperands.wgsl?raw";
import registers from "../kernels/matmulRegisters.wgsl?raw";
import split from "../kernels/matmulSplit.wgsl?raw";
import subgroups from "../kernels/matmulSubgroups.wgsl?raw";
import subgroupsNarrow from "../kernels/matmulSubgroupsNarrow.wgsl?raw";
import tiles from "../kernels/matmulTiles.wgsl?raw";
import { discarder, reader, writer, type Storage } from "./accessors.ts";

/**
 * `tiles-…` suit GPUs: rows x columns of a workgroup, and results per thread. `registers` suits software adapters,
 * `subgroups` those whose subgroups have four lanes and `subgroups-narrow` those with more.
 */
export type MatmulVariant =
  | "tiles-32x32-4x4"
  | "tiles-64x64-4x4"
  | "tiles-64x64-8x8"
  | "tiles-128x64-8x8"
  | "tiles-128x128-8x8"
  | "registers"
  | "subgroups"
  | "subgroups-narrow";

/**
 * One variant: its shader, the constants it adds, the size of a tile of y, the tiles of one workgroup and how far along k it
 * goes at once.
 */
export interface VariantShape {
  readonly file: "matmulTiles" | "matmulRegisters" | "matmulSubgroups" | "matmulSubgroupsNarrow";
  readonly constants: Readonly<Record<string, number>>;
  readonly rows: number;
  readonly columns: number;
  readonly tilesPerGroup: number;
  readonly depth: number;
}

/** Parts of a split sum begin at multiples of this: the depth of the deepest kernel. */
export const DEPTH = 16;

export const VARIANTS: Readonly<Record<MatmulVariant, VariantShape>> = {
  "tiles-32x32-4x4": tiled(32, 32, 4),
  "tiles-64x64-4x4": tiled(64, 64, 4),
  "tiles-64x64-8x8": tiled(64, 64, 8),
  "tiles-128x64-8x8": tiled(128, 64, 8),
  "tiles-128x128-8x8": tiled(128, 128, 8),
  registers: { file: "matmulRegisters", constants: {}, rows: 4, columns: 4, tilesPerGroup: 64, depth: 4 },
  subgroups: { file: "matmulSubgroups", constants: {}, rows: 16, columns: 64, tilesPerGroup: 1, depth: 4 },
  "subgroups-narrow": {
    file: "matmulSubgroupsNarrow",
    constants: {},
    rows: 16,
    columns: 64,
    tilesPerGroup: 1,
    depth: 4,
  },
};

function tiled(rows: number, columns: number, perThread: 4 | 8): VariantShape {
  const large = Number(perThread === 8);
  const constants = {
    rowThreads: rows / perThread,
    columnThreads: columns / perThread,
    tall: large,
    wide: large,
  };
  return { file: "matmulTiles", constants, rows, columns, tilesPerGroup: 1, depth: DEPTH };
}

/** How the operands of one product lie in memory, which a kernel's text depends on. */
export interface ProductStorage {
  readonly a: Storage;
  readonly b: Storage;
  /** Of y and everything of its width. */
  readonly y: "quads" | "values";
  /** Whether pre-activations are stored as well. */
  readonly keeps: boolean;
}

const MAIN = {
  matmulTiles: tiles,
  matmulRegisters: registers,
  matmulSubgroups: subgroups,
  matmulSubgroupsNarrow: subgroupsNarrow,
} as const;
const composed = new Map<string, Kernel>();

/** The kernel of a variant for operands that lie like this. */
export function productKernel(variant: MatmulVariant, storage: ProductStorage): Kernel {
  const { file } = VARIANTS[variant];
  const inputs = [reader(1, "a", storage.a), reader(2, "b", storage.b)];
  return compose(file, MAIN[file], storage, [...inputs, operands]);
}

/** The kernel that adds the parts of a split sum. */
export function splitKernel(storage: Pick<ProductStorage, "y" | "keeps">): Kernel {
  return compose("matmulSplit", split, { a: storage.y, b: storage.y, ...storage }, [reader(1, "parts", storage.y)]);
}

/** A shader's file first, so that the lines of the compiler's messages are the file's, then what it shares with others. */
function compose(file: string, main: string, { a, b, y, keeps }: ProductStorage, inputs: readonly string[]): Kernel {
  const name = `${file} of ${a} by ${b} into ${y}${keeps ? ", keeping" : ""}`;
  const known = composed.get(name);
  if (known !== undefined) return known;
  const finishing = [
    reader(3, "bias", y),
    reader(4, "residual", y),
    reader(5, "slopes", y),
    writer(6, "y", y === "quads"),
    keeps ? writer(7, "kept", y === "quads") : discarder("kept"),
    epilogue,
  ];
  const kernel = { name, code: [main, ...inputs, ...finishing].join("\n") };
  composed.set(name, kernel);
  return kernel;
}
