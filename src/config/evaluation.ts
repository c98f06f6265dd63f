/** An evaluation as it is kept in files. */
import { z } from "zod";

const scoresSchema = z.object({
  accuracy: z.number(),
  interval: z.tuple([z.number(), z.number()]),
  macroF1: z.number(),
  loss: z.number(),
  examples: z.int(),
  figures: z.record(z.string(), z.number()).default({}),
});

export const evaluationSchema = scoresSchema
  .extend({ step: z.int(), others: z.array(scoresSchema).optional() })
  .transform(({ others, ...evaluation }) => ({ ...evaluation, ...(others === undefined ? {} : { others }) }));
