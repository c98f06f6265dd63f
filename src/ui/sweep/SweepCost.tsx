/** What a sweep costs before it starts: cells, steps, time, and cells that cannot be trained. */
import type { Sweep, SweepCell } from "../../config/sweep.ts";
import { formatCount, formatSeconds } from "../../lib/format.ts";
import { secondsOf } from "../../store/sweepEstimate.ts";
import { Message } from "../shared/Message.tsx";
import { useSweepEstimate } from "./useSweepEstimate.ts";
import classes from "./Sweep.module.css";

interface SweepCostProps {
  readonly sweep: Sweep;
  readonly cells: readonly SweepCell[];
}

export function SweepCost({ sweep, cells }: SweepCostProps) {
  const answer = useSweepEstimate(sweep);
  const estimate = answer !== undefined && "cells" in answer ? answer : undefined;
  const seconds = estimate && secondsOf(estimate);
  const steps = cells.reduce((sum, { experiment }) => sum + experiment.training.steps, 0);
  const sizes = sweep.axes.map(({ values }) => values.length).join(" × ");
  const seeds = sweep.seeds.length === 1 ? "1 seed" : `${sweep.seeds.length} seeds`;
  return (
    <div aria-live="polite">
      <p className={classes.cost}>
        <b>{formatCount(cells.length)} cells</b>
        <span>
          {sizes} × {seeds}
        </span>
        <span>{formatCount(steps)} steps</span>
        <span>{timeWords(seconds, answer === undefined)}</span>
      </p>
      {answer !== undefined && "problem" in answer && <Message kind="problem">{answer.problem}</Message>}
      {estimate?.problems.map(({ message, cells: count }) => (
        <Message key={message} kind="problem">
          {count} of {cells.length} cells cannot be trained: {message}
        </Message>
      ))}
    </div>
  );
}

function timeWords(seconds: number | undefined, waiting: boolean): string {
  if (seconds !== undefined) return `~ ${formatSeconds(seconds)}`;
  return waiting ? "counting the time" : "time: after a first run";
}
