/** Training goes on in a tab that nobody looks at. Puppeteer drives this one: under Playwright every page counts as visible. */
import { launch, type Browser, type Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureChromium } from "../../tools/ensureChromium.mjs";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { addressWith } from "./support/visit.ts";
import { tapInPage } from "./support/workerTap.ts";

/** The browser's own brakes on hidden tabs, which automation switches off. */
const BRAKES = [
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--disable-background-timer-throttling",
];
const WINDOW_MILLISECONDS = 4000;
const LEAST_SHARE = 0.8;

let server: SiteServer;
let browser: Browser;

beforeAll(async () => {
  server = await serveBuiltSite();
  const options = { executablePath: ensureChromium(), headless: true, ignoreDefaultArgs: BRAKES };
  browser = await launch({
    browser: "chrome",
    ...options,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

it("keeps at least 80 % of its speed in a hidden tab", async () => {
  const page = await browser.newPage();
  const other = await browser.newPage();
  await page.bringToFront();
  await page.evaluateOnNewDocument(tapInPage);
  const quick = {
    method: "head-only",
    "training.batchSize": 2,
    "training.steps": 100_000,
    "training.evaluateEvery": 100_000,
  };
  await page.goto(addressWith(server.url, quick));
  const train = await page.waitForSelector("::-p-aria(Train[role='button']):not([disabled])", { timeout: 90_000 });
  await train?.click();
  await page.waitForFunction(() => window.tappedEvents.some(({ kind }) => kind === "steps"), { timeout: 60_000 });
  const steps = { visible: 0, hidden: 0 };
  // In turns, so that other work on this machine slows both alike.
  for (let turn = 0; turn < 3; turn++) {
    for (const state of ["visible", "hidden"] as const) {
      await (state === "visible" ? page : other).bringToFront();
      await page.waitForFunction((wanted) => document.visibilityState === wanted, { polling: 50 }, state);
      steps[state] += await stepsIn(page, WINDOW_MILLISECONDS);
    }
  }
  console.log(`steps in equal times: ${steps.visible} visible, ${steps.hidden} hidden`);
  expect(steps.hidden).toBeGreaterThanOrEqual(LEAST_SHARE * steps.visible);
}, 120_000);

async function stepsIn(page: Page, milliseconds: number): Promise<number> {
  const before = await lastStep(page);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return (await lastStep(page)) - before;
}

function lastStep(page: Page): Promise<number> {
  return page.evaluate(() => {
    const reports = window.tappedEvents.filter((event) => event.kind === "steps");
    return reports.at(-1)?.points.at(-1)?.step ?? 0;
  });
}
