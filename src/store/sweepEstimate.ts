/** What a sweep costs, asked of the engine before it starts. */
import { planSweep, type Sweep } from "../config/sweep.ts";
import type { SweepEstimate } from "../worker/protocol.ts";
import { engine } from "./engine.ts";
import { newestOnly } from "./latest.ts";
import { useSession } from "./session.ts";
import { rememberedSpeed } from "./speed.ts";
import { ownExamples } from "./sweeps.ts";
import { problemOf } from "./training.ts";

export type SweepEstimateAnswer = SweepEstimate | { readonly problem: string };

const newest = newestOnly();

/** The estimate, or why there is none; undefined when a newer question was asked meanwhile. */
export async function estimateSweep(sweep: Sweep): Promise<SweepEstimateAnswer | undefined> {
  const own = ownExamples(planSweep(sweep));
  if (typeof own === "string") return { problem: own };
  try {
    return await newest(() => engine().request({ kind: "sweep-cost", sweep, ...(own !== undefined && { own }) }));
  } catch (error) {
    return { problem: problemOf(error).message };
  }
}

/** Seconds of the whole sweep at the speed of this device; undefined before anything was measured on it. */
export function secondsOf({ cells, flopsPerSecond }: SweepEstimate): number | undefined {
  const { device } = useSession.getState();
  const speed = flopsPerSecond ?? (device && rememberedSpeed(device));
  return speed === undefined ? undefined : cells.reduce((sum, { flops }) => sum + flops, 0) / speed;
}
