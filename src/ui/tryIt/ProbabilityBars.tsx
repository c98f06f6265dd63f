/** Names with their probabilities as bars; the answer is set in bold. */
import classes from "./TryIt.module.css";

export interface Share {
  readonly name: string;
  /** Undefined until it is known. */
  readonly share: number | undefined;
  readonly isAnswer: boolean;
}

export function ProbabilityBars({ shares, trained }: { readonly shares: readonly Share[]; readonly trained: boolean }) {
  return (
    <ul className={classes.bars} data-trained={trained || undefined}>
      {shares.map(({ name, share, isAnswer }) => (
        <li key={name} data-answer={isAnswer || undefined}>
          <span className={classes.label}>{name}</span>
          <span className={classes.track}>
            <i style={{ transform: `scaleX(${share ?? 0})` }} />
          </span>
          <span className={classes.share}>{share === undefined ? "–" : share.toFixed(2)}</span>
        </li>
      ))}
    </ul>
  );
}
