/** The comparison in words and numbers: under the cursor, and as a table for screen readers. */
import { formatScore } from "../../lib/format.ts";
import { runStyle } from "../../lib/runColours.ts";
import type { CompareAxis, CompareLine } from "../../store/compare.ts";
import classes from "./Charts.module.css";

/** What a line holds fixed, in words. */
export function lineWords(fixed: number, axis: CompareAxis): string {
  if (axis === "depth") return `length ${fixed}`;
  return fixed === 0 ? "at the input" : `${fixed} ${fixed === 1 ? "layer" : "layers"}`;
}

interface ComparisonProps {
  readonly lines: readonly CompareLine[];
  readonly axis: CompareAxis;
}

interface CompareReadoutProps extends ComparisonProps {
  /** Given by the chart. */
  readonly active?: boolean;
  readonly label?: string | number | undefined;
}

export function CompareReadout({ lines, axis, active, label }: CompareReadoutProps) {
  if (!active) return null;
  const x = Number(label);
  const entries = lines.flatMap(({ fixed, points }, index) => {
    const point = points.find((candidate) => candidate.x === x);
    return point ? [{ fixed, point, colour: runStyle(index).colour }] : [];
  });
  return (
    <table className={classes.readout}>
      <tbody>
        {entries.map(({ fixed, point, colour }) => (
          <tr key={fixed}>
            <th scope="row">
              <i style={{ background: colour }} /> {axis === "length" ? `length ${x}` : `depth ${x}`},{" "}
              {lineWords(fixed, axis)}
            </th>
            <td>
              {formatScore(point.mean)}
              {point.seeds > 1 && ` ± ${formatScore(point.deviation)} (${point.seeds})`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function CompareTable({ lines, axis, score }: ComparisonProps & { readonly score: string }) {
  return (
    <div className="visually-hidden">
      <table>
        <caption>
          Best {score} on the evaluation examples against {axis === "length" ? "prompt length" : "depth"}
        </caption>
        <tbody>
          {lines.flatMap(({ fixed, points }) =>
            points.map(({ x, mean, deviation, seeds }) => (
              <tr key={`${fixed}-${x}`}>
                <th scope="row">
                  {lineWords(fixed, axis)}, {axis} {x}
                </th>
                <td>
                  {formatScore(mean)}, deviation {formatScore(deviation)} over {seeds} {seeds === 1 ? "seed" : "seeds"}
                </td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}
