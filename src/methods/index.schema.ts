/** Registry of method settings: adding a method adds its file, its line in `methodDescriptions` and one in `index.ts`. */
import { z } from "zod";
import { adapters } from "./adapters.schema.ts";
import { bitFit } from "./bitFit.schema.ts";
import { fullFineTuning } from "./fullFineTuning.schema.ts";
import { discretePrompt } from "./discretePrompt.schema.ts";
import { headOnly } from "./headOnly.schema.ts";
import { lora } from "./lora.schema.ts";
import { prefixTuning } from "./prefixTuning.schema.ts";
import { promptTuning } from "./promptTuning.schema.ts";
import { pTuning } from "./pTuning.schema.ts";
import { topLayers } from "./topLayers.schema.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import type { MethodCounts, TrainedNumbers } from "./method.schema.ts";

/** In the order in which the page offers them: prompts first, then baselines from the smallest. */
export const methodDescriptions = {
  "prefix-tuning": prefixTuning,
  "prompt-tuning": promptTuning,
  "p-tuning": pTuning,
  "discrete-prompt": discretePrompt,
  "head-only": headOnly,
  bitfit: bitFit,
  "top-layers": topLayers,
  lora,
  adapters,
  "full-fine-tuning": fullFineTuning,
} as const;

export type MethodKind = keyof typeof methodDescriptions;
/** Settings of one kind of method. */
export type SettingsOf<Kind extends MethodKind> = z.infer<(typeof methodDescriptions)[Kind]["schema"]>;
export type MethodSettings = SettingsOf<MethodKind>;

const [first, ...others] = Object.values(methodDescriptions);
if (first === undefined) throw new Error("There are no methods.");

export const methodSchema = z.discriminatedUnion("kind", [first.schema, ...others.map(({ schema }) => schema)]);

export const methodKinds: readonly MethodKind[] = [first.kind, ...others.map(({ kind }) => kind)];

const counts: { readonly [Kind in MethodKind]: MethodCounts<SettingsOf<Kind>> } = methodDescriptions;

/** Trained numbers of any method. */
export function trainedNumbersOf(method: MethodSettings, dimensions: ModelDimensions, classes: number): TrainedNumbers {
  const ask = <Kind extends MethodKind>(kind: Kind, settings: SettingsOf<Kind>): TrainedNumbers =>
    counts[kind].trainedNumbers(settings, dimensions, classes);
  return ask(method.kind, method);
}

/** Virtual tokens of any method; 0 when it has none. */
export function promptLengthOf(method: MethodSettings): number {
  return "promptLength" in method ? method.promptLength : 0;
}

/** 1-based prompted layers; `[0]` means the input, `[]` no prompt at all. */
export function promptedLayersOf(method: MethodSettings, layers: number): number[] {
  const ask = <Kind extends MethodKind>(kind: Kind, settings: SettingsOf<Kind>): number[] =>
    counts[kind].promptedLayers(settings, layers);
  return ask(method.kind, method);
}
