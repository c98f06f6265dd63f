/** Settings of continuing texts: a causal model's own next-token loss, on whole texts or on targets after a source. */
import { z } from "zod";
import type { TaskDescription } from "./task.schema.ts";

export const causalLanguageModelSchema = z.strictObject({ kind: z.literal("causal-lm") });

export type CausalLanguageModelSettings = z.infer<typeof causalLanguageModelSchema>;

export const causalLanguageModel: TaskDescription<CausalLanguageModelSettings> = {
  kind: "causal-lm",
  label: "Continue texts",
  term: "causal language modelling",
  summary:
    "Teaches a GPT-2 to continue a source as the targets do, with the model's own next-token prediction and no head of its own.",
  exampleLine: '{"source": "name : Zizzi | food : pub", "target": "Zizzi is a pub."}',
  schema: causalLanguageModelSchema,
  defaults: { maxTokens: 64 },
  scoreName: "token accuracy",
  second: { figure: "perplexity", label: "Perplexity", meaning: "exp of the loss per token; lower is better" },
  guess: "the shares of the tokens",
};
