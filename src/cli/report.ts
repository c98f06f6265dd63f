/** What `train` prints: JSON lines for programs, or a progress line for people. */
import { deviation, mean } from "../lib/statistics.ts";
import type { Scores } from "../tasks/task.ts";
import type { Evaluation, OtherFacts, RunOutcome, RunResult, TrainingEvent } from "../training/events.ts";
import { meanScore } from "../training/seedRun.ts";

export interface Reporter {
  see(event: TrainingEvent): void;
  finish(result: RunResult, outcome: RunOutcome): void;
}

/** `before` are the scores without any training, where the task has such. */
export function createReporter(json: boolean, before?: Scores): Reporter {
  return json ? jsonReporter(before) : textReporter(before);
}

function jsonReporter(before: Scores | undefined): Reporter {
  let scoreName = "accuracy";
  let others: readonly OtherFacts[] = [];
  const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  return {
    see(event) {
      switch (event.kind) {
        case "seed-started":
          ({ scoreName, others = [] } = event.facts);
          break;
        case "steps":
          for (const { step, loss, accuracy } of event.points) print({ step, loss, accuracy });
          break;
        case "evaluated":
          print({ eval: evaluationFigures(event.evaluation, scoreName, others), step: event.evaluation.step });
          break;
        case "advice":
          print({ advice: event.advice, step: event.step, message: event.message });
          break;
        default:
      }
    },
    finish: (result, outcome) => print({ final: finalFigures(result, outcome, before) }),
  };
}

/** The score under its own name (`accuracy`, `f1`, …) with everything the task reports besides. */
function figuresOf({ accuracy, interval, macroF1, loss, examples, figures }: Scores, scoreName: string) {
  return { [keyOf(scoreName)]: accuracy, interval, macroF1, ...figures, loss, examples };
}

/** With further data sets the mean of all scores, and every data set's figures by its name. */
function evaluationFigures(evaluation: Evaluation, scoreName: string, facts: readonly OtherFacts[]) {
  const { others = [] } = evaluation;
  if (others.length === 0) return figuresOf(evaluation, scoreName);
  const further = facts.map(({ name, scoreName: own }, place) => {
    const scores = others[place];
    return [name, scores === undefined ? undefined : figuresOf(scores, own)];
  });
  return { ...figuresOf(evaluation, scoreName), mean: meanScore(evaluation), dataSets: Object.fromEntries(further) };
}

/** "F1" → `f1`, "token accuracy" → `tokenAccuracy`. */
function keyOf(scoreName: string): string {
  return scoreName.toLowerCase().replace(/ (\w)/g, (_space, letter: string) => letter.toUpperCase());
}

/** The last line: metrics of the last and the best evaluation, means over seeds, what was trained, where and how long. */
function finalFigures(result: RunResult, outcome: RunOutcome, before: Scores | undefined) {
  const { facts, seeds, seconds, stepsPerSecond } = result;
  const best = seeds.map((seed) => seed.best.accuracy);
  const { last, shared } = seeds.at(-1) ?? {};
  return {
    outcome,
    score: facts.scoreName,
    ...(last === undefined ? {} : evaluationFigures(last, facts.scoreName, facts.others ?? [])),
    ...(shared === undefined ? {} : { shared: evaluationFigures(shared, facts.scoreName, facts.others ?? []) }),
    ...(before === undefined ? {} : { before: figuresOf(before, facts.scoreName) }),
    best: { mean: mean(best), deviation: deviation(best), seeds: best },
    last: { mean: mean(seeds.map((seed) => seed.last.accuracy)), seeds: seeds.map((seed) => seed.last.accuracy) },
    majority: facts.majorityAccuracy,
    baseline: { name: facts.baseline, score: facts.majorityAccuracy },
    trained: facts.trained,
    seconds,
    stepsPerSecond,
    backend: facts.backend,
    adapter: facts.adapter,
  };
}

function textReporter(before: Scores | undefined): Reporter {
  const line = (text: string): void => void process.stderr.write(`${text}\n`);
  let steps = 0;
  let scoreName = "accuracy";
  let others: readonly OtherFacts[] = [];
  return {
    see(event) {
      switch (event.kind) {
        case "seed-started": {
          const { facts } = event;
          ({ steps, scoreName, others = [] } = facts);
          line(`seed ${facts.seed}: ${facts.trainExamples} examples, ${facts.backend} on ${facts.adapter}`);
          if (before !== undefined) line(`  before training: ${scoreName} ${percent(before.accuracy)}`);
          line(`  ${facts.baseline}: ${scoreName} ${percent(facts.majorityAccuracy)}`);
          for (const { name, trainExamples, ...other } of others) {
            line(`  shared with ${name}: ${trainExamples} examples`);
            line(`    ${other.baseline}: ${other.scoreName} ${percent(other.majorityAccuracy)}`);
          }
          break;
        }
        case "steps":
          progressLine(event.points.at(-1), steps);
          break;
        case "evaluated":
          line(
            `\r  step ${event.evaluation.step}: ${scoreName} ${percent(event.evaluation.accuracy)}${event.best ? " (best)" : ""}`,
          );
          if (event.evaluation.others !== undefined) line(otherScores(event.evaluation, others));
          break;
        case "advice":
          line(`\r${event.message}`);
          break;
        default:
      }
    },
    finish(result, outcome) {
      const best = result.seeds.map((seed) => seed.best.accuracy);
      const spread = best.length > 1 ? ` ± ${percent(deviation(best))} over ${best.length} seeds` : "";
      line(`${outcome}: best ${scoreName} ${percent(mean(best))}${spread}, ${result.seconds.toFixed(1)} s`);
    },
  };
}

function progressLine(point: { step: number; loss: number } | undefined, steps: number): void {
  if (point === undefined || !process.stderr.isTTY) return;
  const width = 24;
  const done = Math.round((width * point.step) / steps);
  const bar = "█".repeat(done) + "░".repeat(width - done);
  process.stderr.write(`\r${bar} ${point.step}/${steps}  loss ${point.loss.toFixed(3)} `);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** "    slots F1 41.2 %, roles F1 30.0 %; mean 37.5 %" */
function otherScores(evaluation: Evaluation, facts: readonly OtherFacts[]): string {
  const scores = facts.map(({ name, scoreName }, place) => {
    return `${name} ${scoreName} ${percent(evaluation.others?.[place]?.accuracy ?? 0)}`;
  });
  return `    ${scores.join(", ")}; mean ${percent(meanScore(evaluation))}`;
}
