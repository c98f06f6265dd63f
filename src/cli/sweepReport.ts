/** What `sweep` prints: JSON lines for programs, or a line per cell for people. The cost comes first. */
import { secondsLeft } from "../config/sweepProgress.ts";
import { axisValueText, type SweepCell } from "../config/sweep.ts";
import type { SweepEvent } from "../experiments/sweep.ts";
import type { SweepCost } from "../experiments/sweepCost.ts";
import { formatCount, formatPercent, formatSeconds } from "../lib/format.ts";
import type { RunResult } from "../training/events.ts";

export interface SweepReporter {
  see(event: SweepEvent): void;
}

interface Progress {
  readonly done: number;
  readonly cells: number;
  readonly secondsLeft: number | undefined;
}

/** How one audience hears of it. */
interface Voice {
  cost(cost: SweepCost, done: number, secondsLeft: number | undefined): void;
  cell(cell: SweepCell, result: RunResult, progress: Progress): void;
  failed(cell: SweepCell, message: string): void;
  ended(event: Extract<SweepEvent, { kind: "ended" }>, progress: Progress): void;
}

/** @param before seconds of cells that were finished earlier, by id */
export function createSweepReporter(
  json: boolean,
  cost: SweepCost,
  before: ReadonlyMap<string, number>,
): SweepReporter {
  const voice = json ? jsonVoice : textVoice;
  const seconds = new Map(before);
  const failed = new Set<string>();
  const progress = (): Progress => ({
    done: seconds.size,
    cells: cost.cells.length,
    secondsLeft: secondsLeft(cost.cells, seconds, failed),
  });
  voice.cost(cost, seconds.size, progress().secondsLeft);
  return {
    see(event) {
      switch (event.kind) {
        case "cell-event": {
          if (event.event.kind !== "finished") return;
          const { record } = event.event;
          seconds.set(event.cell.id, record.seconds);
          return voice.cell(event.cell, record, progress());
        }
        case "cell-failed":
          failed.add(event.cell.id);
          return voice.failed(event.cell, event.message);
        case "ended":
          return voice.ended(event, progress());
        case "cell-started":
        case "cell-dropped":
          return;
        default:
          return event satisfies never;
      }
    },
  };
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const jsonVoice: Voice = {
  cost: ({ cells, problems }, done, left) =>
    print({ sweep: { cells: cells.length, done, steps: stepsOf(cells), problems, secondsLeft: left } }),
  cell({ id, values, seed }, { facts, seeds, seconds }, progress) {
    const [result] = seeds;
    const scores = { score: facts.scoreName, best: result?.best.accuracy, last: result?.last.accuracy };
    print({ cell: id, values, seed, ...scores, seconds, ...progress });
  },
  failed: ({ id, values, seed }, message) => print({ failed: id, values, seed, message }),
  ended: ({ outcome, failed }, { done, cells }) => print({ final: { outcome, cells, done, failed } }),
};

const line = (text: string): void => void process.stderr.write(`${text}\n`);

const textVoice: Voice = {
  cost({ cells, problems }, done, left) {
    const finished = done === 0 ? "" : `, ${done} of them finished before`;
    line(`${cells.length} cells, ${formatCount(stepsOf(cells))} steps${finished}${timeWords(left)}`);
    for (const { message, cells: count } of problems) line(`  ${count} cells cannot be trained: ${message}`);
  },
  cell(cell, { facts, seeds, seconds }, { done, cells, secondsLeft: left }) {
    const best = formatPercent(seeds[0]?.best.accuracy ?? NaN);
    line(
      `${done}/${cells}  ${cellWords(cell)}: best ${facts.scoreName} ${best}, ${formatSeconds(seconds)}${timeWords(left)}`,
    );
  },
  failed: (cell, message) => line(`${cellWords(cell)} could not be trained: ${message}`),
  ended({ outcome, failed }, { done, cells }) {
    const rest = outcome === "stopped" ? " The same command goes on from here." : "";
    line(`${outcome}: ${done} of ${cells} cells${failed === 0 ? "" : `, ${failed} failed`}.${rest}`);
  },
};

function stepsOf(cells: SweepCost["cells"]): number {
  return cells.reduce((sum, { steps }) => sum + steps, 0);
}

function timeWords(left: number | undefined): string {
  return left === undefined || left === 0 ? "" : `, about ${formatSeconds(left)} left`;
}

function cellWords({ values, seed }: SweepCell): string {
  const words = Object.entries(values).map(([field, value]) => `${field.split(".").at(-1)} ${axisValueText(value)}`);
  return [...words, `seed ${seed}`].join(", ");
}
