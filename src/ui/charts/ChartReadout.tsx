/** Values of every shown run under the cursor. An evaluation counts until the next one. */
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

const MOST_LINES = 8;

export function ChartReadout({ data, metric, active, label }: ChartReadoutProps) {
  const hovered = useRuns((state) => state.hoveredId);
  if (!active || label === undefined) return null;
  const { rows, runs } = data;
  const index = rows.findIndex(({ step }) => step === Number(label));
  if (index < 0) return null;
  const lines = runs
    .map((run, runIndex) => ({
      run,
      train: valueAt(rows, index, seriesKey(runIndex, metric, "train")),
      evaluation: valueAt(rows, index, seriesKey(runIndex, metric, "eval")),
    }))
    .filter(({ train, evaluation }) => train !== undefined || evaluation !== undefined)
    .slice(-MOST_LINES);
  return (
    <table className={classes.readout}>
      <thead>
        <tr>
          <th scope="col">step {label}</th>
          <th scope="col">eval</th>
          <th scope="col">train</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(({ run, train, evaluation }) => (
          <tr key={run.id} data-faded={(hovered !== undefined && hovered !== run.id) || undefined}>
            <th scope="row">
              <i style={{ background: runStyle(run.colour).colour }} /> {run.name}
            </th>
            <td>{evaluation === undefined ? "" : formatScore(evaluation)}</td>
            <td>{train === undefined ? "" : formatScore(train)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
