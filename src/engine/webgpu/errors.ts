/** What can go wrong before and while a WebGPU device is used, as types that callers can tell apart. */

import { DeviceLostError } from "../executor.ts";

/** Why there is no device. */
export type UnavailableCause =
  | { readonly kind: "no-gpu" }
  | { readonly kind: "no-adapter" }
  | { readonly kind: "device-refused"; readonly message: string };

/** WebGPU cannot be used here; `cause.kind` says why, so that the caller can choose another backend. */
export class WebGpuUnavailableError extends Error {
  override readonly name = "WebGpuUnavailableError";
  override readonly cause: UnavailableCause;

  constructor(cause: UnavailableCause) {
    super(describeCause(cause));
    this.cause = cause;
  }
}

/** The device went away, or the executor was disposed, before or during the call. Plans must be built again. */
export class DeviceGoneError extends DeviceLostError {}

function describeCause(cause: UnavailableCause): string {
  switch (cause.kind) {
    case "no-gpu":
      return "This environment has no WebGPU (navigator.gpu is missing). Use the tfjs backend or another browser.";
    case "no-adapter":
      return "WebGPU is there, but it offers no adapter. Use the tfjs backend or enable hardware acceleration.";
    case "device-refused":
      return `The adapter refused a device, even with default limits: ${cause.message}`;
    default:
      return cause satisfies never;
  }
}
