/** What the settings side of a task says about itself; the page and the command line read it without loading the engine. */
import type { z } from "zod";

/** Training settings that a task prefers. */
export interface TaskDefaults {
  /** Longest sequence in tokens. */
  readonly maxTokens: number;
}

/** The figure that tables show beside a task's score. */
export interface SecondFigure {
  /** Name among an evaluation's figures, or its macro-F1. */
  readonly figure: string;
  /** For a column's head, e.g. "Macro-F1". */
  readonly label: string;
  readonly meaning: string;
}

export interface TaskDescription<Settings> {
  readonly kind: string;
  /** Plain words first, e.g. "Tag words". */
  readonly label: string;
  /** The field's term, e.g. "token classification". */
  readonly term: string;
  /** One paragraph for the "?" beside the control. */
  readonly summary: string;
  /** One line of a file that the task reads. */
  readonly exampleLine: string;
  readonly schema: z.ZodType<Settings>;
  readonly defaults: TaskDefaults;
  /** What the score is usually called. */
  readonly scoreName: string;
  readonly second: SecondFigure;
  /** What a loss of guessing is made of, e.g. "the shares of the labels". */
  readonly guess: string;
}
