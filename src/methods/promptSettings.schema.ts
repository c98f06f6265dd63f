/** Settings that several prompt methods share. */
import { z } from "zod";

/** Longest prompt the studio offers; a model's positions may allow less. */
export const longestPrompt = 128;

export const promptLengthSchema = z
  .int()
  .min(1)
  .max(longestPrompt)
  .default(16)
  .meta({ title: "Prompt length", description: "How many virtual tokens are trained." });

export const initialScaleSchema = z
  .number()
  .min(0)
  .max(2)
  .meta({ title: "Initial scale", description: "Standard deviation of the random start." });

export const initialTextSchema = z
  .string()
  .max(2000)
  .default("")
  .meta({ title: "Text", description: "What the prompt starts from; repeated or cut to the prompt's length." });

export const promptDropoutSchema = z.number().min(0).max(0.9).default(0).meta({
  title: "Prompt dropout",
  description:
    "Share of the virtual tokens' numbers that is zero in each example while training, other ones in every step.",
});

export const placementSchema = z.enum(["first", "after-cls", "template"]).default("first").meta({
  title: "Place",
  description:
    "In front of everything, as PEFT does, between [CLS] and the text, or wherever the verbalizer's template says [P].",
});

export const poolingSchema = z.enum(["first-row", "cls"]).default("first-row").meta({
  title: "Read from",
  description: "The head reads the first virtual token, as PEFT does, or [CLS] (cannot be exported to PEFT).",
});

export type Placement = z.infer<typeof placementSchema>;
export type Pooling = z.infer<typeof poolingSchema>;
