/** Learning rates step by step against transformers' schedulers. */
import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../../src/config/experiment.ts";
import type { TrainingSettings } from "../../../src/config/training.ts";
import { learningRateAt } from "../../../src/training/schedules.ts";

function training(change: Partial<TrainingSettings>): TrainingSettings {
  const settings = { learningRate: 0.1, weightDecay: 0, ...change };
  return parseExperiment({ method: { kind: "head-only" }, training: settings }).training;
}

function ratesOf(settings: TrainingSettings): number[] {
  return Array.from({ length: settings.steps }, (_, index) => learningRateAt(settings, index + 1));
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(actual[index]).toBeCloseTo(value, 12);
}

// from transformers import get_linear_schedule_with_warmup, …  (5.18.0)
// optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1); schedule = get_…(optimizer, warmup, steps)
// for _ in range(steps): print(schedule.get_last_lr()[0]); optimizer.step(); schedule.step()
describe("the schedule", () => {
  it("linear with three warm-up steps of ten is transformers' own", () => {
    expectClose(
      ratesOf(training({ schedule: "linear", warmupSteps: 3, steps: 10 })),
      [
        0, 0.03333333333333333, 0.06666666666666667, 0.1, 0.08571428571428572, 0.07142857142857144, 0.05714285714285714,
        0.04285714285714286, 0.02857142857142857, 0.014285714285714285,
      ],
    );
  });

  it("cosine with three warm-up steps of ten is transformers' own", () => {
    expectClose(
      ratesOf(training({ schedule: "cosine", warmupSteps: 3, steps: 10 })),
      [
        0, 0.03333333333333333, 0.06666666666666667, 0.1, 0.09504844339512096, 0.08117449009293669, 0.06112604669781572,
        0.03887395330218429, 0.018825509907063328, 0.004951556604879049,
      ],
    );
  });

  it("constant with three warm-up steps of six is transformers' own", () => {
    expectClose(
      ratesOf(training({ schedule: "constant", warmupSteps: 3, steps: 6 })),
      [0, 0.03333333333333333, 0.06666666666666667, 0.1, 0.1, 0.1],
    );
  });

  it.each([
    ["linear" as const, [0.1, 0.07500000000000001, 0.05, 0.025]],
    ["cosine" as const, [0.1, 0.08535533905932738, 0.05, 0.014644660940672627]],
    ["constant" as const, [0.1, 0.1, 0.1, 0.1]],
  ])("%s without warm-up starts at the full rate", (schedule, expected) => {
    expectClose(ratesOf(training({ schedule, steps: 4 })), expected);
  });

  it.each(["linear", "cosine", "constant"] as const)("%s is finite when warm-up is longer than the run", (schedule) => {
    const rates = ratesOf(training({ schedule, warmupSteps: 10, steps: 4 }));
    expectClose(rates, [0, 0.01, 0.02, 0.03]);
  });
});
