/**
 * Launches Firefox, the second browser: its shader compiler is not Chromium's, and without the preferences below it is
 * a real visitor without WebGPU. Optional: tests that use it skip loudly when no Firefox is installed.
 */
import { existsSync } from "node:fs";
import { launch, type Browser } from "puppeteer-core";

const EXECUTABLES = ["/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];

const WEBGPU_PREFERENCES = {
  "dom.webgpu.enabled": true,
  "dom.webgpu.workers.enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
};

/** Path of an installed Firefox; the environment variable FIREFOX_PATH has the last word. */
export function findFirefox(): string | undefined {
  return process.env["FIREFOX_PATH"] ?? EXECUTABLES.find((path) => existsSync(path));
}

/** @param executablePath from {@link findFirefox} */
export function launchFirefox(executablePath: string, withWebGpu: boolean): Promise<Browser> {
  return launch({
    browser: "firefox",
    executablePath,
    headless: true,
    // By its own options, because older versions cannot change the size of a view.
    args: ["--width=1400", "--height=900"],
    defaultViewport: null,
    extraPrefsFirefox: withWebGpu ? WEBGPU_PREFERENCES : {},
  });
}
