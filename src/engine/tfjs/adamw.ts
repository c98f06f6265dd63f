/**
 * AdamW with decoupled weight decay (Loshchilov & Hutter 2019) on host arrays, step by step as torch.optim.AdamW does it,
 * with clipping by the global norm as torch.nn.utils.clip_grad_norm_. Knows nothing of TensorFlow.js.
 */
import type { GroupSettings, UpdateSettings } from "../executor.ts";

export interface TrainedArrays {
  readonly values: Float32Array;
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
}

export interface ParameterGradient {
  readonly group: string;
  readonly arrays: TrainedArrays;
  readonly gradient: Float32Array;
}

export interface UpdateOutcome {
  /** Norm over the active groups, before clipping. */
  readonly gradientNorm: number;
  /** True when the norm is not finite and nothing was changed. */
  readonly skipped: boolean;
}

/** Keeps torch's clip factor finite when the norm is 0. */
const CLIP_GUARD = 1e-6;

/** Updates the arrays in place; `update` counts from 1. Throws when a group has no settings. */
export function updateWithAdamW(
  parameters: readonly ParameterGradient[],
  settings: UpdateSettings,
  update: number,
): UpdateOutcome {
  const active = parameters.filter(({ group }) => groupSettings(settings, group).active);
  const gradientNorm = Math.sqrt(active.reduce((sum, { gradient }) => sum + squaredNorm(gradient), 0));
  if (!Number.isFinite(gradientNorm)) return { gradientNorm, skipped: true };
  const { clipNorm } = settings;
  const factor = clipNorm > 0 ? Math.min(1, clipNorm / (gradientNorm + CLIP_GUARD)) : 1;
  for (const parameter of active) {
    updateOne(parameter, settings, groupSettings(settings, parameter.group), { factor, update });
  }
  return { gradientNorm, skipped: false };
}

function groupSettings(settings: UpdateSettings, group: string): GroupSettings {
  const found = settings.groups[group];
  if (found !== undefined) return found;
  throw new Error(
    `The update has no settings for the group "${group}"; it has ${Object.keys(settings.groups).join(", ")}.`,
  );
}

function squaredNorm(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

function updateOne(
  { arrays, gradient }: ParameterGradient,
  { learningRate, beta1, beta2, epsilon }: UpdateSettings,
  { learningRateScale, weightDecay, update: own }: GroupSettings,
  { factor, update: common }: { factor: number; update: number },
): void {
  const { values, firstMoments, secondMoments } = arrays;
  const rate = learningRate * learningRateScale;
  const decay = 1 - rate * weightDecay;
  const update = own ?? common;
  const stepSize = rate / (1 - beta1 ** update);
  const secondCorrection = Math.sqrt(1 - beta2 ** update);
  for (let i = 0; i < values.length; i++) {
    const g = (gradient[i] ?? 0) * factor;
    const first = beta1 * (firstMoments[i] ?? 0) + (1 - beta1) * g;
    const second = beta2 * (secondMoments[i] ?? 0) + (1 - beta2) * g * g;
    firstMoments[i] = first;
    secondMoments[i] = second;
    values[i] = (values[i] ?? 0) * decay - (stepSize * first) / (Math.sqrt(second) / secondCorrection + epsilon);
  }
}
