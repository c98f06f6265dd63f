/**
 * How long a visitor waits for the first point of a curve: the page is opened in a fresh Chromium with nothing kept from
 * before, Train is pressed as soon as it can be, and the first training steps are awaited. Served from this machine, so
 * without the time of a download.
 *
 *   npx tsx tools/measure/firstPoint.ts [--visits N]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "../../bench/measure.ts";
import { button, waitUntilReady } from "../../tests/e2e/support/bench.ts";
import { launchChromium, type WebGpuSupport } from "../../tests/setup/chromium.ts";
import { serveBuiltSite } from "../../tests/setup/server.ts";
import { ensureSite } from "../buildSite.mjs";

const { values } = parseArgs({ options: { visits: { type: "string", default: "3" } } });
const LONGEST = 120_000;
await ensureSite(join(import.meta.dirname, "..", ".."));
const server = await serveBuiltSite();
try {
  for (const support of ["swiftshader", "no-adapter"] as const) await report(support, Number(values.visits));
} finally {
  await server.close();
}

async function report(support: WebGpuSupport, visits: number): Promise<void> {
  const ready: number[] = [];
  const first: number[] = [];
  for (let index = 0; index < visits; index++) {
    const [readyAfter, firstAfter] = await oneVisit(support);
    ready.push(readyAfter);
    first.push(firstAfter);
  }
  const [readyMedian, firstMedian] = [median(ready), median(first)].map((ms) => (ms / 1000).toFixed(1));
  process.stdout.write(
    `${support}: ready to train after ${readyMedian} s, first point after ${firstMedian} s (medians of ${visits} visits)\n`,
  );
}

/** Milliseconds from the request of the page until Train can be pressed, and until the first steps have come. */
async function oneVisit(support: WebGpuSupport): Promise<[number, number]> {
  const browser = await launchChromium(support);
  try {
    const began = performance.now();
    const page = await browser.newPage();
    await page.goto(server.url, { waitUntil: "domcontentloaded" });
    await waitUntilReady(page);
    const ready = performance.now() - began;
    await button(page, "Train").click();
    // The count of steps and the curve are drawn from the same message.
    await page
      .getByText(/step [1-9]\d* of \d+/)
      .first()
      .waitFor({ timeout: LONGEST });
    return [ready, performance.now() - began];
  } finally {
    await browser.close();
  }
}
