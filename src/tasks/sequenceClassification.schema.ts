/** Settings of classifying one text or a pair of texts into any number of classes. */
import { z } from "zod";

export const sequenceClassificationSchema = z.strictObject({ kind: z.literal("sequence-classification") });

export type SequenceClassificationSettings = z.infer<typeof sequenceClassificationSchema>;

export type { TextExample } from "../lib/examples/textExample.ts";
