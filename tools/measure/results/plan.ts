/**
 * What docs/results.json is to hold: data sets with their budgets, methods with the learning rates to choose from, and the
 * order in which runs are made, the most telling first. Every method has the same number of rates and, on one data set, the
 * same steps.
 */
import type { MethodKind } from "../../../src/methods/index.schema.ts";
import type { TaskKind } from "../../../src/tasks/index.schema.ts";

export interface Budget {
  readonly steps: number;
  readonly batch: number;
  /** Steps of the runs that choose a learning rate. */
  readonly choosingSteps: number;
}

/** A folder of real data, with one budget for all methods but those that are done sooner or whose steps cost far more. */
export interface RealData extends Budget {
  readonly folder: string;
  readonly maxTokens: number;
  /** Share of the steps over which the learning rate rises; none where absent. */
  readonly warmup?: number;
  readonly ownBudgets?: Partial<Record<MethodKind, Budget>>;
}

/** The budget of one method. */
export function budgetOf(source: RealData, { kind }: Method): Budget {
  return source.ownBudgets?.[kind] ?? source;
}

/** A built-in set, trained with the defaults of method and task. */
export interface BuiltIn {
  readonly builtIn: string;
}

export interface DataSet {
  readonly id: string;
  readonly title: string;
  readonly task: TaskKind;
  readonly source: RealData | BuiltIn;
  readonly examplesPerClass?: number;
  /** Comes after everything else. */
  readonly optional?: boolean;
  /** Methods to run; those not named stay empty. */
  readonly methods: readonly string[];
  /** Arguments of the verbalizer, for methods that need it. */
  readonly verbalizer?: readonly string[];
}

export interface Method {
  readonly id: string;
  readonly title: string;
  readonly kind: MethodKind;
  readonly settings: readonly string[];
  /** Rates to choose from, or the method whose choice is taken over, because only its size differs. */
  readonly rates: readonly number[] | { readonly of: string };
  /** Whether it needs the verbalizer head. */
  readonly verbalizer?: boolean;
}

const PROMPT_RATES = [0.01, 0.03, 0.1];
const deep = (length: number, ...more: readonly string[]): readonly string[] => ["--length", `${length}`, ...more];

export const METHODS: readonly Method[] = [
  { id: "deep", title: "deep prompt of 16", kind: "prefix-tuning", settings: deep(16), rates: PROMPT_RATES },
  { id: "soft", title: "soft prompt of 16", kind: "prompt-tuning", settings: deep(16), rates: PROMPT_RATES },
  { id: "head", title: "head only", kind: "head-only", settings: [], rates: PROMPT_RATES },
  { id: "full", title: "full fine-tuning", kind: "full-fine-tuning", settings: [], rates: [0.0005, 0.001, 0.002] },
  { id: "p-tuning", title: "P-Tuning (LSTM) of 16", kind: "p-tuning", settings: deep(16), rates: [0.002, 0.005, 0.02] },
  { id: "bitfit", title: "biases only", kind: "bitfit", settings: [], rates: [0.003, 0.01, 0.03] },
  { id: "top-layer", title: "top layer", kind: "top-layers", settings: [], rates: [0.0003, 0.001, 0.003] },
  { id: "lora", title: "LoRA, rank 8", kind: "lora", settings: [], rates: [0.002, 0.005, 0.02] },
  { id: "adapters", title: "adapters of 16", kind: "adapters", settings: [], rates: [0.001, 0.003, 0.01] },
  { id: "words", title: "words only, untrained", kind: "discrete-prompt", settings: [], rates: [], verbalizer: true },
];

const ofDeep = { of: "deep" };

/** Deep prompts that differ in one thing; they serve the claims. */
export const VARIANTS: readonly Method[] = [
  {
    id: "deep-top",
    title: "deep 16, top half of the layers",
    kind: "prefix-tuning",
    settings: deep(16, "--layers", "3-4"),
    rates: ofDeep,
  },
  {
    id: "deep-bottom",
    title: "deep 16, bottom half",
    kind: "prefix-tuning",
    settings: deep(16, "--layers", "1-2"),
    rates: ofDeep,
  },
  { id: "deep-4", title: "deep 4", kind: "prefix-tuning", settings: deep(4), rates: ofDeep },
  { id: "deep-64", title: "deep 64", kind: "prefix-tuning", settings: deep(64), rates: ofDeep },
  {
    id: "deep-mlp",
    title: "deep 16 with network",
    kind: "prefix-tuning",
    // At 0.02 the network's output starts near zero, and its slots stay alike for long.
    settings: deep(16, "--reparameterisation", "mlp", "--init-scale", "0.15"),
    rates: [0.001, 0.003, 0.01],
  },
  {
    id: "deep-verbalizer",
    title: "deep 16, label words at [MASK]",
    kind: "prefix-tuning",
    settings: deep(16),
    rates: PROMPT_RATES,
    verbalizer: true,
  },
];

const MAIN = ["deep", "head", "soft", "full"];
const everything = METHODS.map(({ id }) => id);
const trained = everything.filter((id) => id !== "words");
const forTagging = ["deep-top", "deep-bottom", "deep-4", "deep-64", "deep-mlp"];

const sentimentWords = ["--template", "{text} It was [MASK].", "--label-words", "positive=great,negative=terrible"];
const topicWords = [
  "--template",
  "{text} This is about [MASK].",
  "--label-words",
  "World=world,Sports=sports,Business=business,Sci/Tech=technology",
];

