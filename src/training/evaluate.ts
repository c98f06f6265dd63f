/** Runs the evaluation plan over examples in chunks and gathers their logits. */
import type { EvaluationPlan } from "../engine/executor.ts";
import type { EncodedSequence } from "../tasks/task.ts";
import type { RunSetup } from "./setup.ts";

/** Most sequences per evaluation run; `RunSetup.evaluationChunk` is fewer where logits are wide. */
export const evaluationChunk = 32;

/** Most logits of an evaluation run, 64 MiB of them. */
const mostLogits = 2 ** 24;

/** Sequences of one evaluation run, so that the logits of their rows stay within bounds. */
export function chunkFor(rowsPerSequence: number, logitWidth: number): number {
  return Math.max(1, Math.min(evaluationChunk, Math.floor(mostLogits / (rowsPerSequence * logitWidth))));
}

/** Logits of every sequence in the given order, row-major [its needed rows, C]. */
export async function logitsOf(
  plan: EvaluationPlan,
  setup: RunSetup,
  sequences: readonly EncodedSequence[],
): Promise<Float32Array[]> {
  const logits: Float32Array[] = [];
  for (let start = 0; start < sequences.length; start += setup.evaluationChunk) {
    const chunk = sequences.slice(start, start + setup.evaluationChunk);
    const inputs = setup.pack(chunk, false);
    const outputs = await plan.run(inputs);
    const values = outputs.get("logits");
    if (values === undefined) throw new Error("The evaluation plan has no output named logits.");
    const offsets = inputs.indices["needed.offsets"] ?? new Int32Array();
    for (let at = 0; at < chunk.length; at++) {
      logits.push(values.slice((offsets[at] ?? 0) * setup.classes, (offsets[at + 1] ?? 0) * setup.classes));
    }
  }
  return logits;
}
