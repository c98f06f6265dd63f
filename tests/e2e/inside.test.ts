/** Looking inside a shipped run in Chromium, without a GPU: every part comes, the table sorts, a run in progress has the right of way. */
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { phoneFaults } from "./support/accessibility.ts";
import { waitUntilReady } from "./support/bench.ts";
import { visit, type Visit } from "./support/visit.ts";

const TIMEOUT = 120_000;

let server: SiteServer;
let browser: Browser;
let studio: Visit;
let panel: Locator;

beforeAll(async () => {
  server = await serveBuiltSite();
  browser = await launchChromium("swiftshader");
  studio = await visit(browser, server.url, { settings: { backend: "wasm" } });
  panel = studio.page.getByRole("region", { name: "Look inside", exact: true });
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

const tab = async (name: string) => {
  await panel.getByRole("tab", { name }).click();
};

it(
  "looks inside a run from its menu, and finds the score that the table of runs shows",
  async () => {
    const { page } = studio;
    await waitUntilReady(page);
    const actions = page.getByRole("button", { name: "Actions for soft prompt" });
    await actions.click();
    await page.getByRole("menuitem", { name: "Look inside" }).click();
    await panel.getByRole("button", { name: "Cancel" }).waitFor();
    // By its menu: a row's words also name the run that it differs from.
    const row = page.getByRole("region", { name: "Runs", exact: true }).getByRole("row").filter({ has: actions });
    const best = await row.locator("b").first().innerText();
    await panel.getByRole("table", { name: "Examples", exact: true }).waitFor({ timeout: TIMEOUT });
    await expect.poll(() => panel.innerText()).toContain(`${best} accuracy on 200 evaluation examples`);
    const counts = await panel
      .getByRole("table", { name: /^Confusion matrix/ })
      .getByRole("button")
      .allInnerTexts();
    expect(counts.map(Number).reduce((sum, count) => sum + count, 0)).toBe(200);
    expect((Number(counts[0]) + Number(counts[3])) / 200).toBeCloseTo(Number(best), 3);
  },
  TIMEOUT,
);

it("sorts examples by loss and by any column, with the keyboard, and shows those of one cell", async () => {
  const losses = async () => (await panel.locator('td[data-name="loss"]').allInnerTexts()).map(Number);
  const worst = await losses();
  expect(worst).toEqual(worst.toSorted((a, b) => b - a));
  const header = panel.getByRole("button", { name: /^Loss/ });
  await header.focus();
  await studio.page.keyboard.press("Enter");
  await expect
    .poll(() => panel.getByRole("columnheader", { name: /^Loss/ }).getAttribute("aria-sort"))
    .toBe("ascending");
  const mild = await losses();
  expect(mild).toEqual(mild.toSorted((a, b) => a - b));
  expect(mild[0]).toBeLessThan(worst[0] ?? 0);
  await panel.getByRole("button", { name: /^negative predicted as positive/ }).click();
  expect(new Set(await panel.locator('td[data-name="right"]').allInnerTexts())).toEqual(new Set(["negative"]));
  expect(new Set(await panel.locator('td[data-name="predicted"]').allInnerTexts())).toEqual(new Set(["positive"]));
});

it(
  "shows words with a warning, attention, and the score with the prompt off",
  async () => {
    await panel.getByRole("button", { name: "Look again" }).waitFor({ timeout: TIMEOUT });
    await tab("Virtual tokens");
    await expect.poll(() => panel.innerText()).toMatch(/Here \d+ of 16 lie farther .*\d+ of 16 are still nearest/s);
    await expect.poll(() => panel.getByRole("table", { name: "Nearest words" }).locator("tbody tr").count()).toBe(16);
    await tab("Attention");
    await expect
      .poll(() => panel.getByRole("table", { name: "Attention by layer and head" }).locator("tbody tr").count())
      .toBe(4);
    await tab("Layer off");
    const lines = await panel
      .getByRole("table", { name: /^Score with/ })
      .locator("tbody tr")
      .allInnerTexts();
    expect(lines.map((line) => line.split("\t")[0])).toEqual(["all on", "prompt off"]);
    expect(studio.complaints).toEqual([]);
  },
  TIMEOUT,
);

it.each(["Predictions", "Virtual tokens", "Attention", "Layer off"])(
  "fits a phone and satisfies an accessibility checker with the tab %s open",
  async (name) => {
    await tab(name);
    expect(await phoneFaults(studio.page)).toEqual([]);
  },
  TIMEOUT,
);
