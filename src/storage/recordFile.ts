/** Run records as JSON: the `run.json` of the command line, the shipped examples and the page's "run record". Tensors are base64. */
import { z } from "zod";
import { experimentSchema } from "../config/experiment.ts";
import { base64FromFloats, floatsFromBase64 } from "../lib/base64.ts";
import { evaluationSchema } from "../config/evaluation.ts";
import type { RunRecord } from "../training/runRecord.ts";

/** JSON has no NaN or infinity; such numbers of a diverged run are written as null. */
const measuredSchema = z
  .number()
  .nullable()
  .transform((value) => value ?? NaN);

const otherFactsSchema = z.object({
  name: z.string(),
  labels: z.array(z.string()),
  trainExamples: z.int(),
  evaluationExamples: z.int(),
  scoreName: z.string(),
  baseline: z.string(),
  majorityAccuracy: z.number(),
});

const pointSchema = z.object({
  step: z.int(),
  loss: measuredSchema,
  accuracy: z.number(),
  gradientNorm: measuredSchema,
  learningRate: z.number(),
  skipped: z.boolean(),
});

const factsSchema = z
  .object({
    seed: z.int(),
    steps: z.int(),
    labels: z.array(z.string()),
    trainExamples: z.int(),
    evaluationExamples: z.int(),
    scoreName: z.string().default("accuracy"),
    baseline: z.string().default("most frequent label"),
    majorityAccuracy: z.number(),
    trained: z.object({ prompt: z.int(), head: z.int(), model: z.int() }),
    truncated: z.int(),
    backend: z.string(),
    adapter: z.string(),
    others: z.array(otherFactsSchema).optional(),
  })
  .transform(({ others, ...facts }) => ({
    ...facts,
    ...(others === undefined ? {} : { others }),
  }));

const tensorSchema = z.object({
  name: z.string(),
  rows: z.int(),
  width: z.int(),
  values: z.string().transform(floatsFromBase64),
});

const movementSchema = z.object({
  step: z.int(),
  layers: z.array(z.array(measuredSchema)),
  gradientNorms: z.array(measuredSchema),
});

const seedSchema = z
  .object({
    seed: z.int(),
    best: evaluationSchema,
    last: evaluationSchema,
    seconds: z.number(),
    shared: evaluationSchema.optional(),
  })
  .transform(({ shared, ...seed }) => ({ ...seed, ...(shared === undefined ? {} : { shared }) }));

const recordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  experiment: experimentSchema,
  modelHash: z.string(),
  dataHash: z.string(),
  otherDataHashes: z.array(z.string()).optional(),
  outcome: z.enum(["finished", "stopped", "diverged"]),
  curves: z.array(z.object({ seed: z.int(), steps: z.array(pointSchema), evaluations: z.array(evaluationSchema) })),
  result: z.object({
    facts: factsSchema,
    seeds: z.array(seedSchema),
    tensors: z.array(tensorSchema),
    movement: movementSchema.optional(),
    seconds: z.number(),
    stepsPerSecond: z.number(),
    otherHeads: z.array(z.array(tensorSchema)).optional(),
  }),
  environment: z.string(),
  products: z.record(z.string(), z.string()).optional(),
  example: z.boolean().optional(),
  opened: z.boolean().optional(),
});

/** JSON text of a record, without the checkpoint: that belongs to the adapter. */
export function encodeRecord({ result: { checkpoint: _checkpoint, ...result }, ...rest }: RunRecord): string {
  const record = { ...rest, result };
  const replace = (_key: string, value: unknown): unknown =>
    value instanceof Float32Array ? base64FromFloats(value) : value;
  return JSON.stringify(record, replace);
}

/** A record from parsed JSON. Throws naming the first fields that do not fit. */
export function decodeRecord(input: unknown): RunRecord {
  const parsed = recordSchema.safeParse(input);
  if (!parsed.success) {
    const fields = parsed.error.issues.slice(0, 4).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`This is not a run record of the studio. ${fields.join("; ")}`);
  }
  const { example, opened, products, otherDataHashes, result, ...record } = parsed.data;
  const { movement, otherHeads, ...own } = result;
  return {
    ...record,
    result: {
      ...own,
      ...(movement === undefined ? {} : { movement }),
      ...(otherHeads === undefined ? {} : { otherHeads }),
    },
    ...(otherDataHashes === undefined ? {} : { otherDataHashes }),
    ...(products === undefined ? {} : { products }),
    ...(example === undefined ? {} : { example }),
    ...(opened === undefined ? {} : { opened }),
  };
}
