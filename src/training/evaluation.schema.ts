/** An evaluation as it is kept in files. */
import { z } from "zod";

export const evaluationSchema = z.object({
  step: z.int(),
  accuracy: z.number(),
  interval: z.tuple([z.number(), z.number()]),
  macroF1: z.number(),
  loss: z.number(),
  examples: z.int(),
  figures: z.record(z.string(), z.number()).default({}),
});
