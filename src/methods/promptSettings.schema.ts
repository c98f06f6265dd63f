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
