/** Small tools against answers that come late and calls that come too often. */

/** Calls `work` once things have been quiet for `milliseconds`. */
export function debounced(milliseconds: number, work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, milliseconds);
  };
}

/** Calls `work` at most once per `milliseconds`; the last call is never lost. `now` runs what waits at once. */
export function throttled(milliseconds: number, work: () => void): { (): void; now(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    clearTimeout(timer);
    timer = undefined;
    work();
  };
  return Object.assign(() => void (timer ??= setTimeout(run, milliseconds)), { now: run });
}

/** Runs asynchronous work so that only the newest call's outcome counts; older ones resolve to undefined. */
export function newestOnly(): <Result>(work: () => Promise<Result>) => Promise<Result | undefined> {
  let newest = 0;
  return async (work) => {
    const mine = ++newest;
    try {
      const result = await work();
      return mine === newest ? result : undefined;
    } catch (error) {
      if (mine !== newest) return undefined;
      throw error;
    }
  };
}
