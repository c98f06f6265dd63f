/** Stops of the few-shot slider. */

/** Powers of two below the largest class, then the class itself, which stands for "all". */
export function exampleStops(largestClass: number): number[] {
  const stops: number[] = [];
  for (let stop = 1; stop < largestClass; stop *= 2) stops.push(stop);
  return [...stops, Math.max(1, largestClass)];
}
