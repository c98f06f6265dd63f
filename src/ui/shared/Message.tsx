/** A message at the place it belongs to: what was expected, what came, what to do. */
import type { ReactNode } from "react";
import { Cross } from "./icons.tsx";
import classes from "./Message.module.css";

interface MessageProps {
  readonly kind: "problem" | "note";
  readonly children: ReactNode;
  readonly action?: ReactNode;
  readonly onDismiss?: (() => void) | undefined;
}

export function Message({ kind, children, action, onDismiss }: MessageProps) {
  return (
    <div role={kind === "problem" ? "alert" : "status"} className={`${classes.message} ${classes[kind]}`}>
      <div className={classes.text}>{children}</div>
      {action}
      {onDismiss && (
        <button type="button" className={classes.dismiss} aria-label="Dismiss" onClick={onDismiss}>
          <Cross />
        </button>
      )}
    </div>
  );
}
