/** Why WebGPU is not used and what to do about it, in words for this browser. Pure: the browser's name comes in. */
import { browserName } from "../../store/environment.ts";
import type { FallbackReason } from "../../worker/protocol.ts";

export interface FallbackAdvice {
  readonly cause: string;
  readonly remedy: string;
}

export function fallbackAdvice(reason: FallbackReason, userAgent: string): FallbackAdvice {
  switch (reason.kind) {
    case "insecure-context":
      return {
        cause:
          "This page was opened over plain http from another machine, and browsers offer WebGPU only to secure pages.",
        remedy:
          "Addresses like http://192.168.… are not secure. Open it as http://localhost on the machine itself, or serve it over https.",
      };
    case "no-webgpu":
      return { cause: "This browser does not offer WebGPU.", remedy: remedyFor(userAgent) };
    case "no-adapter":
      return {
        cause: "This browser knows WebGPU but found no graphics adapter for it.",
        remedy: `Update the graphics driver and switch on hardware acceleration in the browser's settings. ${adapterRemedy(userAgent)}`,
      };
    case "device-refused":
      return {
        cause: `The graphics adapter refused to open a device: ${reason.message}`,
        remedy: "Close other tabs that use the GPU and restart the engine; if that does not help, restart the browser.",
      };
    case "chosen":
      return {
        cause: "You chose a backend other than WebGPU.",
        remedy: "Set the backend under “More” to “Fastest available” to use WebGPU.",
      };
    default:
      return reason satisfies never;
  }
}

function remedyFor(userAgent: string): string {
  const browser = browserName(userAgent);
  if (browser.startsWith("Firefox")) {
    return "Firefox has WebGPU on Windows and on Macs with Apple chips. Elsewhere set dom.webgpu.enabled to true in about:config, or use Chrome or Edge.";
  }
  if (browser.startsWith("Safari")) return "Safari has WebGPU from version 26 on. Update the system, or use Chrome.";
  if (/Linux/.test(userAgent) && !/Android/.test(userAgent)) {
    return `${browser} on Linux has WebGPU for recent drivers only. Update browser and driver, or switch on chrome://flags/#enable-unsafe-webgpu.`;
  }
  if (/Android/.test(userAgent)) return "Chrome on Android has WebGPU from Android 12 on. Update Chrome.";
  return "Update the browser: Chrome and Edge have WebGPU since version 113.";
}

function adapterRemedy(userAgent: string): string {
  const browser = browserName(userAgent);
  if (browser.startsWith("Firefox")) return "about:support, section Graphics, says why the adapter is blocked.";
  if (browser.startsWith("Safari")) return "";
  return "chrome://gpu says why the adapter is blocked.";
}
