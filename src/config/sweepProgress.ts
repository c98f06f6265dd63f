/** How much of a sweep is done and how long the rest takes, from what its cells cost and how long finished ones took. */

export interface CellCost {
  readonly id: string;
  readonly steps: number;
  /** Floating-point operations of its whole run; 0 where that is unknown. */
  readonly flops: number;
}

/** What a cell counts for: its arithmetic, or its steps where the arithmetic of some cell is unknown. */
function weightOf(costs: readonly CellCost[]): (cost: CellCost) => number {
  return costs.every(({ flops }) => flops > 0) ? ({ flops }) => flops : ({ steps }) => steps;
}

/**
 * Seconds for the cells that are neither measured nor failed, at the speed of those that were measured.
 * @param seconds of finished cells by id
 * @returns undefined before the first cell is finished
 */
export function secondsLeft(
  costs: readonly CellCost[],
  seconds: ReadonlyMap<string, number>,
  failed: ReadonlySet<string> = new Set(),
): number | undefined {
  const weight = weightOf(costs);
  const sum = (chosen: readonly CellCost[]): number => chosen.reduce((total, cost) => total + weight(cost), 0);
  const measured = costs.filter(({ id }) => seconds.has(id));
  const spent = measured.reduce((total, { id }) => total + (seconds.get(id) ?? 0), 0);
  if (measured.length === 0 || spent === 0) return undefined;
  const left = costs.filter(({ id }) => !seconds.has(id) && !failed.has(id));
  return (sum(left) * spent) / sum(measured);
}
