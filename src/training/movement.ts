/** How far each virtual token has moved from its start, for the picture of the stack. */
import type { BoundMethod, TrainedValues } from "../methods/method.ts";
import type { SlotMovement } from "./events.ts";

/** Root-mean-square distance per slot and prompted layer, and the norm of the last gradient per layer where it is direct. */
export function slotMovement(
  method: BoundMethod,
  { start, now, gradients, step }: { start: TrainedValues; now: TrainedValues; gradients: TrainedValues; step: number },
): SlotMovement {
  const before = method.virtualTokens(start);
  const after = method.virtualTokens(now);
  const layers = method.promptedLayers.length;
  const slots = slotCount(method);
  if (layers === 0 || slots === 0) return { step, layers: [], gradientNorms: [] };
  const columns = before.length / slots;
  const width = columns / layers;
  const distance = (slot: number, layer: number): number => {
    const first = slot * columns + layer * width;
    let sum = 0;
    for (let index = first; index < first + width; index++) sum += ((after[index] ?? 0) - (before[index] ?? 0)) ** 2;
    return Math.sqrt(sum / width);
  };
  const all = (length: number): number[] => Array.from({ length }, (_, index) => index);
  const moved = all(layers).map((layer) => all(slots).map((slot) => distance(slot, layer)));
  return { step, layers: moved, gradientNorms: directGradientNorms(method, gradients, { slots, layers }) };
}

function slotCount(method: BoundMethod): number {
  return method.tensors[0]?.rows ?? 0;
}

/** Only a prompt that is itself a parameter has a gradient per layer; a network's is spread over its weights. */
function directGradientNorms(
  method: BoundMethod,
  gradients: TrainedValues,
  { slots, layers }: { slots: number; layers: number },
): number[] {
  const [prompt, ...network] = method.tensors;
  const gradient = prompt === undefined ? undefined : gradients.get(prompt.name);
  if (gradient === undefined || network.length > 0) return [];
  const width = gradient.length / slots / layers;
  const sums = new Array<number>(layers).fill(0);
  for (const [index, value] of gradient.entries()) {
    const layer = Math.floor(index / width) % layers;
    sums[layer] = (sums[layer] ?? 0) + value ** 2;
  }
  return sums.map(Math.sqrt);
}
