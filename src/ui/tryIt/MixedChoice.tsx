/** The runs that may answer together, each with what it would add to the frozen model; others say why they cannot. */
import { Checkbox } from "@mantine/core";
import { formatBytes } from "../../lib/format.ts";
import { dataLabel } from "../../store/data.ts";
import { reasonAlone, type Answerer } from "../../store/mixed.ts";
import { useSession } from "../../store/session.ts";
import { storedSize } from "../../store/storedSize.ts";
import classes from "./Mixed.module.css";

interface MixedChoiceProps {
  /** The newest first. */
  readonly answerers: readonly Answerer[];
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}

export function MixedChoice({ answerers, chosen, onChange }: MixedChoiceProps) {
  const model = useSession((session) => session.model);
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <ul className={classes.choice} aria-label="Runs that answer">
      {answerers.map((answerer) => {
        const { id, name, run, set } = answerer;
        const reason = reasonAlone(answerer, model);
        const size = storedSize(run, model);
        const words = reason ?? `${dataLabel(set.experiment.data)}${size ? ` · ${formatBytes(size.bytes)}` : ""}`;
        return (
          <li key={id}>
            <label className={classes.pick}>
              <Checkbox
                size="xs"
                aria-label={name}
                disabled={reason !== undefined}
                checked={chosen.has(id)}
                onChange={() => toggle(id)}
              />
              <span>
                {name} <small className={classes.quiet}>{words}</small>
              </span>
            </label>
          </li>
        );
      })}
    </ul>
  );
}
