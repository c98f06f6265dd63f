/** A titled box of the page and a landmark of the same name. */
import { useId, type ReactNode } from "react";
import classes from "./Panel.module.css";

interface PanelProps {
  readonly title: string;
  /** Small controls or numbers beside the title. */
  readonly aside?: ReactNode;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

export function Panel({ title, aside, className, children }: PanelProps) {
  const heading = useId();
  return (
    <section aria-labelledby={heading} className={className ? `${classes.panel} ${className}` : classes.panel}>
      <header className={classes.header}>
        <h2 id={heading} className={classes.title}>
          {title}
        </h2>
        {aside && <div className={classes.aside}>{aside}</div>}
      </header>
      {children}
    </section>
  );
}
