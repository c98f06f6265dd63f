/** Settings of the training loop. */
import { z } from "zod";

const saving = (title: string, description: string) => z.boolean().default(true).meta({ title, description });

/** Exact savings: switched off, a run gives the same results and takes longer, which shows what each of them is worth. */
export const savingsSchema = z.strictObject({
  frozenWeights: saving("Skip frozen weights", "Computes no gradient for weights that never change."),
  lowestLayer: saving(
    "Stop at the lowest layer",
    "Goes back no further than the lowest layer with something to train.",
  ),
  neededRows: saving("Needed rows only", "Computes only the rows somebody reads in the last layer and the head."),
  packedRows: saving("Packed rows", "Lays texts end to end; off, every text is padded to the longest of its batch."),
  promptTrunk: saving(
    "Share the prompt's rows",
    "Computes a causal model's soft prompt once per batch, as it never sees the text.",
  ),
  frontier: saving("Cache frozen layers", "Computes what no training can change once per example and keeps it."),
});

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
  microBatch: z.int().min(0).max(512).default(0).meta({
    title: "Examples at once",
    description: "Bounds memory: a batch is computed in parts of this size; 0 is all.",
  }),
  cacheMegabytes: z
    .int()
    .min(0)
    .max(65_536)
    .default(256)
    .meta({ title: "Cache, MB", description: "Most memory for what frozen layers computed; the oldest makes room." }),
  weights: z.enum(["f32", "f16"]).default("f32").meta({
    title: "Frozen weights",
    description:
      "How WebGPU stores them: f16 takes half the memory and keeps 11 bits of every number; sums stay in f32.",
  }),
  savings: savingsSchema.prefault({}),
});

export type Savings = z.infer<typeof savingsSchema>;
export type TrainingSettings = z.infer<typeof trainingSchema>;
