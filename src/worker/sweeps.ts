/** Sweeps in the worker: between the page's messages and the runner in `experiments`. Cells are trained on the model that is loaded. */
import { cellRunId, planSweep } from "../config/sweep.ts";
import type { Executor } from "../engine/executor.ts";
import { cellExamples, runSweep, type SweepEvent, type SweepSources } from "../experiments/sweep.ts";
import { sweepCost, type SweepCost } from "../experiments/sweepCost.ts";
import { messageOf } from "../lib/errors.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import { createRunControl, type RunControl } from "../training/control.ts";
import type { TrainingEvent } from "../training/events.ts";
import type { ExampleSet } from "../training/prepareData.ts";
import type { TrainingOptions } from "../training/train.ts";
import type { CommandOf, DataSource, WorkerMessage } from "./protocol.ts";

/** Takes the speed of the device from a run that has ended. */
export type NoteSpeed = (
  run: Pick<TrainingOptions, "experiment" | "model" | "examples" | "otherExamples">,
  ended: Extract<TrainingEvent, { kind: "finished" }>,
) => void;

/** What the studio shares with its sweeps. */
export interface SweepHost {
  tell(message: WorkerMessage): void;
  /** Every active run by its id; a sweep stands there under its own id and under its current cell's. */
  readonly runs: Map<string, RunControl>;
  examplesOf(data: DataSource): Promise<ExampleSet>;
  readyModel(): LoadedModel;
  executor(): Promise<Executor>;
  readonly noteSpeed: NoteSpeed;
}

export interface Sweeps {
  cost(command: CommandOf<"sweep-cost">): Promise<SweepCost>;
  /** Starts a sweep that goes on by itself. @throws when something is running. */
  start(command: CommandOf<"sweep">): null;
}

export function createSweeps(host: SweepHost): Sweeps {
  const { tell, runs } = host;
  const hear = (sweepId: string, control: RunControl, event: SweepEvent): void => {
    if (event.kind === "ended") return tell({ kind: "sweep-event", sweepId, news: event });
    const runId = cellRunId(sweepId, event.cell.id);
    if (event.kind === "cell-event") return tell({ kind: "run-event", runId, event: event.event });
    if (event.kind === "cell-started") runs.set(runId, control);
    else runs.delete(runId);
    tell({ kind: "sweep-event", sweepId, news: event });
  };

  const carry = async ({ sweepId, sweep, finished, own }: CommandOf<"sweep">, control: RunControl): Promise<void> => {
    const sources = sourcesOf(host, own);
    try {
      for await (const event of runSweep({ cells: planSweep(sweep), finished, control, sources })) {
        hear(sweepId, control, event);
        if (event.kind !== "cell-event" || event.event.kind !== "finished") continue;
        const { experiment, id } = event.cell;
        runs.delete(cellRunId(sweepId, id));
        const examples = await cellExamples(experiment, sources);
        host.noteSpeed({ experiment, model: host.readyModel(), ...examples }, event.event);
      }
    } catch (error) {
      tell({ kind: "sweep-failed", sweepId, problem: { area: "training", message: messageOf(error) } });
    } finally {
      runs.delete(sweepId);
    }
  };

  return {
    cost: ({ sweep, own }) => sweepCost(planSweep(sweep), sourcesOf(host, own)),
    start(command) {
      if (runs.size > 0) throw new Error("A run is in progress. Start the sweep when it has ended.");
      const control = createRunControl();
      runs.set(command.sweepId, control);
      void carry(command, control);
      return null;
    },
  };
}

/** @throws for a cell that needs another model than the loaded one, or examples that the page did not send */
function sourcesOf(host: SweepHost, own: ExampleSet | undefined): SweepSources {
  return {
    async model({ model }) {
      const loaded = host.readyModel();
      if (loaded.id === model) return loaded;
      throw new Error(
        `This sweep needs the model "${model}", and "${loaded.id}" is loaded. Open that model, or sweep over models on the command line.`,
      );
    },
    examples({ data }) {
      if (data.kind === "built-in") return host.examplesOf(data);
      if (own?.name === data.name) return host.examplesOf({ kind: "own", examples: own });
      throw new Error(`This sweep uses the data "${data.name}", which is not in this browser. Open that file first.`);
    },
    executor: () => host.executor(),
  };
}
