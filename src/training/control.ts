/** Pause, resume, single step and stop from outside a running generator. */

export interface RunControl {
  pause(): void;
  resume(): void;
  /** One step, then pause again. */
  step(): void;
  stop(): void;
  readonly stopped: boolean;
  readonly paused: boolean;
  /** Resolves when the next step may run or the run was stopped. */
  ready(): Promise<void>;
}

/** Starts running, or paused. */
export function createRunControl(paused = false): RunControl {
  let state: "running" | "paused" | "stopped" = paused ? "paused" : "running";
  let allowance = 0;
  let wake: (() => void) | undefined;
  const change = (action: () => void): void => {
    if (state !== "stopped") action();
    wake?.();
    wake = undefined;
  };
  return {
    get stopped() {
      return state === "stopped";
    },
    get paused() {
      return state === "paused" && allowance === 0;
    },
    pause: () =>
      change(() => {
        state = "paused";
        allowance = 0;
      }),
    resume: () =>
      change(() => {
        state = "running";
        allowance = 0;
      }),
    stop: () => change(() => (state = "stopped")),
    step: () =>
      change(() => {
        state = "paused";
        allowance++;
      }),
    async ready() {
      while (state === "paused" && allowance === 0) await new Promise<void>((resolve) => (wake = resolve));
      if (state === "paused") allowance--;
    },
  };
}
