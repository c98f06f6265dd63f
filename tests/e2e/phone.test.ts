/** The page on a phone's screen, and what an accessibility checker says of it, light and dark. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import {
  DESK,
  PHONE,
  seriousViolations,
  sidewaysOverflow,
  smallTargets,
  switchColours,
} from "./support/accessibility.ts";
import { button, region, runRows, trainToEnd, waitUntilReady } from "./support/bench.ts";
import { visit } from "./support/visit.ts";

const SETTINGS = { "training.steps": 2, examplesPerClass: 8 };

let server: SiteServer;
let browser: Browser;

beforeAll(async () => {
  server = await serveBuiltSite();
  browser = await launchChromium("no-adapter");
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

/** Unfolds what is folded, with something in it: a sweep, answers of two runs, data that share a prompt. */
async function openPanels(page: Page): Promise<void> {
  const panel = (name: string) => page.getByRole("region", { name, exact: true });
  await region(page, "Experiment").getByLabel("Prompt shared with").selectOption({ label: "Topic · classify texts" });
  await panel("Sweep").getByRole("button", { name: "Show" }).click();
  const mixed = panel("One batch, several runs");
  await mixed.getByRole("button", { name: "Show" }).click();
  await mixed.getByRole("checkbox", { name: "soft prompt", exact: true }).check();
  await mixed.getByRole("checkbox", { name: "deep prompt", exact: true }).check();
  await mixed.getByRole("button", { name: "Answer in one batch" }).click();
  await mixed.getByRole("table").waitFor({ timeout: 60_000 });
}

describe("on a phone", () => {
  let page: Page;

  beforeAll(async () => {
    const context = { viewport: PHONE, hasTouch: true, isMobile: true };
    ({ page } = await visit(browser, server.url, { settings: SETTINGS, context }));
    await waitUntilReady(page);
  });

  it("shows Train without scrolling", async () => {
    const train = await button(page, "Train").boundingBox();
    expect(train?.y).toBeGreaterThanOrEqual(0);
    expect((train?.y ?? Infinity) + (train?.height ?? 0)).toBeLessThanOrEqual(PHONE.height);
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
  });

  it("never scrolls sideways, before a run, after it, and with every setting in sight", async () => {
    expect(await sidewaysOverflow(page)).toEqual([]);
    await trainToEnd(page, 120_000);
    expect(await sidewaysOverflow(page)).toEqual([]);
    await page.getByRole("button", { name: "More", exact: true }).tap();
    expect(await sidewaysOverflow(page)).toEqual([]);
  });

  it("never scrolls sideways with every panel open and full", async () => {
    await openPanels(page);
    expect(await sidewaysOverflow(page)).toEqual([]);
  });

  it("has targets of at least 44 pixels", async () => {
    expect(await smallTargets(page)).toEqual([]);
  });
});

describe("an accessibility checker", () => {
  let page: Page;

  beforeAll(async () => {
    ({ page } = await visit(browser, server.url, { settings: SETTINGS }));
    await waitUntilReady(page);
    await runRows(page).first().waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await openPanels(page);
  });

  it.each([
    ["a desk", "light"],
    ["a desk", "dark"],
    ["a phone", "dark"],
    ["a phone", "light"],
  ] as const)("finds nothing serious on %s in %s colours", async (screen, colorScheme) => {
    await page.setViewportSize(screen === "a phone" ? PHONE : DESK);
    await switchColours(page, colorScheme);
    expect(await seriousViolations(page)).toEqual([]);
  });
});
