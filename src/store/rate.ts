/** Steps per second and time left, measured by the page's clock over the last few seconds. */

const WINDOW_SECONDS = 4;

interface Mark {
  readonly seconds: number;
  readonly steps: number;
}

export class RateMeter {
  #marks: Mark[] = [];

  /** `steps` counts all steps of all seeds so far; `seconds` is any monotonic clock. */
  note(steps: number, seconds: number): void {
    this.#marks.push({ steps, seconds });
    while ((this.#marks[1]?.seconds ?? seconds) < seconds - WINDOW_SECONDS) this.#marks.shift();
  }

  /** A pause must not count as slowness. */
  reset(): void {
    this.#marks = [];
  }

  get stepsPerSecond(): number | undefined {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || !last || last.seconds - first.seconds < 0.2) return undefined;
    return (last.steps - first.steps) / (last.seconds - first.seconds);
  }
}
