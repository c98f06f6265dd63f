/**
 * Switching prompts off for an evaluation, exactly and without building another graph. A deep prompt's slots get a gate in
 * each layer, which is a factor on their unnormalised attention probability: at 0 the layer attends to the text alone. A
 * soft prompt's rows are taken out of the packed step. Whatever stays keeps its position.
 */
import type { Experiment } from "../../config/experiment.ts";
import type { StepValues } from "../../engine/executor.ts";
import type { BoundMethod } from "../../methods/method.ts";
import { spaces } from "../../models/packing.ts";

/** The experiment with a soft prompt's rows among the tokens of each sequence, also where one trunk for all would be quicker. */
export function withPromptAmongTokens(experiment: Experiment): Experiment {
  const { training } = experiment;
  return { ...experiment, training: { ...training, savings: { ...training.savings, promptTrunk: false } } };
}

/** The method with a gate on each prompted layer's slots; `withGates` gives the gates their values. */
export function gatedMethod(method: BoundMethod): BoundMethod {
  return {
    ...method,
    hooks(builder) {
      const hooks = method.hooks(builder);
      if (hooks.layerPrompt === undefined) return hooks;
      return {
        ...hooks,
        layerPrompt(layer) {
          const prompt = hooks.layerPrompt?.(layer);
          return prompt && { ...prompt, gate: builder.values(gateName(layer), prompt.length) };
        },
      };
    },
  };
}

/** The step with gates for P slots: 0 in the layers that are off, 1 in the others. Layers count from 0. */
export function withGates(
  step: StepValues,
  { promptedLayers }: BoundMethod,
  { slots, off }: { slots: number; off: readonly number[] },
): StepValues {
  const gates = promptedLayers.map((layer) => [
    gateName(layer),
    new Float32Array(slots).fill(off.includes(layer) ? 0 : 1),
  ]);
  return { ...step, values: { ...step.values, ...Object.fromEntries(gates) } };
}

function gateName(layer: number): string {
  return `gate of layer ${layer}`;
}

const slotInput = `${spaces.tokens}.slot`;
const rowColumns = ["word", "position", "type", "slot", "sequence"].map((column) => `${spaces.tokens}.${column}`);

/**
 * The step without the rows of virtual tokens. A head that reads such a row reads the first row behind it instead, which is
 * [CLS] where the prompt stands in front.
 */
export function withoutSlots(step: StepValues): StepValues {
  const slot = step.indices[slotInput];
  if (slot === undefined) return step;
  const kept = [...slot.keys()].filter((row) => (slot[row] ?? -1) < 0);
  const moved = new Int32Array(slot.length + 1);
  for (const [row, own] of slot.entries()) moved[row + 1] = (moved[row] ?? 0) + (own < 0 ? 1 : 0);
  const renumbered = (rows: Int32Array | undefined): Int32Array =>
    Int32Array.from(rows ?? [], (row) => moved[row] ?? 0);
  const columns = rowColumns.map((name) => {
    const column = step.indices[name] ?? new Int32Array();
    return [name, Int32Array.from(kept, (row) => column[row] ?? 0)];
  });
  const [offsets, needed] = [`${spaces.tokens}.offsets`, `${spaces.needed}.row`];
  return {
    counts: { ...step.counts, [spaces.tokens]: kept.length },
    indices: {
      ...step.indices,
      ...Object.fromEntries(columns),
      [offsets]: renumbered(step.indices[offsets]),
      [needed]: renumbered(step.indices[needed]),
    },
    values: step.values,
  };
}
