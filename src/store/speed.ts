/**
 * How fast this device was the last time something ran on it, kept between visits so that time is estimated before the
 * first run of a visit. A figure of the page only: the engine measures its own.
 */
import type { DeviceReport, Estimate } from "../worker/protocol.ts";

const KEY = "softprompt-studio-speed";

/** The estimate with its time filled in from an earlier visit, if this device was measured then. */
export function withRememberedSpeed(estimate: Estimate, device: DeviceReport): Estimate {
  if (estimate.secondsPerStep !== undefined) {
    if (estimate.stepFlops > 0) remember(device, estimate.stepFlops / estimate.secondsPerStep);
    return estimate;
  }
  const speed = remembered(device);
  return speed ? { ...estimate, secondsPerStep: estimate.stepFlops / speed } : estimate;
}

function nameOf({ backend, adapter }: DeviceReport): string {
  return `${KEY} ${backend} ${adapter}`;
}

function remember(device: DeviceReport, flopsPerSecond: number): void {
  try {
    localStorage.setItem(nameOf(device), String(Math.round(flopsPerSecond)));
  } catch {
    // Storage is off or full; the next visit simply starts without a figure.
  }
}

function remembered(device: DeviceReport): number | undefined {
  try {
    const speed = Number(localStorage.getItem(nameOf(device)));
    return speed > 0 ? speed : undefined;
  } catch {
    return undefined;
  }
}
