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
              "Classes",
              Object.entries(report.trainPerLabel)
                .map(([label, count]) => `${label} ${formatCount(count)}`)
                .join(", "),
            ],
            ["Always the commonest", `${formatPercent(report.majorityAccuracy)} right`],
            [
              "Tokens per text",
              `median ${formatCount(report.medianTokens)}, longest ${formatCount(report.longestTokens)}`,
            ],
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
