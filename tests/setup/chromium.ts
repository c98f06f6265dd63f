/**
 * Launches a real Chromium for end-to-end tests, with a software GPU or without one.
 * Each launch has a fresh profile and talks to nothing but the page under test.
 */
import { chromium, type Browser, type BrowserContext } from "playwright-core";
import { ensureChromium } from "../../tools/ensureChromium.mjs";

/** `swiftshader`: WebGPU on the software adapter. `no-adapter`: `navigator.gpu` exists but offers no adapter. */
export type WebGpuSupport = "swiftshader" | "no-adapter";

const QUIET_FLAGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];

const WEBGPU_FLAGS: Record<WebGpuSupport, readonly string[]> = {
  swiftshader: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
  "no-adapter": ["--disable-gpu"],
};

/** @param moreFlags command line switches of Chromium that one test needs */
export function launchChromium(webGpu: WebGpuSupport, moreFlags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: ensureChromium(),
    headless: true,
    args: [...QUIET_FLAGS, ...WEBGPU_FLAGS[webGpu], ...moreFlags],
  });
}

/**
 * Makes pages of this context, and their worker, see a browser without `navigator.gpu`. Chromium has no switch for that,
 * so the property is removed before the page's scripts run and at the head of the worker's script.
 */
export async function hideWebGpu(context: BrowserContext): Promise<void> {
  await context.addInitScript("delete Navigator.prototype.gpu");
  await context.route(/\/worker-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `delete WorkerNavigator.prototype.gpu;\n${await response.text()}` });
  });
}
