/** The runs that may answer together, each with what it would add to the frozen model; others say why they cannot. */
import { Checkbox } from "@mantine/core";
import { formatBytes } from "../../lib/format.ts";
import { dataLabel } from "../../store/data.ts";
import { reasonAlone } from "../../store/mixed.ts";
import type { RunEntry } from "../../store/runEntry.ts";
import { useSession } from "../../store/session.ts";
import { storedSize } from "../../store/storedSize.ts";
import classes from "./Mixed.module.css";

interface MixedChoiceProps {
  /** The newest first. */
  readonly runs: readonly RunEntry[];
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}

export function MixedChoice({ runs, chosen, onChange }: MixedChoiceProps) {
  const model = useSession((session) => session.model);
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <ul className={classes.choice} aria-label="Runs that answer">
      {runs.map((run) => {
        const reason = reasonAlone(run, model);
        const size = storedSize(run, model);
        const words = reason ?? `${dataLabel(run.experiment.data)}${size ? ` · ${formatBytes(size.bytes)}` : ""}`;
        return (
          <li key={run.id}>
            <label className={classes.pick}>
              <Checkbox
                size="xs"
                aria-label={run.name}
                disabled={reason !== undefined}
                checked={chosen.has(run.id)}
                onChange={() => toggle(run.id)}
              />
              <span>
                {run.name} <small className={classes.quiet}>{words}</small>
              </span>
            </label>
          </li>
        );
      })}
    </ul>
  );
}
