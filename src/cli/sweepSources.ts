/** What the cells of a sweep share on the command line: models, examples and devices, each opened once. */
import type { BackendChoice, Experiment } from "../config/experiment.ts";
import type { SweepSources } from "../experiments/sweep.ts";
import { reopeningDevice } from "./device.ts";
import { readExampleSet, readModelFolder } from "./files.ts";
import type { SweepValues } from "./sweepArguments.ts";

export interface OpenedSources extends SweepSources {
  dispose(): Promise<void>;
}

/** `eval` belongs to the data of `train`, or without that to every file. */
export function openSweepSources(files: Pick<SweepValues, "train" | "eval">): OpenedSources {
  const evaluationOf = ({ data }: Experiment) =>
    files.train === undefined || (data.kind === "own" && data.name === files.train) ? files.eval : undefined;
  const devices = new Map<BackendChoice, ReturnType<typeof reopeningDevice>>();
  const deviceOf = (backend: BackendChoice) => kept(devices, backend, () => reopeningDevice(backend));
  const models = new Map<string, ReturnType<typeof readModelFolder>>();
  const sets = new Map<string, ReturnType<typeof readExampleSet>>();
  return {
    model: ({ model }) => kept(models, model, () => readModelFolder(model)),
    examples: (experiment) =>
      kept(sets, JSON.stringify([experiment.data, experiment.task.kind]), () =>
        readExampleSet(experiment, evaluationOf(experiment)),
      ),
    executor: ({ backend }) => deviceOf(backend).current(),
    async dispose() {
      for (const device of devices.values()) (await device.current()).dispose();
    },
  };
}

function kept<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
