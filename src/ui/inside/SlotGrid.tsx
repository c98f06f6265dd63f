/** Layers by slots, each cell as strong as its number: the stack's picture with figures in it. Top layer first, as there. */
import { formatNumber } from "../../lib/format.ts";
import { variables } from "../shared/variables.ts";
import { layerName } from "./parts.ts";
import classes from "./Inside.module.css";

interface SlotGridProps {
  readonly label: string;
  /** What a cell's number is, for its title. */
  readonly unit: string;
  readonly rows: readonly {
    readonly layer: number;
    readonly cells: readonly number[];
    /** The row in words, behind its cells. */
    readonly words: string;
  }[];
}

export function SlotGrid({ label, unit, rows }: SlotGridProps) {
  const most = Math.max(...rows.flatMap(({ cells }) => cells), Number.MIN_VALUE);
  return (
    <table className={classes.grid} aria-label={label}>
      <tbody>
        {rows.toReversed().map(({ layer, cells, words }) => (
          <tr key={layer}>
            <th scope="row">{layerName(layer)}</th>
            <td className={classes.cells}>
              <span className={classes.strip} aria-hidden="true">
                {cells.map((value, slot) => (
                  <i
                    key={slot}
                    title={`slot ${slot + 1}: ${unit} ${formatNumber(value)}`}
                    style={variables({ "--strength": `${Math.round((100 * value) / most)}%` })}
                  />
                ))}
              </span>
            </td>
            <td>{words}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
