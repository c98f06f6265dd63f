/** Times the steps of several sessions that take turns, so that whatever else the machine does meets all of them. */
import type { BenchSession } from "./engines/engine.ts";
import { median } from "./measure.ts";

/**
 * @param steps timed ones, after `warmUp` others
 * @returns the median of each session, milliseconds
 */
export async function takeTurns(
  sessions: readonly BenchSession[],
  { warmUp, steps }: { readonly warmUp: number; readonly steps: number },
): Promise<number[]> {
  const times: number[][] = sessions.map(() => []);
  for (let step = 0; step < steps + warmUp; step++) {
    for (const [index, session] of sessions.entries()) {
      const started = performance.now();
      await session.step(step);
      await session.finish();
      if (step >= warmUp) times[index]?.push(performance.now() - started);
      await session.loss();
    }
  }
  return times.map(median);
}
