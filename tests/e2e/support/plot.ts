/** Reads values back from a drawn chart: pixels of its lines against the numbers at its axis. */
import type { Page } from "playwright-core";
import { region } from "./bench.ts";

export interface PlottedPoint {
  readonly step: number;
  readonly value: number;
}

export interface PlottedLine {
  readonly points: readonly PlottedPoint[];
  /** How much one pixel of height means. */
  readonly pixel: number;
}

/** A mark of an axis: its number and where it stands. */
interface Tick {
  readonly number: number;
  readonly at: number;
}

/**
 * The lines of a chart with this stroke width, in the order they are drawn.
 * @param width 1 for training, 2 for evaluation
 */
export async function plottedLines(page: Page, chart: "Loss" | "Accuracy", width: 1 | 2): Promise<PlottedLine[]> {
  const drawing = region(page, chart).locator("svg.recharts-surface").first();
  await drawing.locator(".recharts-yAxis-tick-labels text").nth(1).waitFor();
  const { x, y, paths } = await drawing.evaluate((svg, stroke) => {
    const ticks = (axis: "x" | "y") =>
      [...svg.querySelectorAll(`.recharts-${axis}Axis-tick-labels text`)].map((text) => ({
        number: Number(text.textContent),
        at: Number(text.getAttribute(axis)),
      }));
    const lines = [...svg.querySelectorAll(`path.recharts-line-curve[stroke-width="${stroke}"]`)];
    return { x: ticks("x"), y: ticks("y"), paths: lines.map((line) => line.getAttribute("d") ?? "") };
  }, width);
  const toStep = scaleOf(x);
  const toValue = scaleOf(y);
  const pixel = Math.abs(toValue(1) - toValue(0));
  return paths.map((path) => ({
    pixel,
    points: [...path.matchAll(/[ML]([-\d.]+),([-\d.]+)/g)].map(([, left, top]) => ({
      step: Math.round(toStep(Number(left))),
      value: toValue(Number(top)),
    })),
  }));
}

/** The straight line through an axis' first and last mark, from pixels to numbers. */
function scaleOf(ticks: readonly Tick[]): (at: number) => number {
  const [first, last] = [ticks[0], ticks.at(-1)];
  if (first === undefined || last === undefined || first === last)
    throw new Error("The chart's axis has fewer than two marks.");
  const slope = (last.number - first.number) / (last.at - first.at);
  return (at) => first.number + slope * (at - first.at);
}
