/** Where a weight stands in its model, read from its Hugging Face name, so that methods can choose weights of any family. */
import type { LinearRole } from "./linearRoles.schema.ts";

export interface WeightPlace {
  readonly name: string;
  /** 0-based transformer layer; `embeddings` below the layers, `above` between them and the head (pooler, last norm). */
  readonly layer: number | "embeddings" | "above";
  readonly bias: boolean;
  /** A gain or bias of a layer norm. */
  readonly norm: boolean;
  /** The linear layer it belongs to; absent for norms, embeddings and what stands above the layers. */
  readonly role?: LinearRole;
}

/** How the families name the linear layers of a transformer layer. */
const roleNames: readonly (readonly [RegExp, LinearRole])[] = [
  [/\.attn\.c_attn\.\w+$/, "query-key-value"],
  [/\.(?:query|q_lin)\.\w+$/, "query"],
  [/\.(?:key|k_lin)\.\w+$/, "key"],
  [/\.(?:value|v_lin)\.\w+$/, "value"],
  [/\.attention\.(?:output\.dense|out_lin)\.\w+$|\.attn\.c_proj\.\w+$/, "attention-output"],
  [/\.(?:intermediate\.dense|ffn\.lin1|mlp\.c_fc)\.\w+$/, "intermediate"],
  [/\.(?:output\.dense|ffn\.lin2|mlp\.c_proj)\.\w+$/, "output"],
];

/** The place of the weight of this name, e.g. `encoder.layer.2.attention.self.query.bias`. */
export function weightPlaceOf(name: string): WeightPlace {
  const number = /(?:^|\.)(?<layer>\d+)\./.exec(name)?.groups?.["layer"];
  const norm = /norm|(?:^|\.)ln_/i.test(name);
  const layer = number === undefined ? outsideLayers(name) : Number(number);
  const role = typeof layer === "number" && !norm ? roleNames.find(([pattern]) => pattern.test(name))?.[1] : undefined;
  return { name, layer, bias: name.endsWith(".bias"), norm, ...(role === undefined ? {} : { role }) };
}

function outsideLayers(name: string): "embeddings" | "above" {
  return /(?:^|\.)(?:embeddings|wte|wpe)\b/.test(name) ? "embeddings" : "above";
}
