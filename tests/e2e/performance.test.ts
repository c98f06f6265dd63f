/** The performance panel, in Chromium on its software adapter: the figures of a short run, and what each saving is worth. */
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { savingsSchema } from "../../src/config/training.ts";
import { formatBytes } from "../../src/lib/format.ts";
import { launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { button, runRows, waitUntilReady } from "./support/bench.ts";
import { visit, type Visit } from "./support/visit.ts";
import { tappedEvents, waitForEvent } from "./support/workerTap.ts";

const TIMEOUT = 150_000;
/** As little work per step as the page allows. */
const SETTINGS = {
  "method.promptLength": 1,
  "training.steps": 3,
  "training.evaluateEvery": 3,
  "training.batchSize": 2,
  "training.maxTokens": 8,
};

let server: SiteServer;
let browser: Browser;
let studio: Visit;
let panel: Locator;
let arrived: number;

beforeAll(async () => {
  server = await serveBuiltSite();
  browser = await launchChromium("swiftshader");
  arrived = Date.now();
  studio = await visit(browser, server.url, { settings: SETTINGS });
  panel = studio.page.getByRole("region", { name: "Performance", exact: true });
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

it(
  "shows speed, dispatches and memory of a run as the engine told them",
  async () => {
    const { page } = studio;
    await waitUntilReady(page);
    await button(page, "Train").click();
    await waitForEvent(page, "steps", 1, TIMEOUT);
    console.log(`SwiftShader: from a cold page to the first training point ${Date.now() - arrived} ms, model included`);
    await waitForEvent(page, "finished", 1, TIMEOUT);
    await panel.getByRole("button", { name: "Show" }).click();
    const figure = async (label: string) =>
      Number((await panel.locator("dl > div").filter({ hasText: label }).locator("dd").innerText()).replace(",", ""));
    expect(await figure("steps/s")).toBeGreaterThan(0);
    expect(await figure("tokens/s")).toBeGreaterThan(0);
    expect(await figure("dispatches per step")).toBeGreaterThan(10);
    expect(await figure("submits per step")).toBe(1);
    const told = (await tappedEvents(page)).findLast((event) => event.kind === "performance");
    if (told?.kind !== "performance") throw new Error("The engine told nothing of its performance.");
    const { memory, timing, seconds } = told.performance;
    const bytes = Object.values(memory).reduce((sum, part) => sum + part, 0);
    const parts = panel.getByRole("list", { name: formatBytes(bytes) });
    for (const part of Object.values(memory).filter((size) => size > 0)) {
      await expect.poll(() => parts.innerText()).toContain(formatBytes(part));
    }
    expect(timing.encodeSeconds + timing.waitSeconds).toBeLessThanOrEqual(seconds);
    expect(timing.deviceSeconds).toBeGreaterThan(0);
  },
  TIMEOUT,
);

it(
  "measures every saving by switching it off, and gives a figure for each that is used",
  async () => {
    await panel.getByRole("button", { name: "Measure" }).click();
    await panel.getByRole("button", { name: "Cancel" }).waitFor();
    await panel.getByRole("button", { name: "Measure" }).waitFor({ timeout: TIMEOUT });
    const rows = panel.getByRole("table", { name: "Exact savings" }).locator("tbody tr");
    const words = await rows.allInnerTexts();
    expect(words).toHaveLength(Object.keys(savingsSchema.shape).length);
    for (const text of words) expect(text).toMatch(/\d ms|nothing to save/);
    const row = (name: string) => panel.locator(`[data-saving="${name}"]`).innerText();
    for (const used of ["frozenWeights", "neededRows", "packedRows"]) expect(await row(used)).toMatch(/\d ms/);
    expect(await row("promptTrunk")).toContain("nothing to save");
    await expect.poll(() => panel.innerText()).toMatch(/With all of them a step takes [\d.]+ ms/);
  },
  TIMEOUT,
);

it("keeps the page as it was: the run stays the only one, and another can start", async () => {
  await expect.poll(() => runRows(studio.page).filter({ hasNotText: "example" }).count()).toBe(1);
  await expect.poll(() => button(studio.page, "Train").isEnabled()).toBe(true);
  expect(studio.complaints).toEqual([]);
});
