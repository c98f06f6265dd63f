/**
 * Official recipes by name: what the authors' released settings are, as a difference to the studio's defaults. Recipes are for
 * models and data larger than the built-in ones; `differs` says what of them the studio does otherwise.
 */
import { methodDescriptions, type MethodSettings } from "../methods/index.schema.ts";
import { defaultExperiment, parseExperiment, type Experiment } from "./experiment.ts";
import type { TrainingSettings } from "./training.ts";

export interface Preset {
  readonly id: string;
  readonly label: string;
  /** Where the numbers come from: a file of the official repository, or a paper. */
  readonly source: string;
  /** What the studio cannot or does not do as the recipe does. */
  readonly differs?: string;
  readonly method: Pick<MethodSettings, "kind"> & Readonly<Record<string, unknown>>;
  readonly training?: Partial<TrainingSettings>;
}

export const presets: readonly Preset[] = [
  {
    id: "p-tuning-v2-rte",
    label: "P-Tuning v2, RTE with BERT-large",
    source: "THUDM/P-tuning-v2 run_script/run_rte_bert.sh",
    differs:
      "60 epochs there; the steps here are those of the run. Dropout 0.1 there in the model as well, here on the prompt alone.",
    method: { kind: "prefix-tuning", promptLength: 20, layers: "all", initialScale: 0.02, dropout: 0.1 },
    training: { learningRate: 0.01, weightDecay: 0, batchSize: 32, schedule: "linear", clipNorm: 1, maxTokens: 128 },
  },
  {
    id: "p-tuning-v2-boolq",
    label: "P-Tuning v2, BoolQ with RoBERTa-large",
    source: "THUDM/P-tuning-v2 run_script/run_boolq_roberta.sh",
    differs:
      "100 epochs there; the steps here are those of the run. Dropout 0.1 there in the model as well, here on the prompt alone.",
    method: { kind: "prefix-tuning", promptLength: 8, layers: "all", initialScale: 0.02, dropout: 0.1 },
    training: { learningRate: 0.007, weightDecay: 0, batchSize: 32, schedule: "linear", clipNorm: 1, maxTokens: 128 },
  },
  {
    id: "p-tuning-v2-wic",
    label: "P-Tuning v2 with network, WiC with BERT-large",
    source: "THUDM/P-tuning-v2 run_script/run_wic_bert.sh",
    differs:
      "80 epochs there; the steps here are those of the run. Dropout 0.1 there in the model as well, here on the prompt alone.",
    method: {
      kind: "prefix-tuning",
      promptLength: 20,
      layers: "all",
      initialScale: 0.02,
      reparameterisation: "mlp",
      hiddenSize: 512,
      dropout: 0.1,
    },
    training: { learningRate: 0.0001, weightDecay: 0, batchSize: 16, schedule: "linear", clipNorm: 1, maxTokens: 128 },
  },
  {
    id: "prefix-tuning-e2e",
    label: "Prefix tuning, E2E with GPT-2",
    source: "Li & Liang 2021, appendix; XiangLi1999/PrefixTuning gpt2/train_e2e.py",
    differs: "5 epochs there. The loss there sums over the tokens of a sentence; here it is their mean.",
    method: { kind: "prefix-tuning", promptLength: 5, layers: "all", reparameterisation: "mlp", hiddenSize: 512 },
    training: { learningRate: 0.00008, weightDecay: 0, batchSize: 10, schedule: "linear" },
  },
  {
    id: "lester-vocabulary",
    label: "Prompt tuning, sampled vocabulary",
    source: "google-research/prompt-tuning prompt_tuning/configs (100 tokens, batch 32, constant rate)",
    differs: "Adafactor at 0.3 there; AdamW at the studio's rate here. T5 has no pooling row.",
    method: { kind: "prompt-tuning", promptLength: 100, initialisation: "vocabulary" },
    training: { weightDecay: 0.00001, batchSize: 32, schedule: "constant" },
  },
  {
    id: "lester-labels",
    label: "Prompt tuning, class labels",
    source: "google-research/prompt-tuning prompt_tuning/configs (100 tokens, batch 32, constant rate)",
    differs: "Adafactor at 0.3 there; AdamW at the studio's rate here. T5 has no pooling row.",
    method: { kind: "prompt-tuning", promptLength: 100, initialisation: "labels" },
    training: { weightDecay: 0.00001, batchSize: 32, schedule: "constant" },
  },
  {
    id: "peft-prompt-tuning",
    label: "PEFT's prompt tuning as it comes",
    source: "huggingface/peft PromptTuningConfig: torch.nn.Embedding, N(0, 1)",
    method: { kind: "prompt-tuning", initialisation: "random", initialScale: 1 },
  },
  {
    id: "peft-prefix-tuning",
    label: "PEFT's prefix tuning as it comes",
    source: "huggingface/peft PrefixTuningConfig: torch.nn.Embedding, N(0, 1)",
    method: { kind: "prefix-tuning", layers: "all", initialScale: 1 },
  },
  {
    id: "peft-p-tuning",
    label: "PEFT's P-Tuning as it comes",
    source: "huggingface/peft PromptEncoderConfig: three linear layers",
    method: { kind: "p-tuning", reparameterisation: "mlp" },
  },
  {
    id: "p-tuning-lama",
    label: "P-Tuning, LAMA with THUDM's LSTM",
    source: "THUDM/P-tuning LAMA/p_tuning/prompt_encoder.py and LAMA/cli.py: nine virtual tokens, batch 8",
    differs:
      "Three virtual tokens each stand before [MASK], the text and the end there: choose label words and write [P] where they belong. The rate falls by 2 % per epoch there.",
    method: { kind: "p-tuning", promptLength: 9, reparameterisation: "thudm-lama-lstm" },
    training: { learningRate: 0.00001, batchSize: 8, schedule: "constant" },
  },
  {
    id: "peft-lora",
    label: "PEFT's LoRA as it comes",
    source: "huggingface/peft LoraConfig: rank 8, alpha 8, query and value of BERT",
    method: { kind: "lora", rank: 8, alpha: 8, targets: "query-value" },
  },
];

/** The experiment with a recipe's method and training; task, data, model and seed stay. Throws as `presetExperiment` does. */
export function withPreset(experiment: Experiment, { method, training }: Preset): Experiment {
  const { defaults } = methodDescriptions[method.kind];
  return parseExperiment({ ...experiment, method, training: { ...experiment.training, ...defaults, ...training } });
}

/** The whole experiment of a preset: its method's defaults with the recipe on top. Throws when a setting does not exist. */
export function presetExperiment({ method, training }: Preset): Experiment {
  const base = defaultExperiment(method.kind);
  return parseExperiment({ ...base, method, training: { ...base.training, ...training } });
}
