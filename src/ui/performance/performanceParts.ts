/** From a run's counts to the parts of its bars and the figures beside them. Pure; draws nothing. */
import { formatBytes, formatPercent } from "../../lib/format.ts";
import type { RunPerformance } from "../../worker/protocol.ts";

/** A stretch of a bar; `tone` names its colour in the style sheet. */
export interface BarPart {
  readonly label: string;
  readonly tone: "busy" | "encode" | "wait" | "rest" | "weights" | "trained" | "activations" | "cache";
  /** Of the whole bar, in [0, 1]. */
  readonly share: number;
  readonly text: string;
}

/** Backends that compute in the engine's own thread, where nothing is handed over and nobody waits. */
const COMPUTES_ITSELF: ReadonlySet<string> = new Set(["wasm", "cpu"]);

/** Where the wall time of the steps goes: the engine's thread, and beside it the GPU if there is one. */
export function timeBars({ seconds, timing }: RunPerformance, backend: string): Readonly<Record<string, BarPart[]>> {
  const { encodeSeconds, waitSeconds, deviceSeconds } = timing;
  const share = (part: number): number => Math.min(1, seconds > 0 ? part / seconds : 0);
  if (COMPUTES_ITSELF.has(backend)) return { Processor: filled([timePart("computing", "busy", share(deviceSeconds))]) };
  const encode = timePart("encoding commands", "encode", share(encodeSeconds));
  const wait = timePart("waiting for the GPU", "wait", share(waitSeconds));
  return { Engine: filled([encode, wait]), GPU: filled([timePart("computing", "busy", share(deviceSeconds))], "idle") };
}

function timePart(label: string, tone: BarPart["tone"], share: number): BarPart {
  return { label, tone, share, text: formatPercent(share) };
}

/** The parts and what is left of the whole. */
function filled(parts: readonly BarPart[], left = "everything else"): BarPart[] {
  const rest = Math.max(0, 1 - parts.reduce((sum, { share }) => sum + share, 0));
  return [...parts, timePart(left, "rest", rest)];
}

/** Device memory by purpose, the empty ones left out, with their sum. */
export function memoryBar({ memory }: RunPerformance): { readonly bytes: number; readonly parts: readonly BarPart[] } {
  const purposes = [
    ["frozen weights", "weights", memory.weights],
    ["trained numbers, gradients, moments", "trained", memory.trained],
    ["activations", "activations", memory.activations],
    ["cache of frozen layers", "cache", memory.cache],
    ["other", "rest", memory.other],
  ] as const;
  const bytes = purposes.reduce((sum, [, , part]) => sum + part, 0);
  const parts = purposes.flatMap(([label, tone, part]) =>
    part === 0 ? [] : [{ label, tone, share: part / bytes, text: formatBytes(part) }],
  );
  return { bytes, parts };
}

/** Classes of matrix products by the kernel that computes them. */
export function productsByKernel({ products }: RunPerformance): ReadonlyMap<string, readonly string[]> {
  const kernels = new Map<string, string[]>();
  for (const [product, kernel] of Object.entries(products)) {
    kernels.set(kernel, [...(kernels.get(kernel) ?? []), product]);
  }
  return kernels;
}
