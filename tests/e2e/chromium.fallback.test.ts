/**
 * Visitors without WebGPU, in Chromium: each is told the true cause, and trains on TensorFlow.js with wasm all the same,
 * fast enough to stay.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hideWebGpu, launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { button, trainToEnd, waitUntilReady } from "./support/bench.ts";
import { visit } from "./support/visit.ts";
import { newestRun, waitForEvent } from "./support/workerTap.ts";

const MOST_MILLISECONDS_TO_FIRST_POINT = 10_000;
const MOST_SECONDS_OF_DEFAULT_RUN = 90;
/** A name that the browser is told to find on this machine; unlike localhost it does not make plain http secure. */
const INSECURE_HOST = "studio.test";

let server: SiteServer;
let browser: Browser;

beforeAll(async () => {
  server = await serveBuiltSite();
  browser = await launchChromium("no-adapter", [`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`]);
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

describe("a browser without WebGPU", () => {
  it("is told so, gets its first point within 10 s, and trains the default run within 90 s", async () => {
    const { context, page, complaints } = await visit(browser, server.url, { prepare: hideWebGpu });
    expect(await bannerOf(page)).toContain("This browser does not offer WebGPU.");
    await waitUntilReady(page);
    const pressed = Date.now();
    await button(page, "Train").click();
    await waitForEvent(page, "steps", 1, 60_000);
    const toFirstPoint = Date.now() - pressed;
    expect((await newestRun(page)).points[0]?.step).toBe(1);
    await waitForEvent(page, "finished", 1, 280_000);
    const seconds = (Date.now() - pressed) / 1000;
    const { evaluations, majorityAccuracy, points } = await newestRun(page);
    const best = Math.max(...evaluations.map(({ accuracy }) => accuracy));
    console.log(
      `wasm: first point after ${toFirstPoint} ms, default run ${seconds.toFixed(1)} s, best accuracy ${best}`,
    );
    expect(points).toHaveLength(160);
    expect(best).toBeGreaterThanOrEqual(majorityAccuracy + 0.15);
    expect(toFirstPoint).toBeLessThanOrEqual(MOST_MILLISECONDS_TO_FIRST_POINT);
    expect(seconds).toBeLessThanOrEqual(MOST_SECONDS_OF_DEFAULT_RUN);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("a browser with WebGPU but without an adapter", () => {
  it("is told so, and what to look at", async () => {
    const { context, page } = await visit(browser, server.url);
    const banner = await bannerOf(page);
    expect(banner).toContain("found no graphics adapter");
    expect(banner).toContain("chrome://gpu");
    await context.close();
  });
});

describe("a page opened over plain http from another machine", () => {
  it("says that the address is the cause, and trains", async () => {
    const address = server.url.replace("localhost", INSECURE_HOST);
    const settings = { "training.steps": 3, examplesPerClass: 8, data: "sentiment" };
    const { context, page, complaints } = await visit(browser, address, { settings });
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
    expect(await bannerOf(page)).toContain("opened over plain http from another machine");
    const { points, result } = await trainToEnd(page, 120_000);
    expect(points).toHaveLength(3);
    expect(result?.facts.backend).toBe("wasm");
    expect(complaints).toEqual([]);
    await context.close();
  });
});

/** What the page says about training without the GPU. */
function bannerOf(page: Page): Promise<string> {
  return page.getByRole("status").filter({ hasText: "Training runs without the GPU" }).innerText({ timeout: 60_000 });
}
