/** The chart's twin for screen readers: the evaluations of every shown run, at most twenty each. */
import { memo } from "react";
import { formatScore } from "../../lib/format.ts";
import { curvesOf } from "../../store/curves.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import type { Metric } from "./chartRows.ts";

interface CurveTableProps {
  readonly title: string;
  readonly runs: readonly RunEntry[];
  readonly metric: Metric;
}

const MOST_EVALUATIONS = 20;

export const CurveTable = memo(function CurveTable({ title, runs, metric }: CurveTableProps) {
  return (
    <div className="visually-hidden">
      <table>
        <caption>{title} on the evaluation examples, by run and step</caption>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Values</th>
          </tr>
        </thead>
        <tbody>
          {runs.map(({ id, name }) => (
            <tr key={id}>
              <th scope="row">{name}</th>
              <td>{valuesInWords(id, metric)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
});

function valuesInWords(id: string, metric: Metric): string {
  const evaluations = curvesOf(id)[0]?.evaluations ?? [];
  const stride = Math.max(1, Math.ceil(evaluations.length / MOST_EVALUATIONS));
  const shown = evaluations.filter((_, index) => index % stride === 0 || index === evaluations.length - 1);
  return (
    shown.map((evaluation) => `step ${evaluation.step}: ${formatScore(evaluation[metric])}`).join("; ") || "none yet"
  );
}
