/** Listens to what the page's worker says, beside the page itself, so that tests can compare the page with the source. */
import type { BrowserContext, Page } from "playwright-core";
import type { ExampleInput } from "../../../src/lib/examples/example.ts";
import type {
  Evaluation,
  Prediction,
  Request,
  RunResult,
  StepPoint,
  TrainingEvent,
  WorkerMessage,
} from "../../../src/worker/protocol.ts";

/** An answer to one text. */
export interface TappedPrediction {
  readonly text: string;
  /** Whether it was asked with trained numbers, or with the untrained start. */
  readonly trained: boolean;
  readonly prediction: Prediction;
}

declare global {
  interface Window {
    /** Every run event of this page, oldest first; of a finished run without its trained tensors. */
    tappedEvents: TrainingEvent[];
    /** Answers to `predict`, oldest first. */
    tappedPredictions: TappedPrediction[];
  }
}

/** Runs in the page before its scripts; refers to nothing outside itself, because only its source travels. */
export function tapInPage(): void {
  window.tappedEvents = [];
  window.tappedPredictions = [];
  const asked = new Map<number, { readonly text: string; readonly trained: boolean }>();
  const textOf = (input: ExampleInput | undefined): string => {
    if (input === undefined) return "";
    if ("text" in input) return input.text;
    if ("context" in input) return input.context;
    return "tokens" in input ? input.tokens.join(" ") : input.source;
  };
  const note = ({ request, command }: Request) => {
    if (command.kind !== "predict") return;
    asked.set(request, { text: textOf(command.inputs[0]), trained: command.adapter.tensors.length > 0 });
  };
  const take = (message: WorkerMessage) => {
    if (message.kind === "answer") {
      const question = asked.get(message.request);
      const [prediction] = Array.isArray(message.answer) ? message.answer : [];
      if (question !== undefined && prediction !== undefined)
        window.tappedPredictions.push({ ...question, prediction });
    }
    if (message.kind !== "run-event") return;
    const { event } = message;
    if (event.kind !== "finished") window.tappedEvents.push(event);
    else window.tappedEvents.push({ ...event, record: { ...event.record, tensors: [] } });
  };
  window.Worker = class extends Worker {
    constructor(address: string | URL, options?: WorkerOptions) {
      super(address, options);
      this.addEventListener("message", ({ data }: MessageEvent<WorkerMessage>) => take(data));
    }

    override postMessage(message: Request): void {
      note(message);
      super.postMessage(message);
    }
  };
}

/** Call before the page is opened. */
export async function tapWorkers(context: BrowserContext): Promise<void> {
  await context.addInitScript(tapInPage);
}

export function tappedEvents(page: Page): Promise<TrainingEvent[]> {
  return page.evaluate(() => window.tappedEvents);
}

/** What the newest run told so far; its first seed only. */
export interface TappedRun {
  readonly points: readonly StepPoint[];
  readonly evaluations: readonly Evaluation[];
  /** Running seconds at the end of every report, with the step it ended at and whether an evaluation came before it. */
  readonly reports: readonly { readonly step: number; readonly seconds: number; readonly afterEvaluation: boolean }[];
  readonly result: RunResult | undefined;
  readonly majorityAccuracy: number;
}

export async function newestRun(page: Page): Promise<TappedRun> {
  const events = await tappedEvents(page);
  const run = events.slice(events.findLastIndex(({ kind }) => kind === "seed-started"));
  const points = run.flatMap((event) => (event.kind === "steps" ? event.points : []));
  const evaluations = run.flatMap((event) => (event.kind === "evaluated" ? [event.evaluation] : []));
  const reports = run.flatMap((event, index) => {
    if (event.kind !== "steps") return [];
    const since = run.slice(run.slice(0, index).findLastIndex(({ kind }) => kind === "steps") + 1, index);
    const afterEvaluation = since.some(({ kind }) => kind === "evaluated" || kind === "seed-started");
    return [{ step: event.points.at(-1)?.step ?? 0, seconds: event.seconds, afterEvaluation }];
  });
  const [started] = run;
  const finished = run.find((event) => event.kind === "finished");
  return {
    points,
    evaluations,
    reports,
    result: finished?.record,
    majorityAccuracy: started?.kind === "seed-started" ? started.facts.majorityAccuracy : Number.NaN,
  };
}

/**
 * Seconds of a step between every two reports with nothing but steps between them, ascending. The lowest say how fast the
 * engine is; the highest how busy the machine was with other things.
 */
export function secondsPerStep({ reports }: Pick<TappedRun, "reports">): number[] {
  const seconds = reports.flatMap(({ step, seconds: end, afterEvaluation }, index) => {
    const before = reports[index - 1];
    return before === undefined || afterEvaluation ? [] : [(end - before.seconds) / (step - before.step)];
  });
  return seconds.toSorted((a, b) => a - b);
}

/** Waits until the worker has told an event of this kind for the `count`-th time since the page was opened. */
export async function waitForEvent(
  page: Page,
  kind: TrainingEvent["kind"],
  count: number,
  timeout: number,
): Promise<void> {
  const arrived = ([wanted, times]: [string, number]) =>
    window.tappedEvents.filter((event) => event.kind === wanted).length >= times;
  await page.waitForFunction(arrived, [kind, count] as [string, number], { timeout });
}

export async function countEvents(page: Page, kind: TrainingEvent["kind"]): Promise<number> {
  return (await tappedEvents(page)).filter((event) => event.kind === kind).length;
}
