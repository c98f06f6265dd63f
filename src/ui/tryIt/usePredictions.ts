/** Asks the engine for the run's answers a moment after the last key; late answers to older texts are dropped. */
import { useEffect, useState } from "react";
import type { ExampleInput } from "../../lib/examples/example.ts";
import { answeredSets } from "../../store/answeredSets.ts";
import { engine } from "../../store/engine.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";
import { answererOf } from "../../store/tensors.ts";
import type { AdapterState, Prediction } from "../../worker/protocol.ts";

interface Predictions {
  readonly before?: Prediction | undefined;
  readonly after?: Prediction | undefined;
  readonly problem?: string;
}

const WAIT_MILLISECONDS = 220;

/** @param place which of the run's data sets answers */
export function usePredictions(run: RunEntry, place: number, input: ExampleInput, usable: boolean): Predictions {
  const [predictions, setPredictions] = useState<Predictions>({});
  const ready = useSession(({ engine: state }) => state === "ready") && usable;
  const { id, experiment, facts, otherHeads } = run;
  const busy = useRuns(({ runs }) => runs.some(isLive));
  const failed = run.status === "failed";
  // The same words typed again are the same question.
  const asked = JSON.stringify(input);

  useEffect(() => {
    // While a run is in progress the device belongs to it.
    if (!ready || !facts || busy || failed) return;
    let outdated = false;
    const ask = async () => {
      const inputs: readonly ExampleInput[] = [JSON.parse(asked)];
      const predict = async (adapter: AdapterState) => {
        const [first] = await engine().request({ kind: "predict", adapter, inputs });
        return first;
      };
      try {
        const sets = answeredSets({ experiment, facts, otherHeads });
        const set = sets[place] ?? sets[0];
        const before = await predict({ experiment: set.experiment, labels: set.labels, tensors: [] });
        // Words alone are no tensors: before and after are the same.
        const isTrained = experiment.method.kind !== "discrete-prompt";
        const after = isTrained ? await predict(await answererOf({ id }, set)) : before;
        if (!outdated) setPredictions({ before, after });
      } catch (error) {
        if (!outdated) setPredictions({ problem: error instanceof Error ? error.message : String(error) });
      }
    };
    const timer = setTimeout(() => void ask(), WAIT_MILLISECONDS);
    return () => {
      outdated = true;
      clearTimeout(timer);
    };
  }, [id, place, experiment, facts, otherHeads, busy, failed, ready, asked]);

  return predictions;
}
