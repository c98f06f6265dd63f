/** Runs the evaluation plan over examples in chunks and gathers their logits. */
import type { EvaluationPlan } from "../engine/executor.ts";
import type { EncodedExample } from "../tasks/sequenceClassification.ts";
import type { RunSetup } from "./setup.ts";

/** Examples per evaluation run; bounds the memory of the plan. */
export const evaluationChunk = 32;

/** Logits of every example in the given order, C values each. */
export async function logitsOf(
  plan: EvaluationPlan,
  setup: RunSetup,
  examples: readonly EncodedExample[],
): Promise<Float32Array[]> {
  const logits: Float32Array[] = [];
  for (let start = 0; start < examples.length; start += evaluationChunk) {
    const chunk = examples.slice(start, start + evaluationChunk);
    const outputs = await plan.run(setup.pack(chunk, false));
    const values = outputs.get("logits");
    if (values === undefined) throw new Error("The evaluation plan has no output named logits.");
    for (let row = 0; row < chunk.length; row++)
      logits.push(values.slice(row * setup.classes, (row + 1) * setup.classes));
  }
  return logits;
}
