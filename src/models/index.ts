/** Registry of model families: adding one adds its file and one line here. */
import { z } from "zod";
import { bert } from "./bert.ts";
import type { Family, FamilyModel } from "./family.ts";
import { gpt2 } from "./gpt2.ts";

/** By the `model_type` of a Hugging Face configuration. */
export const families: Readonly<Record<string, Family>> = { bert, gpt2 };

/** Binds config.json to its family. Throws when no family of the studio fits. */
export function configureModel(config: unknown): FamilyModel {
  const parsed = z.looseObject({ model_type: z.string() }).safeParse(config);
  if (!parsed.success) throw new Error('config.json has no "model_type"; expected a Hugging Face model folder.');
  const family = families[parsed.data.model_type];
  if (family === undefined) {
    const known = Object.keys(families).join(", ");
    throw new Error(`This model is of type "${parsed.data.model_type}"; the studio can run: ${known}.`);
  }
  return family.configure(config);
}
