/** The confusion matrix: what is right by rows, what was predicted by columns. A cell chooses the examples in it. */
import type { ConfusionMatrix } from "../../lib/exampleOutcome.ts";
import { variables } from "../shared/variables.ts";
import classes from "./Inside.module.css";

export interface ConfusionCell {
  readonly gold: string;
  readonly predicted: string;
}

interface ConfusionTableProps {
  readonly matrix: ConfusionMatrix;
  readonly chosen: ConfusionCell | undefined;
  readonly onChoose: (cell: ConfusionCell | undefined) => void;
}

export function ConfusionTable({ matrix, chosen, onChoose }: ConfusionTableProps) {
  const { labels, counts, unit } = matrix;
  return (
    <div className={classes.scroll}>
      <table className={classes.matrix} aria-label={`Confusion matrix, counts of ${unit}`}>
        <thead>
          <tr>
            <th scope="col">
              <span className={classes.axes}>right ↓ predicted →</span>
            </th>
            {labels.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((gold, row) => {
            const own = counts[row] ?? [];
            const total = own.reduce((sum, count) => sum + count, 0);
            return (
              <tr key={gold}>
                <th scope="row">{gold}</th>
                {labels.map((predicted, column) => {
                  const count = own[column] ?? 0;
                  const share = total === 0 ? 0 : count / total;
                  const isChosen = chosen?.gold === gold && chosen.predicted === predicted;
                  return (
                    <td key={predicted}>
                      <button
                        type="button"
                        className={classes.cell}
                        aria-label={`${gold} predicted as ${predicted}: ${count} ${unit}`}
                        aria-pressed={isChosen}
                        data-right={row === column || undefined}
                        style={variables({ "--share": `${Math.round(share * 60)}%` })}
                        onClick={() => onChoose(isChosen ? undefined : { gold, predicted })}
                      >
                        {count}
                      </button>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
