/** What a run answers on every evaluation example: which labels it mixes up, and the examples behind that. */
import { Button } from "@mantine/core";
import { useMemo, useState } from "react";
import { confusionOf, frequentConfusions, type ExampleOutcome } from "../../lib/exampleOutcome.ts";
import { formatScore } from "../../lib/format.ts";
import { downloadPredictions } from "../../store/inspection.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import type { PredictionsReport } from "../../worker/protocol.ts";
import { ConfusionTable, type ConfusionCell } from "./ConfusionTable.tsx";
import { ExamplesTable } from "./ExamplesTable.tsx";
import classes from "./Inside.module.css";

/** A matrix of more labels says less than the list of what was mixed up. */
const MOST_LABELS = 12;

export function Predictions({ run, report }: { readonly run: RunEntry; readonly report: PredictionsReport }) {
  const { outcomes, labels, scores } = report;
  const [cell, setCell] = useState<ConfusionCell>();
  const matrix = useMemo(() => confusionOf(outcomes, labels), [outcomes, labels]);
  const mixed = useMemo(() => (matrix ? frequentConfusions(matrix).slice(0, 6) : []), [matrix]);
  const shown = useMemo(() => outcomes.filter((outcome) => isIn(outcome, cell)), [outcomes, cell]);
  return (
    <div className={classes.predictions}>
      <p className={classes.summary}>
        <span>
          <b>{formatScore(scores.accuracy)}</b> {run.facts?.scoreName} on {outcomes.length} evaluation examples, best
          checkpoint{run.seeds.length > 1 && ` of seed ${run.facts?.seed}`}
        </span>
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => downloadPredictions(run.name, report)}>
          Predictions as CSV
        </Button>
      </p>
      {matrix && (
        <div className={classes.confusion}>
          {matrix.labels.length <= MOST_LABELS && <ConfusionTable matrix={matrix} chosen={cell} onChoose={setCell} />}
          {(matrix.labels.length > 2 || matrix.unit === "words") && mixed.length > 0 && (
            <div>
              <h3 className={classes.heading}>Mixed up most</h3>
              <ol className={classes.mixed}>
                {mixed.map(({ gold, predicted, count, share }) => (
                  <li key={`${gold} ${predicted}`}>
                    <button type="button" className={classes.link} onClick={() => setCell({ gold, predicted })}>
                      {gold} taken for {predicted}
                    </button>{" "}
                    {count}, {Math.round(share * 100)} % of {gold}
                  </li>
                ))}
              </ol>
            </div>
          )}
        </div>
      )}
      {cell && (
        <p className={classes.summary}>
          <span>
            Only those with {cell.gold} taken for {cell.predicted}
          </span>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setCell(undefined)}>
            Show all
          </Button>
        </p>
      )}
      <ExamplesTable key={cell && `${cell.gold} ${cell.predicted}`} outcomes={shown} />
    </div>
  );
}

function isIn({ gold, predicted, words }: ExampleOutcome, cell: ConfusionCell | undefined): boolean {
  if (cell === undefined) return true;
  const pairs = words ?? [{ gold, predicted }];
  return pairs.some((pair) => pair.gold === cell.gold && pair.predicted === cell.predicted);
}
