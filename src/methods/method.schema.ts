/** What the settings side of a method says about itself; the page and the command line read it without loading the engine. */
import type { z } from "zod";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { weightPlaceOf, type WeightPlace } from "../models/weightPlace.schema.ts";

/** Trained numbers: what the method adds (a prompt, adapters), the head, and those of the model's own weights it trains. */
export interface TrainedNumbers {
  readonly prompt: number;
  readonly head: number;
  readonly model: number;
}

/** Training settings that a method prefers; whatever the user has not touched follows them. */
export interface MethodDefaults {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** A strict object whose `kind` names the method. */
type MethodObject = z.ZodObject<{ kind: z.ZodLiteral<string> }>;

/** What follows from a method's settings. */
export interface MethodCounts<Settings> {
  trainedNumbers(settings: Settings, dimensions: ModelDimensions, classes: number): TrainedNumbers;
  /** 1-based layers that carry a prompt; empty when none does. `[0]` stands for the input. */
  promptedLayers(settings: Settings, layers: number): number[];
}

export interface MethodDescription<Schema extends MethodObject> extends MethodCounts<z.infer<Schema>> {
  readonly kind: z.infer<Schema>["kind"];
  /** Prompts leave the model as it is and change what it reads; baselines are what prompts are compared with. */
  readonly family: "prompts" | "baselines";
  /** What the numbers are called that come in addition to model and head, e.g. "prompt"; absent when there are none. */
  readonly adds?: string;
  /** Plain words first, e.g. "Deep prompt". */
  readonly label: string;
  /** The field's term, e.g. "prefix tuning · P-Tuning v2". */
  readonly term: string;
  /** One paragraph for the "?" beside the control. */
  readonly summary: string;
  readonly source: string;
  readonly schema: Schema;
  readonly defaults: MethodDefaults;
}

/** Numbers of the model's own weights that `trains` accepts. */
export function modelNumbers({ weights }: ModelDimensions, trains: (place: WeightPlace) => boolean): number {
  return weights.reduce((sum, { name, numbers }) => sum + (trains(weightPlaceOf(name)) ? numbers : 0), 0);
}

/** A linear head: one weight per feature and class, one bias per class. */
export function headNumbers(width: number, classes: number): number {
  return width * classes + classes;
}
