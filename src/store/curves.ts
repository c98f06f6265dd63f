/**
 * The measured points of every run, outside React: a run may have a hundred thousand steps, and only the charts read them,
 * thinned. The runs store publishes a new list whenever they have grown.
 */
import type { Evaluation, SeedCurves, StepPoint } from "../worker/protocol.ts";

interface GrowingCurves {
  seed: number;
  steps: StepPoint[];
  evaluations: Evaluation[];
}

const curves = new Map<string, GrowingCurves[]>();

/** Curves of a run, one entry per seed; empty when nothing was measured. */
export function curvesOf(runId: string): readonly SeedCurves[] {
  return curves.get(runId) ?? [];
}

/** Takes over the curves of a kept or shipped run. */
export function keepCurves(runId: string, kept: readonly SeedCurves[]): void {
  curves.set(
    runId,
    kept.map(({ seed, steps, evaluations }) => ({ seed, steps: [...steps], evaluations: [...evaluations] })),
  );
}

export function startSeed(runId: string, seedIndex: number, seed: number): void {
  const seeds = curves.get(runId) ?? [];
  seeds[seedIndex] = { seed, steps: [], evaluations: [] };
  curves.set(runId, seeds);
}

export function addSteps(runId: string, seedIndex: number, points: readonly StepPoint[]): void {
  curves.get(runId)?.[seedIndex]?.steps.push(...points);
}

export function addEvaluation(runId: string, seedIndex: number, evaluation: Evaluation): void {
  curves.get(runId)?.[seedIndex]?.evaluations.push(evaluation);
}

export function dropCurves(runId: string): void {
  curves.delete(runId);
}
