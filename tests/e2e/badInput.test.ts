/**
 * Broken links, damaged models, unusable examples and hopeless settings, in Chromium: each gets a message that says what
 * was expected and what came, and the page goes on working.
 */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { newestRunName, region, runRows, slider, trainToEnd, typeValue, waitUntilReady } from "./support/bench.ts";
import { makeModelFolders, tinyModelFolder, type ModelFolders } from "./support/modelFolders.ts";
import { visit } from "./support/visit.ts";

/** The fewest steps that show that training still works. */
const SHORT_RUN = { "training.steps": 2, "training.batchSize": 4, examplesPerClass: 4 };

let server: SiteServer;
let browser: Browser;
let folders: ModelFolders;
let page: Page;
let complaints: readonly string[];

// One visit for everything, so that each mistake meets the page as the one before left it.
beforeAll(async () => {
  folders = makeModelFolders();
  server = await serveBuiltSite();
  browser = await launchChromium("no-adapter");
  ({ page, complaints } = await visit(browser, server.url, { settings: SHORT_RUN }));
  await waitUntilReady(page);
});

afterAll(async () => {
  await browser.close();
  await server.close();
  folders.remove();
});

describe("a broken share link", () => {
  it.each([
    [
      "an unknown method",
      "method=telepathy&seed=1",
      /method is "telepathy"; expected one of prefix-tuning, prompt-tuning/,
    ],
    ["no seed", "method=prefix-tuning", /no seed; copy the whole link/],
    [
      "a word for a number",
      "method=prefix-tuning&seed=1&method.promptLength=many",
      /promptLength: .*expected number, received string/,
    ],
    ["a value out of range", "method=prefix-tuning&seed=1&training.steps=0", /training\.steps: .*>=1/],
  ])("with %s", async (_, hash, message) => {
    await page.evaluate((broken) => (window.location.hash = broken), hash);
    const notice = page.getByRole("status").filter({ hasText: "This link cannot be read, so your own settings stay." });
    await expect.poll(() => notice.innerText()).toMatch(message);
    await expect.poll(() => slider(page, "Prompt length").getAttribute("aria-valuenow")).toBe("16");
    await waitUntilReady(page);
  });
});

describe("a model folder that cannot be used", () => {
  it.each([
    ["is not a safetensors file", "notSafetensors", /model\.safetensors: .*not a safetensors file/],
    [
      "is truncated",
      "truncated",
      /model\.safetensors: .*ends at byte \d+ .* there are only \d+\. The file is truncated/,
    ],
    ["has another architecture", "wrongArchitecture", /of type "t5"; the studio can run: bert, gpt2/],
  ] as const)("because it %s", async (_, folder, message) => {
    await openModelFolder(folders[folder]);
    await expect.poll(() => page.getByText(message).first().innerText()).toMatch(message);
    await expect.poll(() => modelChip().innerText()).toContain("encoder-l4-d128");
    await page.keyboard.press("Escape");
    await waitUntilReady(page);
  });

  it("leaves the model from before at work", expectTrains);
});

describe("examples that cannot be used", () => {
  it.each([
    ["an empty file", "empty.csv", "", /empty\.csv is empty\. Expected one example per line with a text and a label/],
    [
      "a missing column",
      "notes.csv",
      "text,length\nfine film,2\ndull film,2\n",
      /no column called label\. Found "text", "length"/,
    ],
    [
      "one class only",
      "glad.csv",
      "text,label\nfine film,good\ngreat film,good\n",
      /Every example has the label "good"\. Expected at least two/,
    ],
    [
      "one JSON value",
      "rows.json",
      '[{"text":"fine film","label":"good"}]',
      /rows\.json is one JSON value\. Expected JSON Lines/,
    ],
  ])("because of %s", async (_, name, text, message) => {
    const dialog = await openOwnData(name, text);
    await expect.poll(() => dialog.getByRole("alert").innerText()).toMatch(message);
    await expect.poll(() => dialog.getByRole("button", { name: "Use this data" }).isEnabled()).toBe(false);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await waitUntilReady(page);
  });

  it("are left out line by line from an otherwise good file, and the rest is trained on", async () => {
    const dialog = await openOwnData("mixed.csv", `${rowsOf(8)}a text without a label,\n`);
    await expect.poll(() => dialog.getByRole("status").innerText()).toBe("Left out: line 10: no label.");
    await dialog.getByRole("button", { name: "Use this data" }).click();
    await page.getByRole("button", { name: /^Data: mixed\.csv/ }).waitFor();
    await expectTrains();
  });
});

