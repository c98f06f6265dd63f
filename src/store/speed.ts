/**
 * How fast this device was the last time something ran on it, kept between visits so that time is estimated before the
 * first run of a visit. A figure of the page only: the engine measures its own.
 */
import type { DeviceReport, Estimate } from "../worker/protocol.ts";

const KEY = "softprompt-studio-speed";

/** The estimate with its time filled in from an earlier visit, if this device was measured then. */
export function withRememberedSpeed(estimate: Estimate, device: DeviceReport): Estimate {
  if (estimate.seconds !== undefined) {
    if (estimate.runFlops > 0) remember(device, estimate.runFlops / estimate.seconds);
    return estimate;
  }
  const speed = rememberedSpeed(device);
  return speed ? { ...estimate, seconds: estimate.runFlops / speed } : estimate;
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

/** Floating-point operations per second of an earlier visit; undefined when this device was not measured then. */
export function rememberedSpeed(device: DeviceReport): number | undefined {
  try {
    const speed = Number(localStorage.getItem(nameOf(device)));
    return speed > 0 ? speed : undefined;
  } catch {
    return undefined;
  }
}
