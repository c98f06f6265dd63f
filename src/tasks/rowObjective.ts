/** The objective of every task that gives each needed row one class: cross entropy, weighted as the step inputs say. */
import type { Builder } from "../engine/graph/builder.ts";
import type { Objective } from "../engine/graph/graph.ts";
import { crossEntropy } from "../engine/graph/operations/crossEntropy.ts";
import type { Tensor } from "../engine/graph/tensor.ts";
import type { EncoderRows } from "../models/family.ts";

/** Row losses and hits of logits [needed, C]. */
export function rowObjective(builder: Builder, logits: Tensor, { needed }: EncoderRows): Objective {
  const { space } = needed;
  const labels = builder.index(`${space.name}.label`, space);
  const weights = builder.values(`${space.name}.weight`, space);
  return crossEntropy(builder, logits, { labels, weights });
}
