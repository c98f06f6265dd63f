/** Evaluation examples with right answer, prediction and loss; worst first, sortable, as many rows as asked for. */
import { Button, Switch } from "@mantine/core";
import { useMemo, useState, type ReactNode } from "react";
import type { ExampleOutcome } from "../../lib/exampleOutcome.ts";
import { OutcomeText } from "./OutcomeText.tsx";
import { sortedOutcomes, type OutcomeColumn } from "./sortedOutcomes.ts";
import classes from "./Inside.module.css";

const ROWS = 10;
const MORE = 40;

export function ExamplesTable({ outcomes }: { readonly outcomes: readonly ExampleOutcome[] }) {
  const [column, setColumn] = useState<OutcomeColumn>("loss");
  const [descending, setDescending] = useState(true);
  const [wrongOnly, setWrongOnly] = useState(false);
  const [rows, setRows] = useState(ROWS);
  const kept = useMemo(() => (wrongOnly ? outcomes.filter(({ score }) => score < 1) : outcomes), [outcomes, wrongOnly]);
  const sorted = useMemo(() => sortedOutcomes(kept, column, descending), [kept, column, descending]);
  const sort = (next: OutcomeColumn) => {
    setDescending(next === column ? !descending : next === "loss");
    setColumn(next);
  };
  const header = (name: OutcomeColumn, words: ReactNode) => (
    <SortHeader name={name} column={column} descending={descending} onSort={sort}>
      {words}
    </SortHeader>
  );
  const hasLabels = outcomes.some(({ probabilities }) => probabilities !== undefined);
  return (
    <>
      <div className={classes.summary}>
        <h3 className={classes.heading}>Examples</h3>
        <Switch
          size="xs"
          label="Only wrong ones"
          checked={wrongOnly}
          onChange={(event) => setWrongOnly(event.currentTarget.checked)}
        />
      </div>
      {sorted.length === 0 ? (
        <p className={classes.quiet}>None.</p>
      ) : (
        <table className={classes.examples} aria-label="Examples">
          <thead>
            <tr>
              {header("place", "No.")}
              <th scope="col">Text</th>
              {header("gold", "Right")}
              {header("predicted", "Predicted")}
              {hasLabels ? header("probability", "Certainty") : header("score", "Score")}
              {header("loss", "Loss")}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, rows).map((outcome) => (
              <ExampleRow key={outcome.place} outcome={outcome} />
            ))}
          </tbody>
        </table>
      )}
      {sorted.length > rows && (
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setRows(rows + MORE)}>
          Show {Math.min(MORE, sorted.length - rows)} more of {sorted.length - rows}
        </Button>
      )}
    </>
  );
}

interface SortHeaderProps {
  readonly name: OutcomeColumn;
  readonly column: OutcomeColumn;
  readonly descending: boolean;
  readonly onSort: (column: OutcomeColumn) => void;
  readonly children: ReactNode;
}

function SortHeader({ name, column, descending, onSort, children }: SortHeaderProps) {
  const isSorted = name === column;
  return (
    <th scope="col" aria-sort={isSorted ? (descending ? "descending" : "ascending") : "none"}>
      <button type="button" className={classes.sort} onClick={() => onSort(name)}>
        {children} <span aria-hidden="true">{isSorted ? (descending ? "↓" : "↑") : ""}</span>
      </button>
    </th>
  );
}

function ExampleRow({ outcome }: { readonly outcome: ExampleOutcome }) {
  const { place, gold, predicted, score, loss, probabilities, words } = outcome;
  const certainty = probabilities?.[predicted];
  return (
    <tr>
      <td>{place}</td>
      <td className={classes.text}>
        <OutcomeText outcome={outcome} />
      </td>
      <td data-name="right">{words === undefined ? gold : ""}</td>
      <td data-name="predicted" data-wrong={score < 1 || undefined}>
        {words === undefined ? predicted : `${words.filter((word) => word.gold !== word.predicted).length} wrong`}
      </td>
      <td data-name={certainty === undefined ? "score" : "certainty"}>{(certainty ?? score).toFixed(2)}</td>
      <td data-name="loss">{loss.toFixed(2)}</td>
    </tr>
  );
}
