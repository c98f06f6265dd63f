/** One saving: what it does, whether the settings use it, and what a step takes without it. */
import { savingsSchema } from "../../config/training.ts";
import { formatBytes, formatNumber, formatPercent } from "../../lib/format.ts";
import { savedBy, type Measurement } from "../../store/performance.ts";
import type { SavingName, StepFigure } from "../../worker/protocol.ts";
import classes from "./Performance.module.css";

interface SavingRowProps {
  readonly name: SavingName;
  readonly isActive: boolean;
  readonly measurement: Measurement | undefined;
}

export function SavingRow({ name, isActive, measurement }: SavingRowProps) {
  const { title, description } = savingsSchema.shape[name].meta() ?? {};
  return (
    <tr data-saving={name}>
      <th scope="row">
        <span className={classes.name}>
          {title}
          {!isActive && <span className={classes.off}>off</span>}
        </span>
        <span className={classes.what}>{description}</span>
      </th>
      <Outcome name={name} measurement={measurement} />
    </tr>
  );
}

function Outcome({ name, measurement }: Omit<SavingRowProps, "isActive">) {
  const outcome = measurement?.outcomes[name];
  if (outcome === undefined) return <Words text={measurement?.state === "running" ? "…" : "not measured"} />;
  switch (outcome.kind) {
    case "unused":
      return <Words text="nothing to save in these settings" />;
    case "no-room":
      return <Words text="without it the device has too little memory" />;
    case "measured":
      return <Figures reference={measurement?.reference} without={outcome.step} />;
    default:
      return outcome satisfies never;
  }
}

function Words({ text }: { readonly text: string }) {
  return (
    <td colSpan={2} className={classes.words}>
      {text}
    </td>
  );
}

interface FiguresProps {
  readonly reference: StepFigure | undefined;
  readonly without: StepFigure;
}

function Figures({ reference, without }: FiguresProps) {
  const saved = reference && savedBy(reference, without);
  const bytes = reference === undefined ? 0 : without.bytes - reference.bytes;
  return (
    <>
      <td>{formatMilliseconds(without)}</td>
      <td>
        {saved && (saved.isClear ? <Saved {...saved} /> : <span className={classes.unclear}>no clear difference</span>)}
        {Math.abs(bytes) >= LEAST_BYTES && (
          <span className={classes.bytes}>
            {formatBytes(Math.abs(bytes))} {bytes > 0 ? "less" : "more"} memory
          </span>
        )}
      </td>
    </>
  );
}

/** Less than this is the padding of buffers. */
const LEAST_BYTES = 10_000;

function Saved({ milliseconds, share }: { readonly milliseconds: number; readonly share: number }) {
  if (milliseconds < 0) return <span>costs {formatNumber(-milliseconds)} ms</span>;
  return (
    <span className={classes.saved}>
      <i className={classes.gauge} aria-hidden="true">
        <i style={{ width: `${100 * share}%` }} />
      </i>
      {formatNumber(milliseconds)} ms <b>{formatPercent(share)}</b>
    </span>
  );
}

export function formatMilliseconds({ milliseconds }: StepFigure): string {
  return `${formatNumber(milliseconds)} ms`;
}
