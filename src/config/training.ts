/** Settings of the training loop. */
import { z } from "zod";

export const trainingSchema = z.strictObject({
  learningRate: z.number().positive().max(10).meta({ title: "Learning rate", description: "Size of each update." }),
  weightDecay: z.number().min(0).max(1).meta({ title: "Weight decay", description: "Pull towards zero, as in AdamW." }),
  schedule: z
    .enum(["linear", "constant", "cosine"])
    .default("linear")
    .meta({ title: "Schedule", description: "How the learning rate changes over the run." }),
  warmupSteps: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .meta({ title: "Warm-up steps", description: "Steps of rising learning rate." }),
  steps: z.int().min(1).max(100_000).default(160).meta({ title: "Steps", description: "Updates in all." }),
  batchSize: z.int().min(1).max(512).default(16).meta({ title: "Batch size", description: "Examples per step." }),
  clipNorm: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .meta({ title: "Gradient clip", description: "Largest global gradient norm; 0 switches clipping off." }),
  evaluateEvery: z
    .int()
    .min(1)
    .max(100_000)
    .default(20)
    .meta({ title: "Evaluate every", description: "Steps between two looks at the evaluation examples." }),
  maxTokens: z
    .int()
    .min(4)
    .max(4096)
    .default(64)
    .meta({ title: "Longest text", description: "Tokens per example; longer texts are cut, counted and reported." }),
});

export type TrainingSettings = z.infer<typeof trainingSchema>;
