/** The parts of an inspection as the page names and orders them, and small figures that several of them show. */
import type { InspectionPart } from "../../worker/protocol.ts";

export type { InspectionPart };

export const PARTS = ["predictions", "slots", "attention", "knock-out"] as const satisfies readonly InspectionPart[];

export const PART_NAMES: Readonly<Record<InspectionPart, string>> = {
  predictions: "Predictions",
  slots: "Virtual tokens",
  attention: "Attention",
  "knock-out": "Layer off",
};

export function partOfTab(value: string | null): InspectionPart | undefined {
  return PARTS.find((part) => part === value);
}

/** "layer 3", or the input for 0. */
export function layerName(layer: number): string {
  return layer === 0 ? "input" : `layer ${layer}`;
}

/** Share in [0, 1] → whole percents: "38 %"; "<1 %" where something is left. */
export function shareWords(share: number): string {
  return share > 0 && share < 0.005 ? "<1 %" : `${Math.round(share * 100)} %`;
}

/** "+0.012", "−0.070", "0.000". */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(3);
  if (Number(text) === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}
