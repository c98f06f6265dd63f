/** Learning rate on a logarithmic slider. Its default belongs to the method: prompts need more than whole models. */
import { formatNumber } from "../../lib/format.ts";
import { useDraft } from "../../store/draft.ts";
import { Hint } from "../shared/Hint.tsx";
import { StopSlider } from "../shared/StopSlider.tsx";
import { ResetButton } from "./ResetButton.tsx";

const STOPS = [1e-5, 3e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1];

const HINT =
  "The size of each update. Prompts are few numbers far from the loss and want rates ten to a hundred times larger than whole models; too large a rate makes the loss jump or grow.";

export function LearningRateSlider() {
  const rate = useDraft(({ experiment }) => experiment.training.learningRate);
  const change = useDraft((draft) => draft.change);
  return (
    <StopSlider
      label="Learning rate"
      value={rate}
      stops={STOPS}
      words={formatNumber}
      onChange={(value) => change("training.learningRate", value)}
      aside={(labelId) => (
        <>
          <Hint text={HINT} of={labelId} />
          <ResetButton path="training.learningRate" labelId={labelId} />
        </>
      )}
    />
  );
}
