/** One prompt that several data sets share, as the adapter of one of them. PEFT holds one head, so each is a file of its own. */
import { bindMethod } from "../methods/index.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { Adapter } from "./adapter.ts";
import type { TrainedTensor } from "./events.ts";

/** The adapter with `head` for its own; as it is where there is none to take. */
export function withHead(
  adapter: Adapter,
  head: readonly TrainedTensor[] | undefined,
  { family }: LoadedModel,
): Adapter {
  if (head === undefined) return adapter;
  const shapes = [...bindMethod(adapter.experiment.method, family.dimensions).tensors, ...family.weights];
  const shared = new Set(shapes.map(({ name }) => name));
  return { ...adapter, tensors: [...adapter.tensors.filter(({ name }) => shared.has(name)), ...head] };
}
