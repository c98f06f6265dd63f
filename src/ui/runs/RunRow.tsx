/** One run: its colour and name, what differs from the run before, what came out. */
import { Checkbox } from "@mantine/core";
import { memo, useId } from "react";
import { formatScore, formatSeconds } from "../../lib/format.ts";
import { runStyle } from "../../lib/runColours.ts";
import { deviation, mean } from "../../lib/statistics.ts";
import { describeDifferences, describeExperiment } from "../../store/describeRun.ts";
import { bestOf, isLive, lastOf, type RunEntry } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { scoreNameOf, secondFigure } from "../../store/taskWords.ts";
import { taskDescriptions, type TaskKind } from "../../tasks/index.schema.ts";
import type { Evaluation } from "../../worker/protocol.ts";
import { OtherScores } from "./OtherScores.tsx";
import { RunMenu } from "./RunMenu.tsx";
import { StoredCell } from "./StoredCell.tsx";
import classes from "./Runs.module.css";

interface RunRowProps {
  readonly run: RunEntry;
  readonly before: RunEntry | undefined;
}

export const RunRow = memo(function RunRow({ run, before }: RunRowProps) {
  const selected = useRuns((state) => state.selectedId === run.id);
  const hidden = useRuns((state) => state.hidden.has(run.id));
  const select = useRuns((state) => state.select);
  const hover = useRuns((state) => state.hover);
  const toggleHidden = useRuns((state) => state.toggleHidden);
  const checkbox = useId();
  const { colour, dash } = runStyle(run.colour);
  const best = bestOf(run);
  return (
    <tr
      className={classes.row}
      data-selected={selected || undefined}
      onPointerEnter={() => hover(run.id)}
      onPointerLeave={() => hover(undefined)}
      onClick={() => select(run.id)}
    >
      <td onClick={(event) => event.stopPropagation()}>
        <label htmlFor={checkbox} className={classes.check}>
          <Checkbox
            id={checkbox}
            size="xs"
            aria-label={`Show ${run.name}`}
            checked={!hidden}
            onChange={() => toggleHidden(run.id)}
          />
        </label>
      </td>
      <td className={classes.what}>
        <button
          type="button"
          className={classes.name}
          aria-pressed={selected}
          onClick={() => select(run.id)}
          onFocus={() => hover(run.id)}
          onBlur={() => hover(undefined)}
        >
          <svg width="18" height="8" aria-hidden="true">
            <line x1="0" x2="18" y1="4" y2="4" stroke={colour} strokeWidth="3.5" strokeDasharray={dash} />
          </svg>
          {run.name}
        </button>
        <Status run={run} />
        <div className={classes.difference}>{differenceWords(run, before)}</div>
        <OtherScores run={run} />
        <div className={classes.narrow}>
          <StoredCell run={run} />
        </div>
      </td>
      <td className={classes.number}>
        <Score evaluations={best} name={scoreNameOf(run)} />
      </td>
      <td className={classes.number}>{meanOf(lastOf(run).map(({ accuracy }) => accuracy))}</td>
      <td className={`${classes.number} ${classes.extra}`}>
        <SecondFigure kind={run.experiment.task.kind} evaluations={best} />
      </td>
      <td className={`${classes.number} ${classes.extra}`}>
        <StoredCell run={run} />
      </td>
      <td className={`${classes.number} ${classes.extra}`}>
        {run.seconds !== undefined && formatSeconds(run.seconds)}
      </td>
      <td onClick={(event) => event.stopPropagation()}>
        <RunMenu run={run} />
      </td>
    </tr>
  );
});

/** One run with its interval, or several seeds with their deviation. */
function Score({ evaluations, name }: { readonly evaluations: readonly Evaluation[]; readonly name: string }) {
  const [first] = evaluations;
  if (!first) return null;
  const values = evaluations.map(({ accuracy }) => accuracy);
  return (
    <>
      <b title={name}>{formatScore(mean(values))}</b>
      {name !== "accuracy" && <div className={classes.spread}>{name}</div>}
      <div className={classes.spread}>
        {evaluations.length > 1
          ? `± ${formatScore(deviation(values))}, ${evaluations.length} seeds`
          : first.interval.map(twoDigits).join("–")}
      </div>
    </>
  );
}

function twoDigits(value: number): string {
  return value.toFixed(2).replace(/^0/, "");
}

function meanOf(values: readonly number[]): string {
  return values.length === 0 ? "" : formatScore(mean(values));
}

/** What the task reports besides its score, with its name. */
function SecondFigure({ kind, evaluations }: { readonly kind: TaskKind; readonly evaluations: readonly Evaluation[] }) {
  const values = evaluations.flatMap((evaluation) => secondFigure(kind, evaluation) ?? []);
  const { label, meaning } = taskDescriptions[kind].second;
  if (values.length === 0) return null;
  return (
    <span title={meaning}>
      {meanOf(values)}
      <div className={classes.spread}>{label}</div>
    </span>
  );
}

function Status({ run }: { readonly run: RunEntry }) {
  const origin = run.example ? "example" : run.opened ? "opened" : undefined;
  if (run.status === "finished") return origin === undefined ? null : <span className={classes.badge}>{origin}</span>;
  return (
    <span className={classes.badge} data-status={run.status}>
      {isLive(run) && run.status === "running" ? `step ${run.step}` : run.status}
    </span>
  );
}

function differenceWords(run: RunEntry, before: RunEntry | undefined): string {
  if (run.problem) return run.problem;
  if (!before) return describeExperiment(run.experiment);
  const differences = describeDifferences(before.experiment, run.experiment);
  return differences.length > 0 ? differences.join(", ") : "same settings again";
}