describe("too much text", () => {
  it("is counted and said before training when it is longer than the model's positions", async () => {
    const dialog = await openOwnData("long.csv", `${rowsOf(8)}${"long ".repeat(400)},good\n`);
    await dialog.getByRole("button", { name: "Use this data" }).click();
    await region(page, "Experiment").getByText("1 text is cut to fit").waitFor();
    await page.getByRole("textbox", { name: "Text to try" }).fill("long ".repeat(400));
    await region(page, "What the model sees").getByText("The text is cut to fit.").waitFor();
    await expectTrains();
  });

  it("is refused in words when the prompt leaves no position for it", async () => {
    await openModelFolder(tinyModelFolder);
    await page.getByRole("button", { name: /^Model: tiny-bert/ }).waitFor();
    await page.keyboard.press("Escape");
    await typeValue(page, "Prompt length", 100);
    const message = region(page, "Experiment").getByRole("alert").first();
    await expect
      .poll(() => message.innerText())
      .toMatch(/prompt of 100 leaves 0 of the model's 64 positions .* at least 4 are needed/);
    await typeValue(page, "Prompt length", 8);
    await expectTrains();
  });

  it("is forgotten with the settings of another model, which comes back with them", async () => {
    await loadSettings("method=prefix-tuning&seed=1");
    await expect.poll(() => modelChip().innerText()).toContain("encoder-l4-d128");
    await waitUntilReady(page);
  });
});

describe("a setting out of range", () => {
  it("is answered at its field, and the value from before stays", async () => {
    await typeValue(page, "Prompt length", 4000);
    await expect.poll(() => region(page, "Experiment").getByRole("alert").innerText()).toContain("128");
    await expect.poll(() => slider(page, "Prompt length").getAttribute("aria-valuenow")).toBe("16");
    await waitUntilReady(page);
  });
});

describe("a learning rate that diverges", () => {
  it("ends the run with advice, keeps it, and lets the next one start", async () => {
    await loadSettings("method=prefix-tuning&seed=1&training.steps=12&training.batchSize=8&examplesPerClass=16");
    await typeValue(page, "Learning rate", 10);
    const { points } = await trainToEnd(page, 120_000);
    const name = await newestRunName(page);
    expect(points.length).toBeLessThan(12);
    const advice = page.getByRole("alert").filter({ hasText: name });
    await expect.poll(() => advice.innerText()).toMatch(/Lower the learning rate \(now 10\), for example to 1\./);
    await typeValue(page, "Learning rate", 0.01);
    expect((await trainToEnd(page, 120_000)).points).toHaveLength(12);
    await expect.poll(() => runRows(page).filter({ hasText: name }).innerText()).toContain("diverged");
  });
});

it("none of it is an error of the page itself", () => {
  expect(complaints).toEqual([]);
});

/** `count` labelled rows below a header, half of them good. */
function rowsOf(count: number): string {
  const rows = Array.from(
    { length: count },
    (_, index) => `film number ${index},${index % 2 === 0 ? "good" : "bad"}\n`,
  );
  return `text,label\n${rows.join("")}`;
}

function modelChip(): Locator {
  return page.getByRole("button", { name: /^Model:/ });
}

async function openModelFolder(folder: string): Promise<void> {
  await modelChip().click();
  await page.getByLabel("Model folder").setInputFiles(folder);
}

async function openOwnData(name: string, text: string): Promise<Locator> {
  await page.getByRole("button", { name: "Own data…" }).click();
  const dialog = page.getByRole("dialog", { name: "Own data" });
  const file = { name, mimeType: "text/plain", buffer: Buffer.from(text) };
  await dialog.getByLabel("Training examples file").setInputFiles(file);
  return dialog;
}

/** Follows a link with these settings. */
async function loadSettings(hash: string): Promise<void> {
  await page.evaluate((link) => (window.location.hash = link), hash);
}

/** The page is alive: a short run gets through. */
async function expectTrains(): Promise<void> {
  expect((await trainToEnd(page, 120_000)).points).toHaveLength(SHORT_RUN["training.steps"]);
}
