/** Examples per class: the few-shot slider. Its last stop is "all"; the seed decides which examples are drawn. */
import { useCallback } from "react";
import { useData } from "../../store/data.ts";
import { useDraft } from "../../store/draft.ts";
import { Hint } from "../shared/Hint.tsx";
import { StopSlider } from "../shared/StopSlider.tsx";
import { exampleStops } from "./exampleStops.ts";
import { ResetButton } from "./ResetButton.tsx";

const HINT =
  "Trains on k examples (of each class, where there are classes), drawn by the seed, to see how little data is enough. “All” uses the whole training part. Evaluation always uses every evaluation example.";

export function ExamplesSlider() {
  const chosen = useDraft(({ experiment }) => experiment.examplesPerClass);
  const change = useDraft((draft) => draft.change);
  const largest = useData(({ report }) => Math.max(2, ...Object.values(report?.trainPerLabel ?? { unknown: 128 })));
  const words = useCallback((value: number) => (value >= largest ? "all" : String(value)), [largest]);
  const classes = useDraft(({ task }) => task === "sequence-classification");
  const value = Math.min(chosen ?? largest, largest);
  return (
    <StopSlider
      label={classes ? "Examples per class" : "Examples"}
      value={value}
      stops={exampleStops(largest)}
      words={words}
      onChange={(next) => change("examplesPerClass", next >= largest ? null : next)}
      aside={(labelId) => (
        <>
          <Hint text={HINT} of={labelId} />
          <ResetButton path="examplesPerClass" labelId={labelId} />
        </>
      )}
    />
  );
}
