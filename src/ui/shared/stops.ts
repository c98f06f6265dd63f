/** Positions of a slider whose stops are far from evenly spaced, such as 1, 2, 4, … 128. Pure. */

/** Where `value` stands among ascending `stops`, in [0, 1]; between two stops it is placed in proportion. */
export function positionOf(value: number, stops: readonly number[]): number {
  const last = stops.length - 1;
  if (last < 1) return 0;
  const above = stops.findIndex((stop) => stop >= value);
  if (above === -1) return 1;
  if (above === 0) return 0;
  const low = stops[above - 1] ?? 0;
  const high = stops[above] ?? low;
  return (above - 1 + (value - low) / (high - low)) / last;
}

/** The stop nearest to a position in [0, 1]. */
export function stopAt(position: number, stops: readonly number[]): number {
  const index = Math.round(Math.min(1, Math.max(0, position)) * (stops.length - 1));
  return stops[index] ?? stops[0] ?? 0;
}

/** The stop `count` steps above (or, negative, below) `value`. */
export function nextStop(value: number, count: number, stops: readonly number[]): number {
  const index =
    count > 0
      ? stops.findIndex((stop) => stop > value) + count - 1
      : stops.findLastIndex((stop) => stop < value) + count + 1;
  const beyond = count > 0 && !stops.some((stop) => stop > value);
  if (beyond) return stops.at(-1) ?? value;
  return stops[Math.min(stops.length - 1, Math.max(0, index))] ?? value;
}
