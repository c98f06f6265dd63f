/**
 * Whether the GPU's kernels are chosen by trial, and the browser's memory of what was chosen, so that an adapter is tuned
 * once and not at every visit. The page's address may say `?tuning=off`, or `?tuning=on` for software adapters too.
 */
import type { ExecutorOptions, TuningCache } from "../engine/webgpu/index.ts";
import { readTuning, saveTuning } from "../storage/runDatabase.ts";

/** What the address of the page asks for. Anything but `on` and `off` leaves it to the adapter. */
export function tuningFor(address: string): NonNullable<ExecutorOptions["tuning"]> {
  const asked = new URL(address).searchParams.get("tuning");
  return { cache, ...(asked === "on" || asked === "off" ? { enabled: asked === "on" } : {}) };
}

/** A browser that keeps nothing tunes at every visit, which is no reason to fail. */
const cache: TuningCache = {
  load: (key) => readTuning(key).catch(() => undefined),
  save: (key, variant) => saveTuning(key, variant).catch(() => undefined),
};
