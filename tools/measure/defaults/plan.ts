/**
 * What the studio's defaults were chosen from: small grids on the built-in sets, one set per kind of task. First the learning
 * rate of every method, then, for the prompts, one thing at a time at the default rate. Each grid is a sweep of the command line.
 */
import type { SweepAxis } from "../../../src/config/sweep.ts";
import { methodKinds, type MethodKind } from "../../../src/methods/index.schema.ts";
import type { TaskKind } from "../../../src/tasks/index.schema.ts";

export interface Grid {
  /** Folder of its results, e.g. "sentiment.prefix-tuning.learning-rate". */
  readonly id: string;
  readonly set: string;
  readonly task: TaskKind;
  readonly method: MethodKind;
  readonly axis: SweepAxis;
}

const TRAINED = methodKinds.filter((kind) => kind !== "discrete-prompt");

const SETS: readonly { readonly set: string; readonly task: TaskKind; readonly methods: readonly MethodKind[] }[] = [
  { set: "sentiment", task: "sequence-classification", methods: TRAINED },
  { set: "entities", task: "token-classification", methods: TRAINED },
  // Long passages make every step dear; the grid keeps to what the page's answers are mostly shown with.
  { set: "questions", task: "question-answering", methods: ["prefix-tuning", "prompt-tuning", "full-fine-tuning"] },
];

/** Rates to choose from; written out, so that another default does not change what was searched. */
const RATES: Readonly<Record<Exclude<MethodKind, "discrete-prompt">, readonly number[]>> = {
  "prefix-tuning": [0.005, 0.02, 0.05],
  "prompt-tuning": [0.01, 0.03, 0.1],
  "p-tuning": [0.002, 0.005, 0.02],
  "head-only": [0.003, 0.01, 0.03],
  bitfit: [0.003, 0.01, 0.03],
  "top-layers": [0.0003, 0.001, 0.003],
  lora: [0.002, 0.005, 0.02],
  adapters: [0.001, 0.003, 0.01],
  "full-fine-tuning": [0.0002, 0.0005, 0.002],
};

/** Of prompts: length, start and schedule, one at a time; network and steps for the deep prompt alone. */
const PROMPT_AXES: Partial<Record<MethodKind, readonly SweepAxis[]>> = {
  "prefix-tuning": [
    { field: "method.promptLength", values: [4, 16, 64] },
    { field: "method.initialisation", values: ["normal", "zero"] },
    { field: "method.reparameterisation", values: ["none", "mlp"] },
    { field: "training.schedule", values: ["linear", "constant", "cosine"] },
    { field: "training.steps", values: [160, 240] },
  ],
  "prompt-tuning": [
    { field: "method.promptLength", values: [4, 16, 64] },
    { field: "method.initialisation", values: ["random", "uniform", "vocabulary"] },
  ],
};

/** All grids: the rates of every set first, then the rest. */
export function grids(): Grid[] {
  const rates = SETS.flatMap(({ set, task, methods }) =>
    methods.flatMap((method) =>
      method === "discrete-prompt"
        ? []
        : [grid(set, task, method, { field: "training.learningRate", values: [...RATES[method]] })],
    ),
  );
  const others = SETS.flatMap(({ set, task, methods }) =>
    methods.flatMap((method) => (PROMPT_AXES[method] ?? []).map((axis) => grid(set, task, method, axis))),
  );
  return [...rates, ...others];
}

function grid(set: string, task: TaskKind, method: MethodKind, axis: SweepAxis): Grid {
  return { id: `${set}.${method}.${axis.field.split(".").at(-1) ?? ""}`, set, task, method, axis };
}
