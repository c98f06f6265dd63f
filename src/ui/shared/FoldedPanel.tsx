/** A panel that is folded until asked for; what is inside is made only then. */
import { useId, useState, type ReactNode } from "react";
import { Chevron } from "./icons.tsx";
import { Panel } from "./Panel.tsx";
import classes from "./FoldedPanel.module.css";

interface FoldedPanelProps {
  readonly title: string;
  readonly startOpen?: boolean;
  /** Beside the title, folded or open. */
  readonly aside?: (open: boolean) => ReactNode;
  readonly children: ReactNode;
}

export function FoldedPanel({ title, startOpen = false, aside, children }: FoldedPanelProps) {
  const [open, setOpen] = useState(startOpen);
  const id = useId();
  return (
    <Panel
      title={title}
      className={open ? undefined : classes.folded}
      aside={
        <>
          {aside?.(open)}
          <button
            type="button"
            className={classes.fold}
            aria-expanded={open}
            aria-controls={id}
            onClick={() => setOpen(!open)}
          >
            <Chevron /> {open ? "Hide" : "Show"}
          </button>
        </>
      }
    >
      <div id={id} hidden={!open} className={classes.body}>
        {open && children}
      </div>
    </Panel>
  );
}
