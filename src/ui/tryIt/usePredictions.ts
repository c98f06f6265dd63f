/** Asks the engine for the run's answers a moment after the last key; late answers to older texts are dropped. */
import { useEffect, useState } from "react";
import type { ExampleInput } from "../../lib/examples/example.ts";
import { engine } from "../../store/engine.ts";
import { isLive, type RunEntry } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { useSession } from "../../store/session.ts";
import { tensorsOf } from "../../store/tensors.ts";
import type { Prediction, TrainedTensor } from "../../worker/protocol.ts";

interface Predictions {
  readonly before?: Prediction | undefined;
  readonly after?: Prediction | undefined;
  readonly problem?: string;
}

const WAIT_MILLISECONDS = 220;

export function usePredictions(run: RunEntry, input: ExampleInput, usable: boolean): Predictions {
  const [predictions, setPredictions] = useState<Predictions>({});
  const ready = useSession(({ engine: state }) => state === "ready") && usable;
  const { id, experiment, facts } = run;
  const labels = facts?.labels;
  const busy = useRuns(({ runs }) => runs.some(isLive));
  const failed = run.status === "failed";
  // The same words typed again are the same question.
  const asked = JSON.stringify(input);

  useEffect(() => {
    // While a run is in progress the device belongs to it.
    if (!ready || !labels || busy || failed) return;
    let outdated = false;
    const ask = async () => {
      const inputs: readonly ExampleInput[] = [JSON.parse(asked)];
      const predict = async (tensors: readonly TrainedTensor[]) => {
        const [first] = await engine().request({ kind: "predict", adapter: { experiment, labels, tensors }, inputs });
        return first;
      };
      try {
        // Words alone are no tensors: before and after are the same.
        const tensors = experiment.method.kind === "discrete-prompt" ? [] : await tensorsOf(id);
        const before = await predict([]);
        const after = tensors.length === 0 ? before : await predict(tensors);
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
  }, [id, experiment, labels, busy, failed, ready, asked]);

  return predictions;
}
