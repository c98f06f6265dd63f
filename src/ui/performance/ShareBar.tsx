/** One bar cut into parts, with a legend that says the same in words. */
import type { BarPart } from "./performanceParts.ts";
import classes from "./Performance.module.css";

interface ShareBarProps {
  readonly label: string;
  readonly parts: readonly BarPart[];
}

export function ShareBar({ label, parts }: ShareBarProps) {
  return (
    <div className={classes.share}>
      <span className={classes.shareLabel}>{label}</span>
      <div className={classes.bar} aria-hidden="true">
        {parts.map(({ label: part, tone, share }) => (
          <i key={part} data-tone={tone} style={{ flexGrow: share }} />
        ))}
      </div>
      <ul className={classes.legend} aria-label={label}>
        {parts.map(({ label: part, tone, text }) => (
          <li key={part}>
            <i data-tone={tone} /> {part} <b>{text}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
