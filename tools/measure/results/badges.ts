/** Writes src/config/measured.json: what built-in sets score per method, so that the page can say where a method does not learn. */
import { writeFileSync } from "node:fs";
import type { Measured } from "../../../src/config/measured.ts";
import { DATA_SETS, METHODS } from "./plan.ts";
import type { Cell } from "./resultFile.ts";

/** Writes the file whole. */
export function writeBadges(cells: readonly Cell[], path: string): void {
  writeFileSync(path, `${JSON.stringify(cells.flatMap(measuredOf), undefined, 2)}\n`);
}

function measuredOf({ data, method, mean, scoreName, scores, baseline }: Cell): Measured[] {
  const source = DATA_SETS.find(({ id }) => id === data)?.source;
  const kind = METHODS.find(({ id }) => id === method)?.kind;
  if (source === undefined || !("builtIn" in source) || kind === undefined) return [];
  const rounded = (share: number): number => Math.round(1000 * share) / 1000;
  const best = { name: baseline.name, score: rounded(baseline.score) };
  return [
    { data: source.builtIn, method: kind, scoreName, score: rounded(mean), baseline: best, seeds: scores.length },
  ];
}
