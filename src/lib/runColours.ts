/**
 * Colours of runs: eight that stay apart for colour-blind readers (after Okabe & Ito 2008), then the same eight with other
 * line styles. The values for light and dark live in the page's style sheet as --run-1 … --run-8.
 */

export const RUN_COLOURS = 8;
const DASHES = [undefined, "6 3", "2 3", "8 3 2 3"] as const;

export interface RunStyle {
  /** CSS colour. */
  readonly colour: string;
  /** SVG stroke-dasharray; absent for a solid line. */
  readonly dash: string | undefined;
}

/** Style of the n-th run, counted from 0 in the order of creation. */
export function runStyle(index: number): RunStyle {
  const round = Math.floor(index / RUN_COLOURS) % DASHES.length;
  return { colour: `var(--run-${(index % RUN_COLOURS) + 1})`, dash: DASHES[round] };
}
