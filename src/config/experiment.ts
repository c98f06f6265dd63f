/**
 * The experiment: one schema gives the type, the defaults, the limits and the validation of everything a run depends on.
 * The form, the share link, the run record and the command line all read it.
 */
import { z } from "zod";
import {
  methodDescriptions,
  methodKinds,
  methodSchema,
  type MethodKind,
  type MethodSettings,
} from "../methods/index.schema.ts";
import { taskDescriptions, taskKinds, taskSchema, type TaskKind, type TaskSettings } from "../tasks/index.schema.ts";
import { trainingSchema } from "./training.ts";

export const defaultModel = "encoder-l4-d128";

/** Where the examples come from. Own data is not part of a link; its name says what is missing. */
export const dataSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("built-in"), id: z.string().min(1) }),
  z.strictObject({ kind: z.literal("own"), name: z.string().min(1) }),
]);

export type DataSettings = z.infer<typeof dataSchema>;

export const backendSchema = z.enum(["auto", "webgpu", "tfjs-webgpu", "wasm", "cpu"]);
export type BackendChoice = z.infer<typeof backendSchema>;

/**
 * Further data sets that share the prompt, each with a task and a head of its own (multi-task P-Tuning v2). Every batch comes
 * from one of them; afterwards the run may go on with the first one alone.
 */
export const multiTaskSchema = z.strictObject({
  others: z
    .array(z.strictObject({ data: dataSchema, task: taskSchema }))
    .max(15)
    .default([]),
  /** How often a data set has its turn: by its number of training examples, or all alike. */
  sampling: z.enum(["proportional", "uniform"]).default("proportional"),
  /** Steps on the experiment's own data set behind the shared ones. */
  continueSteps: z.int().min(0).max(100_000).default(0),
  /** Whether those start from the head that was trained so far or from a new one. */
  continueHead: z.enum(["kept", "fresh"]).default("kept"),
});

export const experimentSchema = z.strictObject({
  /** Id of a built-in model, or the name of an opened folder. */
  model: z.string().min(1).default(defaultModel),
  data: dataSchema.default({ kind: "built-in", id: "sentiment" }),
  task: taskSchema.prefault({ kind: "sequence-classification" }),
  method: methodSchema,
  training: trainingSchema,
  multiTask: multiTaskSchema.prefault({}),
  /** k labelled examples per class drawn by the seed; null trains on all. */
  examplesPerClass: z.int().min(1).max(100_000).nullable().default(null),
  /** Share held out for evaluation when the data has no evaluation part. */
  evaluationShare: z.number().min(0.05).max(0.9).default(0.25),
  seed: z.int().min(0).max(4_294_967_295).default(1),
  /** Runs with seeds seed, seed + 1, …, reported as mean and deviation. */
  seeds: z.union([z.literal(1), z.literal(3), z.literal(5)]).default(1),
  backend: backendSchema.default("auto"),
});

export type Experiment = z.infer<typeof experimentSchema>;

/** The defaults of a method and a task: their own settings and the training settings they prefer. */
export function defaultExperiment(
  kind: MethodKind = "prefix-tuning",
  task: TaskKind = "sequence-classification",
): Experiment {
  const training = { ...methodDescriptions[kind].defaults, ...taskDescriptions[task].defaults };
  return experimentSchema.parse({ task: { kind: task }, method: { kind }, training });
}

/**
 * The experiment that a delta stands for: the defaults of its method and task with the delta on top.
 * @throws naming the field, what was expected and what came.
 */
export function completeExperiment(delta: Readonly<Record<string, unknown>>): Experiment {
  return parseExperiment(withDefaults(delta));
}

/** A delta over the defaults of its method and task, not checked yet. @throws when there is no such method or task. */
export function withDefaults(delta: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [method, task, training] = ["method", "task", "training"].map((branch) => asRecord(delta[branch]));
  const base = defaultExperiment(
    kindIn(method?.["kind"] ?? "prefix-tuning", methodKinds, "method"),
    kindIn(task?.["kind"] ?? "sequence-classification", taskKinds, "task"),
  );
  return {
    ...base,
    ...delta,
    task: { ...base.task, ...task },
    method: { ...base.method, ...method },
    training: {
      ...base.training,
      ...training,
      savings: { ...base.training.savings, ...asRecord(training?.["savings"]) },
    },
  };
}

function kindIn<Kind extends string>(kind: unknown, known: readonly Kind[], branch: string): Kind {
  const found = known.find((name) => name === kind);
  if (found !== undefined) return found;
  throw new Error(`${branch}.kind: expected one of ${known.join(", ")}, got ${JSON.stringify(kind)}.`);
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** Default settings of one method. */
export function defaultMethod(kind: MethodKind): MethodSettings {
  return methodSchema.parse({ kind });
}

/** Default settings of one task. */
export function defaultTask(kind: TaskKind): TaskSettings {
  return taskSchema.parse({ kind });
}

/** Parses unknown input. Errors name the field, what was expected and what came. */
export function parseExperiment(input: unknown): Experiment {
  const result = experimentSchema.safeParse(input);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `${issue.path.join(".") || "experiment"}: ${issue.message}`);
  throw new Error(`These settings cannot be used. ${lines.join("; ")}`);
}

/** One experiment per data set, each as if it were alone, the experiment's own first. */
export function experimentPerDataSet(experiment: Experiment): [Experiment, ...Experiment[]] {
  const alone = { ...experiment, multiTask: multiTaskSchema.parse({}) };
  return [alone, ...experiment.multiTask.others.map(({ data, task }) => ({ ...alone, data, task }))];
}
