/** Values of every shown run under the cursor. An evaluation counts until the next one; before the first, the batch counts. */
import { formatScore } from "../../lib/format.ts";
import { runStyle } from "../../lib/runColours.ts";
import { useRuns } from "../../store/runs.ts";
import { seriesKey, valueAt, type Metric } from "./chartRows.ts";
import type { ChartData } from "./useChartData.ts";
import classes from "./Charts.module.css";

interface ChartReadoutProps {
  readonly data: ChartData;
  readonly metric: Metric;
  /** Given by the chart. */
  readonly active?: boolean;
  readonly label?: string | number | undefined;
}

const MOST_LINES = 7;

export function ChartReadout({ data, metric, active, label }: ChartReadoutProps) {
  const hovered = useRuns((state) => state.hoveredId);
  if (!active || label === undefined) return null;
  const { rows, runs } = data;
  const isBatchScored = metric === "loss" || data.scoresBatches;
  const index = rows.findIndex(({ step }) => step === Number(label));
  if (index < 0) return null;
  const value = (run: number, part: "eval" | "train") => valueAt(rows, index, seriesKey(run, metric, part));
  const lines = runs
    .map((run, runIndex) => ({
      run,
      value: value(runIndex, "eval") ?? (isBatchScored ? value(runIndex, "train") : undefined),
    }))
    .flatMap((line) => (line.value === undefined ? [] : [{ run: line.run, value: line.value }]))
    .sort((a, b) => b.value - a.value)
    .slice(0, MOST_LINES);
  return (
    <table className={classes.readout}>
      <caption>step {label}</caption>
      <tbody>
        {lines.map((line) => (
          <tr key={line.run.id} data-faded={(hovered !== undefined && hovered !== line.run.id) || undefined}>
            <td>{formatScore(line.value)}</td>
            <th scope="row">
              <i style={{ background: runStyle(line.run.colour).colour }} />
              {line.run.name}
            </th>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
