/** Words in the colour of their tag, with the tag's name beside them: colour alone would not do. */
import type { CSSProperties, ReactNode } from "react";
import { runStyle } from "../../lib/runColours.ts";
import classes from "./TryIt.module.css";

interface TagMarkProps {
  readonly text: string;
  /** Kind of span; undefined for a word outside of any. */
  readonly type: string | undefined;
  /** The kind's place among all kinds: decides the colour. */
  readonly place: number;
  /** Beside the name, e.g. a probability. */
  readonly children?: ReactNode;
}

export function TagMark({ text, type, place, children }: TagMarkProps) {
  if (type === undefined) return <span>{text}</span>;
  const colour: CSSProperties & Record<"--tag", string> = { "--tag": runStyle(Math.max(0, place)).colour };
  return (
    <mark className={classes.tag} style={colour}>
      {text}
      <small>
        {type} {children}
      </small>
    </mark>
  );
}
