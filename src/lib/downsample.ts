/**
 * Thins a curve for drawing: every bucket of steps keeps its lowest and its highest point, so that spikes survive.
 * Buckets depend only on the axis, not on the curve, so that overlaid runs share their positions.
 */

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/** At most `limit` points of `points` (ascending x) over the axis [0, end]; short curves come back unchanged. */
export function downsample(points: readonly CurvePoint[], end: number, limit: number): CurvePoint[] {
  if (points.length <= limit) return [...points];
  const buckets = Math.max(1, Math.floor(limit / 2));
  const width = Math.max(end, points.at(-1)?.x ?? 0) / buckets;
  const thinned: CurvePoint[] = [];
  for (let start = 0; start < points.length;) {
    const bucket = bucketOf(points[start]?.x ?? 0, width, buckets);
    let stop = start;
    while (stop < points.length && bucketOf(points[stop]?.x ?? 0, width, buckets) === bucket) stop += 1;
    thinned.push(...extremes(points.slice(start, stop), bucket * width, width));
    start = stop;
  }
  return thinned;
}

function bucketOf(x: number, width: number, buckets: number): number {
  return Math.min(buckets - 1, Math.floor(x / width));
}

/** Lowest and highest point of a bucket in their order, placed at the bucket's quarter and three-quarter marks. */
function extremes(points: readonly CurvePoint[], left: number, width: number): CurvePoint[] {
  let lowest = 0;
  let highest = 0;
  points.forEach(({ y }, index) => {
    if (y < (points[lowest]?.y ?? Infinity)) lowest = index;
    if (y > (points[highest]?.y ?? -Infinity)) highest = index;
  });
  const first = points[Math.min(lowest, highest)];
  const second = points[Math.max(lowest, highest)];
  if (!first || !second) return [];
  return [
    { x: Math.round(left + width * 0.25), y: first.y },
    { x: Math.round(left + width * 0.75), y: second.y },
  ];
}
