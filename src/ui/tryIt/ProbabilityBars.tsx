/** Probabilities per label as bars; the answer is set in bold. */
import type { Prediction } from "../../worker/protocol.ts";
import classes from "./TryIt.module.css";

interface ProbabilityBarsProps {
  readonly labels: readonly string[];
  readonly prediction: Prediction | undefined;
  readonly trained: boolean;
}

export function ProbabilityBars({ labels, prediction, trained }: ProbabilityBarsProps) {
  return (
    <ul className={classes.bars} data-trained={trained || undefined}>
      {labels.map((label) => {
        const share = prediction?.probabilities[label];
        return (
          <li key={label} data-answer={prediction?.label === label || undefined}>
            <span className={classes.label}>{label}</span>
            <span className={classes.track}>
              <i style={{ transform: `scaleX(${share ?? 0})` }} />
            </span>
            <span className={classes.share}>{share === undefined ? "–" : share.toFixed(2)}</span>
          </li>
        );
      })}
    </ul>
  );
}
