/** What the tests of whole runs share: a task that tiny-bert can learn, and ways to follow, steer and disturb a run. */
import { parseExperiment, type Experiment } from "../../../src/config/experiment.ts";
import { DeviceLostError, type Executor, type TrainingPlan } from "../../../src/engine/executor.ts";
import type { MethodKind } from "../../../src/methods/index.schema.ts";
import type { TrainingSettings } from "../../../src/config/training.ts";
import type { Adapter } from "../../../src/training/adapter.ts";
import { createRunControl, type RunControl } from "../../../src/training/control.ts";
import type { Evaluation, StepPoint, TrainingEvent } from "../../../src/training/events.ts";
import type { ExampleSet } from "../../../src/training/prepareData.ts";
import { train } from "../../../src/training/train.ts";
import { fixtureModel } from "../../parity/models.ts";

const praise = ["good", "great", "fine", "warm", "love"];
const blame = ["bad", "poor", "dull", "cold", "hate"];

/** Every pair of two different words, the second one twice. */
function sentences(words: readonly string[], label: string): { text: string; label: string }[] {
  return words.flatMap((first) =>
    words.flatMap((second) => (first === second ? [] : [{ text: `${first} ${second} ${second}`, label }])),
  );
}

const everyOpinion = [...sentences(praise, "positive"), ...sentences(blame, "negative")];

/** Three words of praise or of blame; every fourth is kept for evaluation. */
export const opinions: ExampleSet = {
  name: "opinions",
  train: everyOpinion.filter((_, index) => index % 4 !== 0),
  evaluation: everyOpinion.filter((_, index) => index % 4 === 0),
};

/** The same texts under both labels: nothing can be learnt from them. */
export const undecided: ExampleSet = {
  name: "undecided",
  train: ["positive", "negative"].flatMap((label) => everyOpinion.map(({ text }) => ({ text, label }))),
  evaluation: everyOpinion,
};

/** A short run of tiny-bert; `training` and the rest replace its settings. */
export function shortRun(
  kind: MethodKind,
  training: Partial<TrainingSettings> = {},
  rest: Partial<Experiment> = {},
): Experiment {
  const method = shortMethod(kind);
  const defaults = { learningRate: 0.03, weightDecay: 0, steps: 24, batchSize: 8, evaluateEvery: 8 };
  const experiment = parseExperiment({ model: "tiny-bert", method, training: defaults, ...rest });
  return { ...experiment, training: { ...experiment.training, ...training } };
}

/** Few virtual tokens and narrow networks. */
function shortMethod(kind: MethodKind): object {
  if (kind === "p-tuning") return { kind, promptLength: 4, hiddenSize: 8 };
  return kind === "prefix-tuning" || kind === "prompt-tuning" ? { kind, promptLength: 4, initialScale: 0.5 } : { kind };
}

export interface RunOptions {
  readonly executor: Executor | (() => Promise<Executor>);
  readonly examples?: ExampleSet;
  readonly otherExamples?: readonly ExampleSet[];
  readonly control?: RunControl;
  /** What the run goes on from. */
  readonly from?: Adapter;
  /** Called with every event before the run goes on. */
  readonly onEvent?: (event: TrainingEvent, control: RunControl) => void;
}

/** All events of a run. */
export async function runToEnd(experiment: Experiment, options: RunOptions): Promise<TrainingEvent[]> {
  const { executor, examples = opinions, otherExamples = [], control = createRunControl(), onEvent, from } = options;
  const model = await fixtureModel("tiny-bert");
  const open = typeof executor === "function" ? executor : async () => executor;
  const events: TrainingEvent[] = [];
  for await (const event of train({
    experiment,
    model,
    examples,
    otherExamples,
    control,
    executor: open,
    ...(from === undefined ? {} : { from }),
  })) {
    events.push(event);
    onEvent?.(event, control);
  }
  return events;
}

/** Events of one kind. */
export function eventsOf<Kind extends TrainingEvent["kind"]>(
  events: readonly TrainingEvent[],
  kind: Kind,
): Extract<TrainingEvent, { kind: Kind }>[] {
  return events.filter((event): event is Extract<TrainingEvent, { kind: Kind }> => event.kind === kind);
}

/** Every reported step of a seed, in the order of the reports. */
export function pointsOf(events: readonly TrainingEvent[], seedIndex = 0): StepPoint[] {
  return eventsOf(events, "steps").flatMap((event) => (event.seedIndex === seedIndex ? event.points : []));
}

export function evaluationsOf(events: readonly TrainingEvent[], seedIndex = 0): Evaluation[] {
  return eventsOf(events, "evaluated").flatMap((event) => (event.seedIndex === seedIndex ? [event.evaluation] : []));
}

/** The last event of a run. */
export function endOf(events: readonly TrainingEvent[]): Extract<TrainingEvent, { kind: "finished" }> {
  const last = events.at(-1);
  if (last?.kind !== "finished") throw new Error(`The run ended with ${last?.kind ?? "nothing"}.`);
  return last;
}

/** What must be equal in two equal runs: everything but times and how steps were grouped into reports. */
export function numbersOf(events: readonly TrainingEvent[]): object {
  const seeds = [...new Set(eventsOf(events, "seed-started").map(({ seedIndex }) => seedIndex))];
  return {
    steps: seeds.map((seedIndex) => pointsOf(events, seedIndex)),
    evaluations: seeds.map((seedIndex) => evaluationsOf(events, seedIndex)),
    movements: eventsOf(events, "moved").map(({ movement }) => movement),
    tensors: endOf(events).record.tensors,
  };
}

/** The executor as it is, except that reading statistics loses the device once, after `step` steps. */
export function losingDeviceAt(step: number, executor: Executor): Executor {
  let lost = false;
  const disturbed = (plan: TrainingPlan): TrainingPlan => {
    let steps = 0;
    return {
      costs: plan.costs,
      step(inputs, update) {
        steps++;
        plan.step(inputs, update);
      },
      async statistics() {
        if (!lost && steps >= step) {
          lost = true;
          throw new DeviceLostError("pulled out for a test");
        }
        return plan.statistics();
      },
      pace: (inFlight) => plan.pace(inFlight),
      readGradients: () => plan.readGradients(),
      timing: () => plan.timing(),
      dispose: () => plan.dispose(),
    };
  };
  return {
    info: executor.info,
    createParameters: (shapes, values) => executor.createParameters(shapes, values),
    compileTraining: async (graph, parameters, rows) =>
      disturbed(await executor.compileTraining(graph, parameters, rows)),
    compileEvaluation: (graph, parameters, rows) => executor.compileEvaluation(graph, parameters, rows),
    plannedBytes: (memory) => executor.plannedBytes(memory),
    allocatedBytes: () => executor.allocatedBytes(),
    heldMemory: () => executor.heldMemory(),
    onEvent: (listener) => executor.onEvent(listener),
    dispose: () => executor.dispose(),
  };
}

/** Throws when an executor still holds memory after everything was disposed. */
export function assertFreed(executor: Executor): void {
  const bytes = executor.allocatedBytes();
  if (bytes !== 0) throw new Error(`The executor still holds ${bytes} bytes.`);
}
