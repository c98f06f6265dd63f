/** What the chosen examples look like to the model. */
import { formatCount, formatPercent } from "../../lib/format.ts";
import { dataLabel, useData } from "../../store/data.ts";
import { useDraft } from "../../store/draft.ts";
import { Rows } from "../shared/icons.tsx";
import { ChipPopover, Facts } from "./ChipPopover.tsx";
import classes from "./Header.module.css";

export function DataChip() {
  const data = useDraft(({ experiment }) => experiment.data);
  const report = useData((state) => state.report);
  return (
    <ChipPopover
      name="Data"
      chip={
        <>
          <Rows />
          <span className={classes.chipText}>
            <strong>{dataLabel(data)}</strong>
            {report && ` · ${formatCount(report.trainExamples)}/${formatCount(report.evaluationExamples)}`}
          </span>
        </>
      }
    >
      {report ? (
        <Facts
          rows={[
            ["To train on", formatCount(report.trainExamples)],
            ["To evaluate", formatCount(report.evaluationExamples)],
            [
              report.input === "text" || report.input === "pair" ? "Classes" : "Examples",
              Object.entries(report.trainPerLabel)
                .map(([label, count]) => `${label} ${formatCount(count)}`)
                .join(", "),
            ],
            [`Without learning: ${report.baseline}`, `${report.scoreName} ${formatPercent(report.majorityAccuracy)}`],
            [
              "Tokens per text",
              `median ${formatCount(report.medianTokens)}, longest ${formatCount(report.longestTokens)}`,
            ],
            ...(report.input === "question" ? ([["Windows", formatCount(report.sequences)]] as const) : []),
            ["Cut to fit", formatCount(report.truncated)],
            ["Unknown tokens", formatPercent(report.unknownShare)],
          ]}
        />
      ) : (
        <p>No examples are read yet.</p>
      )}
    </ChipPopover>
  );
}
