/**
 * Measured scores of methods on the built-in sets, with the built-in model and the defaults. The page reads here which
 * combinations do not learn. The numbers are written by tools/measure/results.ts; nothing here is edited by hand.
 */
import { z } from "zod";
import { methodKinds } from "../methods/index.schema.ts";
import scores from "./measured.json" with { type: "json" };

const measuredSchema = z.strictObject({
  /** Id of the built-in set. */
  data: z.string().min(1),
  method: z.enum(methodKinds),
  /** "accuracy", "F1", … */
  scoreName: z.string().min(1),
  /** Mean over seeds at the last step, a share. */
  score: z.number().min(0).max(1),
  /** The best answer without a model, by name and score. */
  baseline: z.strictObject({ name: z.string(), score: z.number().min(0).max(1) }),
  seeds: z.int().min(1),
});

export type Measured = z.infer<typeof measuredSchema>;

/** All measured combinations. */
export const measured: readonly Measured[] = z.array(measuredSchema).parse(scores);

/** A method learns when it beats the baseline by this share. */
export const learningMargin = 0.05;

/** The figures of a combination that was measured and does not learn; undefined when it learns or was not measured. */
export function doesNotLearn(
  data: string,
  method: Measured["method"],
  all: readonly Measured[] = measured,
): Measured | undefined {
  const found = all.find((one) => one.data === data && one.method === method);
  return found !== undefined && found.score < found.baseline.score + learningMargin ? found : undefined;
}
