/** When a run is called diverged or not learning, and when not. */
import { describe, expect, it } from "vitest";
import { createDivergenceDetector, createLearningDetector, type Detector } from "../../../src/training/detectors.ts";

/** Shows a detector the losses as steps 1, 2, …; the messages by step. */
function watch(detector: Detector, losses: readonly number[], skippedStep?: number): [number, string][] {
  return losses.flatMap((loss, index): [number, string][] => {
    const step = index + 1;
    const point = { step, loss, accuracy: 0, gradientNorm: 1, learningRate: 0.1, skipped: step === skippedStep };
    const message = detector.see(point);
    return message === undefined ? [] : [[step, message]];
  });
}

const repeated = (loss: number, count: number): number[] => new Array<number>(count).fill(loss);

describe("a run has diverged", () => {
  it.each([NaN, Infinity])("as soon as its loss is %d", (loss) => {
    expect(watch(createDivergenceDetector(0.5), [1, 1, loss])).toEqual([
      [3, expect.stringContaining("not finite at step 3")],
    ]);
  });

  it("as soon as an update was skipped", () => {
    expect(watch(createDivergenceDetector(0.5), [1, 1, 1], 2)).toEqual([[2, expect.stringContaining("not finite")]]);
  });

  it("when the loss stays above three times its start for five steps", () => {
    expect(watch(createDivergenceDetector(0.5), [1, ...repeated(3.1, 5)])[0]?.[0]).toBe(6);
  });

  it("and the advice is a tenth of the learning rate", () => {
    expect(watch(createDivergenceDetector(0.5), [NaN])[0]?.[1]).toContain(
      "Lower the learning rate (now 0.5), for example to 0.05.",
    );
  });
});

describe("a run has not diverged", () => {
  it.each([
    ["while its loss is at most three times its start", repeated(3, 20)],
    ["after four high steps and a low one, again and again", [3.1, 3.1, 3.1, 3.1, 1, 3.1, 3.1, 3.1, 3.1, 1]],
  ])("%s", (_case, losses) => {
    expect(watch(createDivergenceDetector(0.5), [1, ...losses])).toEqual([]);
  });
});

describe("a run is not learning", () => {
  const entropy = Math.log(2);

  it("when after 50 steps the mean of the last 20 losses is what guessing gives", () => {
    const messages = watch(createLearningDetector(entropy, "guessing"), [
      ...repeated(2, 30),
      ...repeated(entropy * 1.01, 20),
    ]);
    expect(messages).toEqual([[50, expect.stringContaining("no better than guessing (0.693)")]]);
  });

  it("and hears it once only", () => {
    expect(watch(createLearningDetector(entropy, "guessing"), repeated(entropy, 200))).toHaveLength(1);
  });

  it("and hears of it when the loss is well above guessing", () => {
    expect(watch(createLearningDetector(entropy, "guessing"), repeated(entropy * 1.5, 100))).toHaveLength(1);
  });

  it.each([
    ["in its first 49 steps", repeated(entropy, 49)],
    ["when the loss has fallen by a few percent", repeated(entropy * 0.97, 100)],
  ])("but hears nothing %s", (_case, losses) => {
    expect(watch(createLearningDetector(entropy, "guessing"), losses)).toEqual([]);
  });
});
