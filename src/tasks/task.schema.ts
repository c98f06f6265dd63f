/** What the settings side of a task says about itself; the page and the command line read it without loading the engine. */
import type { z } from "zod";

/** Training settings that a task prefers. */
export interface TaskDefaults {
  /** Longest sequence in tokens. */
  readonly maxTokens: number;
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
}
