/** What the stack picture shows, as plain data: which cells a row has, how strong each is. Pure; drawing is in Stack.tsx. */
import { promptedLayersOf, promptLengthOf, type MethodSettings } from "../../methods/index.schema.ts";
import type { SlotMovement } from "../../worker/protocol.ts";

/** More slots than this are drawn together, so that a cell stays wide enough to see. */
export const MOST_CELLS = 32;

/** How much of the model's own numbers in a row is trained: none, a little in or beside each block, or all of them. */
export type RowTraining = "frozen" | "partly" | "whole";

/** How a row's slots came to be there: trained in this row, risen from the row below, or not at all. */
export type SlotOrigin = "trained" | "risen" | "none";

export interface StackRow {
  /** 0 is the input, then the layers from the bottom. */
  readonly layer: number;
  readonly origin: SlotOrigin;
  readonly training: RowTraining;
  /** One entry per drawn cell: how far its slots moved, from 0 (still) to 1 (furthest); undefined before training. */
  readonly cells: readonly (number | undefined)[];
  /** Gradient norm relative to the largest row, in [0, 1]. */
  readonly gradient: number | undefined;
}

export interface StackPicture {
  /** Whether a head is trained above the model; the model's own head stays as it is. */
  readonly trainsHead: boolean;
  /** Top layer first, input last: the order in which they are drawn. */
  readonly rows: readonly StackRow[];
}

/** Movement below this is drawn against it, so that a first tiny step does not look like a long way. */
const SMALLEST_SCALE = 0.05;

export function stackPicture(
  method: MethodSettings,
  layers: number,
  movement?: SlotMovement,
  furthestMove = 0,
): StackPicture {
  const length = promptLengthOf(method);
  const prompted = promptedLayersOf(method, layers);
  const scale = Math.max(SMALLEST_SCALE, furthestMove);
  const strongest = Math.max(...(movement?.gradientNorms ?? []), Number.MIN_VALUE);
  const rows = Array.from({ length: layers + 1 }, (_, index) => layers - index).map((layer): StackRow => {
    const origin = originOf(layer, prompted);
    const place = prompted.indexOf(layer);
    const moved = place < 0 ? undefined : movement?.layers[place];
    const norm = place < 0 ? undefined : movement?.gradientNorms[place];
    const cells = origin === "none" ? [] : mergedCells(length, moved, scale);
    const gradient = norm === undefined ? undefined : norm / strongest;
    return { layer, origin, training: trainingOf(method, layer, layers), cells, gradient };
  });
  return { rows, trainsHead: method.kind !== "discrete-prompt" };
}

/** Low-rank updates, adapters and biases sit in the layers; the input is trained only with everything else. */
function trainingOf(method: MethodSettings, layer: number, layers: number): RowTraining {
  switch (method.kind) {
    case "full-fine-tuning":
      return "whole";
    case "top-layers":
      return layer > 0 && layer > layers - method.topLayers ? "whole" : "frozen";
    case "lora":
    case "adapters":
    case "bitfit":
      return layer > 0 ? "partly" : "frozen";
    case "prefix-tuning":
    case "prompt-tuning":
    case "p-tuning":
    case "discrete-prompt":
    case "head-only":
      return "frozen";
    default:
      return method satisfies never;
  }
}

/** A soft prompt is trained at the input and rises through every layer; a deep prompt stays where it is trained. */
function originOf(layer: number, prompted: readonly number[]): SlotOrigin {
  if (prompted.includes(layer)) return "trained";
  return prompted.includes(0) ? "risen" : "none";
}

function mergedCells(length: number, moved: readonly number[] | undefined, scale: number): (number | undefined)[] {
  const count = Math.min(length, MOST_CELLS);
  return Array.from({ length: count }, (_, cell) => {
    const from = Math.floor((cell * length) / count);
    const to = Math.max(from + 1, Math.floor(((cell + 1) * length) / count));
    const slots = moved?.slice(from, to) ?? [];
    if (slots.length === 0) return undefined;
    // The square root lets small movements show beside large ones.
    return Math.sqrt(Math.min(1, slots.reduce((sum, value) => sum + value, 0) / slots.length / scale));
  });
}
