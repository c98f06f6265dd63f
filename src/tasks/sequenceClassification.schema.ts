/** Settings of classifying one text or a pair of texts into any number of classes. */
import { z } from "zod";

export const sequenceClassificationSchema = z.strictObject({ kind: z.literal("sequence-classification") });

export type SequenceClassificationSettings = z.infer<typeof sequenceClassificationSchema>;

/** One example as it stands in a file. */
export interface TextExample {
  readonly text: string;
  readonly textPair?: string;
  readonly label: string;
}
