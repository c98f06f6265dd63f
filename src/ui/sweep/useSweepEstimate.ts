/** Asks the engine for the cost of a sweep once typing has paused. */
import { useEffect, useState } from "react";
import type { Sweep } from "../../config/sweep.ts";
import { useSession } from "../../store/session.ts";
import { estimateSweep, type SweepEstimateAnswer } from "../../store/sweepEstimate.ts";

const QUIET_MILLISECONDS = 300;

/** Undefined while nothing is known of this sweep. */
export function useSweepEstimate(sweep: Sweep): SweepEstimateAnswer | undefined {
  const ready = useSession(({ engine }) => engine === "ready");
  const [answer, setAnswer] = useState<SweepEstimateAnswer>();
  useEffect(() => {
    setAnswer(undefined);
    if (!ready) return;
    let left = false;
    const ask = async () => {
      const estimate = await estimateSweep(sweep);
      if (!left && estimate !== undefined) setAnswer(estimate);
    };
    const timer = setTimeout(() => void ask(), QUIET_MILLISECONDS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [sweep, ready]);
  return answer;
}