const tagging = (folder: string): RealData => ({ folder, steps: 200, choosingSteps: 60, batch: 16, maxTokens: 64 });
const fewShot = (folder: string, steps: number): RealData => ({
  folder,
  steps,
  choosingSteps: steps,
  batch: 16,
  maxTokens: 64,
});
const builtIn = (id: string, task: TaskKind, methods: readonly string[]): DataSet => ({
  id: `built-in ${id}`,
  title: `built-in ${id}`,
  task,
  source: { builtIn: id },
  methods,
});

export const DATA_SETS: readonly DataSet[] = [
  {
    id: "snips-slots",
    title: "snips-slots",
    task: "token-classification",
    source: tagging("snips-slots"),
    methods: [...trained, ...forTagging],
  },
  {
    id: "sst2-16",
    title: "sst2, 16 per class",
    task: "sequence-classification",
    source: fewShot("sst2", 60),
    examplesPerClass: 16,
    methods: [...everything, ...forTagging, "deep-verbalizer"],
    verbalizer: sentimentWords,
  },
  {
    id: "ag-news-16",
    title: "ag-news, 16 per class",
    task: "sequence-classification",
    source: fewShot("ag-news", 80),
    examplesPerClass: 16,
    methods: [...everything, "deep-verbalizer"],
    verbalizer: topicWords,
  },
  builtIn("entities", "token-classification", trained),
  builtIn("slots", "token-classification", trained),
  builtIn("roles", "token-classification", trained),
  builtIn("questions", "question-answering", trained),
  builtIn("sentiment", "sequence-classification", trained),
  builtIn("topic", "sequence-classification", trained),
  builtIn("entailment", "sequence-classification", trained),
  { id: "wnut17", title: "wnut17", task: "token-classification", source: tagging("wnut17"), methods: trained },
  {
    id: "ag-news",
    title: "ag-news, all of train",
    task: "sequence-classification",
    source: { folder: "ag-news", steps: 200, choosingSteps: 60, batch: 16, maxTokens: 64 },
    methods: everything,
    verbalizer: topicWords,
  },
  {
    id: "xquad-en",
    title: "xquad-en, split by article",
    task: "question-answering",
    source: { folder: "xquad-en", steps: 100, choosingSteps: 40, batch: 8, maxTokens: 192 },
    methods: ["deep", "soft", "full"],
  },
  {
    id: "sst2",
    title: "sst2, all of train",
    task: "sequence-classification",
    source: {
      folder: "sst2",
      steps: 2500,
      choosingSteps: 1000,
      batch: 32,
      maxTokens: 64,
      warmup: 0.1,
      ownBudgets: {
        "full-fine-tuning": { steps: 1000, batch: 16, choosingSteps: 200 },
        // Sixteen more positions in every text, in every layer: about twice the time of a step.
        "prompt-tuning": { steps: 1000, batch: 32, choosingSteps: 400 },
      },
    },
    methods: [...MAIN, "deep-mlp"],
  },
  {
    id: "snips-intents",
    title: "snips-intents",
    task: "sequence-classification",
    source: { folder: "snips-intents", steps: 200, choosingSteps: 60, batch: 16, maxTokens: 64 },
    optional: true,
    methods: trained,
  },
  {
    id: "mr",
    title: "mr",
    task: "sequence-classification",
    source: { folder: "mr", steps: 200, choosingSteps: 60, batch: 16, maxTokens: 64 },
    optional: true,
    methods: trained,
  },
];

export const SEEDS = [1, 2, 3] as const;

/** One thing to make: a run that chooses, or one that is reported. */
export interface Job {
  readonly data: DataSet;
  readonly method: Method;
  readonly purpose: "choose" | "report";
  readonly seed: number;
  /** Of choosing runs; a reported run takes the rate that was chosen. */
  readonly rate?: number;
}

/** All jobs in the order of their worth: one seed of the main methods, the claims' variants, further seeds, the rest. */
export function jobsInOrder(): Job[] {
  const main = METHODS.filter(({ id }) => MAIN.includes(id));
  const rest = METHODS.filter(({ id }) => !MAIN.includes(id));
  const deepOnly = METHODS.filter(({ id }) => id === "deep");
  const real = DATA_SETS.filter(({ source, optional }) => "folder" in source && optional !== true);
  const optional = DATA_SETS.filter((data) => data.optional === true);
  const own = DATA_SETS.filter(({ source }) => "builtIn" in source);
  return [
    ...cells(real.slice(0, 3), [...main, ...VARIANTS], [1]),
    ...cells(own, deepOnly, SEEDS),
    ...cells(real.slice(3), [...main, ...VARIANTS], [1]),
    ...cells(real, [...main, ...VARIANTS], [2, 3]),
    ...cells(
      own,
      METHODS.filter(({ id }) => id !== "deep"),
      [1],
    ),
    ...cells(real, rest, SEEDS),
    ...cells(optional, METHODS, SEEDS),
  ];
}

function cells(sets: readonly DataSet[], methods: readonly Method[], seeds: readonly number[]): Job[] {
  return sets.flatMap((data) =>
    methods.filter(({ id }) => data.methods.includes(id)).flatMap((method) => jobsOf(data, method, seeds)),
  );
}

function jobsOf(data: DataSet, method: Method, seeds: readonly number[]): Job[] {
  const rates = "builtIn" in data.source || "of" in method.rates || !seeds.includes(1) ? [] : method.rates;
  return [
    ...rates.map((rate): Job => ({ data, method, purpose: "choose", seed: 1, rate })),
    // Without anything trained every seed gives the same.
    ...(method.kind === "discrete-prompt" ? seeds.filter((seed) => seed === 1) : seeds).map((seed): Job => ({
      data,
      method,
      purpose: "report",
      seed,
    })),
  ];
}
