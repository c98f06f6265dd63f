/** Partial fine-tuning: the weights of the top layers are members of a trained group; otherwise like the head-only baseline. */
import { SettingsError } from "../lib/errors.ts";
import type { ModelDimensions } from "../models/dimensions.schema.ts";
import { bindHeadOnly } from "./headOnly.ts";
import type { BoundMethod } from "./method.ts";
import { trainsTopLayer, type TopLayersSettings } from "./topLayers.schema.ts";

/** Throws when the model has fewer layers than are to be trained. */
export function bindTopLayers(settings: TopLayersSettings, { layers }: ModelDimensions): BoundMethod {
  if (settings.topLayers > layers) {
    throw new SettingsError(`Expected at most ${layers} trained layers, as the model has; got ${settings.topLayers}.`);
  }
  return { ...bindHeadOnly(), trainsWeight: (place) => trainsTopLayer(settings, place, layers) };
}
