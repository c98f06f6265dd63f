/** Prompt length on a slider with a log feel; the stack picture follows while one drags. */
import { useDraft } from "../../store/draft.ts";
import { Hint } from "../shared/Hint.tsx";
import { StopSlider } from "../shared/StopSlider.tsx";
import { ResetButton } from "./ResetButton.tsx";

export const LENGTH_STOPS = [1, 2, 4, 8, 16, 32, 64, 100, 128];

const HINT =
  "How many virtual tokens are trained. More slots can say more, but cost time and can overfit small data; from about 16 to 20 on the gain usually fades.";

export function PromptLengthSlider({ length }: { readonly length: number }) {
  const change = useDraft((draft) => draft.change);
  return (
    <StopSlider
      label="Prompt length"
      value={length}
      stops={LENGTH_STOPS}
      onChange={(value) => change("method.promptLength", value)}
      aside={(labelId) => (
        <>
          <Hint text={HINT} source="Lester et al. 2021, section 3.2; Liu et al. 2022, section 4.4" of={labelId} />
          <ResetButton path="method.promptLength" labelId={labelId} />
        </>
      )}
    />
  );
}
