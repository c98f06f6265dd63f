/** Sizes of the loaded model and the number of classes: what the trained numbers depend on. */
import { useData } from "../../store/data.ts";
import { useSession } from "../../store/session.ts";
import type { ModelDimensions } from "../../worker/protocol.ts";

export function useDimensions(): {
  readonly dimensions: ModelDimensions | undefined;
  readonly classes: number | undefined;
} {
  const dimensions = useSession(({ model }) => model?.dimensions);
  const classes = useData(({ report }) => report?.labels.length);
  return { dimensions, classes };
}

/** Layers to draw before the model is there: those of the built-in one. */
export const DEFAULT_LAYERS = 4;
