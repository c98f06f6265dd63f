/** A map of a sweep: a table whose squares say the mean of the best scores and are coloured by it. A square chooses its best run. */
import type { CSSProperties } from "react";
import { formatScore } from "../../lib/format.ts";
import { bestOf, type RunEntry } from "../../store/runEntry.ts";
import { useRuns } from "../../store/runs.ts";
import { squareWords, type MapAxes, type MapSquare, type SweepMap } from "../../store/sweepMap.ts";
import { fieldFor, type SweepField } from "./sweepFields.ts";
import classes from "./Sweep.module.css";

interface SweepMapTableProps {
  readonly map: SweepMap;
  readonly axes: MapAxes;
  /** What the settings of the sweep's method are called. */
  readonly fields: readonly SweepField[];
  readonly range: readonly [number, number] | undefined;
}

export function SweepMapTable({ map, axes, fields, range }: SweepMapTableProps) {
  const titleOf = (field: string | undefined) => (field === undefined ? "" : fieldFor(fields, field).title);
  const fixed = map.fixed.map(({ field, value }) => `${titleOf(field)} ${squareWords(value)}`).join(", ");
  return (
    <div className={classes.scroll}>
      <table className={classes.map}>
        <caption>
          Best score{fixed === "" ? "" : `, ${fixed}`}
          {range !== undefined && <Scale range={range} />}
        </caption>
        <thead>
          <tr>
            <th scope="col" className={classes.corner}>
              {titleOf(axes.row?.field)}
              <span aria-hidden="true"> ↓ </span>
              {titleOf(axes.column?.field)}
              <span aria-hidden="true"> →</span>
            </th>
            {map.columns.map((value) => (
              <th key={squareWords(value)} scope="col">
                {squareWords(value)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {map.rows.map((value, row) => (
            <tr key={squareWords(value)}>
              <th scope="row">{squareWords(value)}</th>
              {map.squares[row]?.map((square, column) => (
                <Square key={squareWords(map.columns[column])} square={square} range={range} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Scale({ range: [low, high] }: { readonly range: readonly [number, number] }) {
  return (
    <span className={classes.scale}>
      {formatScore(low)} <i aria-hidden="true" /> {formatScore(high)}
    </span>
  );
}

interface SquareProps {
  readonly square: MapSquare;
  readonly range: readonly [number, number] | undefined;
}

function Square({ square, range }: SquareProps) {
  const select = useRuns((state) => state.select);
  const chosen = useRuns(({ selectedId }) => square.finished.some(({ id }) => id === selectedId));
  const best = bestRun(square.finished);
  const content = (
    <>
      <b>{square.mean === undefined ? emptyWords(square) : formatScore(square.mean)}</b>
      <span className={classes.seeds}>{seedWords(square)}</span>
    </>
  );
  return (
    <td
      style={{ "--share": shareOf(square.mean, range) } as CSSProperties}
      data-scored={square.mean !== undefined || undefined}
      data-live={square.live !== undefined || undefined}
    >
      {best === undefined ? (
        <div className={classes.square}>{content}</div>
      ) : (
        <button
          type="button"
          className={classes.square}
          aria-pressed={chosen}
          title={`Choose ${best.name}`}
          onClick={() => select(best.id)}
        >
          {content}
        </button>
      )}
    </td>
  );
}

function bestRun(runs: readonly RunEntry[]): RunEntry | undefined {
  const score = (run: RunEntry) => bestOf(run)[0]?.accuracy ?? 0;
  return runs.toSorted((a, b) => score(b) - score(a))[0];
}

/** Where a score lies between the lowest and the highest of the map. */
function shareOf(score: number | undefined, range: readonly [number, number] | undefined): number {
  if (score === undefined || range === undefined) return 0;
  const [low, high] = range;
  return high === low ? 1 : (score - low) / (high - low);
}

function emptyWords({ live, failed }: MapSquare): string {
  if (live !== undefined) return `step ${live.step}`;
  return failed.length > 0 ? "failed" : "–";
}

/** The spread once every seed has ended, before that how many have. */
function seedWords({ finished, seeds, deviation }: MapSquare): string {
  if (seeds === 1 || finished.length === 0) return "";
  return finished.length === seeds ? `± ${formatScore(deviation ?? 0)}` : `${finished.length} of ${seeds} seeds`;
}
