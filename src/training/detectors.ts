/** Notices runs that go wrong and says what to try: diverged, and not learning. */
import type { StepPoint } from "./events.ts";

/** Steps in a row above three times the first loss that count as diverged. */
const divergedSteps = 5;
const divergedFactor = 3;
/** Not learning: after this many steps the mean loss of the last ones is within 2 % of the loss of guessing, or above it. */
const learningSteps = 50;
const learningWindow = 20;
const learningMargin = 0.02;

/** Looks at one point after the other; returns a message the first time something is wrong. */
export interface Detector {
  see(point: StepPoint): string | undefined;
}

/** Non-finite loss or update, or above three times the first loss for five steps. */
export function createDivergenceDetector(learningRate: number): Detector {
  let first: number | undefined;
  let high = 0;
  const advice = `Lower the learning rate (now ${learningRate}), for example to ${Number((learningRate / 10).toPrecision(2))}.`;
  return {
    see({ step, loss, skipped }) {
      if (skipped || !Number.isFinite(loss)) return `The loss or a gradient was not finite at step ${step}. ${advice}`;
      first ??= loss;
      high = loss > divergedFactor * first ? high + 1 : 0;
      if (high < divergedSteps) return undefined;
      return `The loss has been above three times its start for ${divergedSteps} steps (step ${step}: ${loss.toFixed(3)}). ${advice}`;
    },
  };
}

/** Speaks once. `guessingLoss` is the loss of answering without looking, nats, and `guess` says how. */
export function createLearningDetector(guessingLoss: number, guess: string): Detector {
  const recent: number[] = [];
  let spoken = false;
  return {
    see({ step, loss }) {
      recent.push(loss);
      if (recent.length > learningWindow) recent.shift();
      if (spoken || step < learningSteps || recent.length < learningWindow) return undefined;
      const mean = recent.reduce((sum, value) => sum + value, 0) / recent.length;
      if (mean < (1 - learningMargin) * guessingLoss) return undefined;
      spoken = true;
      return `After ${step} steps the loss (${mean.toFixed(3)}) is no better than ${guess} (${guessingLoss.toFixed(3)}). Try a higher learning rate, a longer prompt, more layers or another start.`;
    },
  };
}
