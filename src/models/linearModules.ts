/** The linear layers of a model by the names transformers gives its modules, for formats that speak of them so. */
import type { FamilyModel, LinearPlace } from "./family.ts";
import { weightPlaceOf } from "./weightPlace.schema.ts";

/** A linear layer inside a transformer layer, named as in a transformers model with a head. */
export interface LinearModule extends LinearPlace {
  readonly name: string;
}

/** All linear layers of the transformer layers, from the bottom. */
export function linearModules(family: FamilyModel): LinearModule[] {
  return family.weights.flatMap(({ name }) => {
    const { layer, role, bias } = weightPlaceOf(name);
    if (bias || role === undefined || typeof layer !== "number") return [];
    return [{ layer, role, name: transformersName(family, name).replace(/\.weight$/, "") }];
  });
}

/** What transformers calls one of the model's weights in a model with a head. */
export function transformersName(family: FamilyModel, name: string): string {
  return family.weightAliases(name)[0] ?? name;
}
