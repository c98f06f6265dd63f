/** Settings of giving every word of a sentence a tag: entities, slots, semantic roles, parts of speech. */
import { z } from "zod";
import type { TaskDescription } from "./task.schema.ts";

export const tokenClassificationSchema = z.strictObject({
  kind: z.literal("token-classification"),
  spans: z
    .enum(["lenient", "strict"])
    .default("lenient")
    .meta({ title: "Spans", description: "Whether an I- tag without its B- tag still opens a span when scoring." }),
});

export type TokenClassificationSettings = z.infer<typeof tokenClassificationSchema>;

export const tokenClassification: TaskDescription<TokenClassificationSettings> = {
  kind: "token-classification",
  label: "Tag words",
  term: "token classification",
  summary:
    "Gives every word a tag with a linear layer on its first piece: names, slots of a command, who did what to whom.",
  exampleLine: '{"tokens": ["…"], "tags": ["O"]}',
  schema: tokenClassificationSchema,
  defaults: { maxTokens: 64 },
  scoreName: "F1",
  second: { figure: "macroF1", label: "Macro-F1", meaning: "F1 averaged over the kinds of span, or over the tags" },
  guess: "tagging by the shares of the tags",
};
