/**
 * Broken links, damaged models, unusable examples and hopeless settings, in Chromium: each gets a message that says what
 * was expected and what came, and the page goes on working.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import { launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { newestRunName, region, runRows, slider, trainToEnd, typeValue, waitUntilReady } from "./support/bench.ts";
import { makeModelFolders, tinyModelFolder, type ModelFolders } from "./support/modelFolders.ts";
import { visit, type Visit } from "./support/visit.ts";
import { newestRun } from "./support/workerTap.ts";

/** The fewest steps that show that training still works. */
const SHORT_RUN = { "training.steps": 2, "training.batchSize": 4, examplesPerClass: 4 };

let server: SiteServer;
let browser: Browser;
let folders: ModelFolders;
let studio: Visit;

beforeAll(async () => {
  folders = makeModelFolders();
  server = await serveBuiltSite();
  browser = await launchChromium("no-adapter");
});

afterAll(async () => {
  await browser.close();
  await server.close();
  folders.remove();
});

beforeEach(async () => {
  studio = await visit(browser, server.url, { settings: SHORT_RUN });
});

afterEach(() => studio.context.close());

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
    await studio.page.evaluate((broken) => (window.location.hash = broken), hash);
    const notice = studio.page
      .getByRole("status")
      .filter({ hasText: "This link cannot be read, so your own settings stay." });
    expect(await notice.innerText()).toMatch(message);
    expect(await slider(studio.page, "Prompt length").getAttribute("aria-valuenow")).toBe("16");
    await waitUntilReady(studio.page);
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
    ["has another architecture", "wrongArchitecture", /of type "gpt2"; the studio can run: bert/],
  ] as const)("because it %s", async (_, folder, message) => {
    const { page } = studio;
    await waitUntilReady(page);
    await openModelFolder(page, folders[folder]);
    expect(await page.getByText(message).first().innerText()).toMatch(message);
    expect(await page.getByRole("button", { name: /^Model:/ }).innerText()).toContain("encoder-l4-d128");
    await expectTrains(page);
  });
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
      "one line of JSON",
      "rows.json",
      '[{"text":"fine film","label":"good"}]',
      /rows\.json is one JSON value\. Expected JSON Lines/,
    ],
  ])("because of %s", async (_, name, text, message) => {
    const { page } = studio;
    const dialog = await openOwnData(page, name, text);
    expect(await dialog.getByRole("alert").innerText()).toMatch(message);
    expect(await dialog.getByRole("button", { name: "Use this data" }).isEnabled()).toBe(false);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expectTrains(page);
  });

  it("says which lines of an otherwise good file are left out, and trains on the rest", async () => {
    const { page } = studio;
    const dialog = await openOwnData(page, "mixed.csv", `${rowsOf(8)}a text without a label,\n`);
    expect(await dialog.getByRole("status").innerText()).toBe("Left out: line 10: no label.");
    await dialog.getByRole("button", { name: "Use this data" }).click();
    await expectTrains(page);
  });
});

describe("too much text", () => {
  it("is counted and said before training when it is longer than the model's positions", async () => {
    const { page } = studio;
    await typeValue(page, "Prompt length", 8);
    const dialog = await openOwnData(page, "long.csv", `${rowsOf(8)}${"long ".repeat(400)},good\n`);
    await dialog.getByRole("button", { name: "Use this data" }).click();
    await region(page, "Experiment").getByText("1 text is cut to fit").waitFor();
    await page.getByRole("textbox", { name: "Text to try" }).fill("long ".repeat(400));
    await region(page, "What the model sees").getByText("The text is cut to fit.").waitFor();
    await expectTrains(page);
  });

  it("is refused in words when the prompt leaves no position for it", async () => {
    const { page } = studio;
    await waitUntilReady(page);
    await openModelFolder(page, tinyModelFolder);
    await page.getByRole("button", { name: /^Model: tiny-bert/ }).waitFor();
    await page.keyboard.press("Escape");
    await typeValue(page, "Prompt length", 100);
    const message = region(page, "Experiment").getByRole("alert").first();
    await expect
      .poll(() => message.innerText())
      .toMatch(/prompt of 100 leaves 0 of the model's 64 positions .* at least 4 are needed/);
    await typeValue(page, "Prompt length", 8);
    await expectTrains(page);
  });
});

describe("a setting out of range", () => {
  it("is answered at its field, and the value from before stays", async () => {
    const { page } = studio;
    await typeValue(page, "Prompt length", 4000);
    await expect.poll(() => region(page, "Experiment").getByRole("alert").innerText()).toContain("128");
    expect(await slider(page, "Prompt length").getAttribute("aria-valuenow")).toBe("16");
    await expectTrains(page);
  });
});

describe("a learning rate that diverges", () => {
  it("ends the run with advice, keeps it, and lets the next one start", async () => {
    const { page } = studio;
    await waitUntilReady(page);
    await page.evaluate(
      () => (window.location.hash = "method=prefix-tuning&seed=1&training.steps=30&examplesPerClass=16"),
    );
    await typeValue(page, "Learning rate", 10);
    const { points } = await trainToEnd(page, 120_000);
    const name = await newestRunName(page);
    expect(points.length).toBeLessThan(30);
    const advice = page.getByRole("alert").filter({ hasText: name });
    expect(await advice.innerText()).toMatch(/Lower the learning rate \(now 10\), for example to 1\./);
    await typeValue(page, "Learning rate", 0.01);
    expect((await trainToEnd(page, 240_000)).points).toHaveLength(30);
    expect(await runRows(page).filter({ hasText: name }).innerText()).toContain("diverged");
    expect(studio.complaints).toEqual([]);
  });
});

/** `count` labelled rows below a header, half of them good. */
function rowsOf(count: number): string {
  const rows = Array.from(
    { length: count },
    (_, index) => `film number ${index},${index % 2 === 0 ? "good" : "bad"}\n`,
  );
  return `text,label\n${rows.join("")}`;
}

async function openModelFolder(page: Page, folder: string): Promise<void> {
  await page.getByRole("button", { name: /^Model:/ }).click();
  await page.getByLabel("Model folder").setInputFiles(folder);
}

async function openOwnData(page: Page, name: string, text: string) {
  await page.getByRole("button", { name: "Own data…" }).click();
  const dialog = page.getByRole("dialog", { name: "Own data" });
  const file = { name, mimeType: "text/plain", buffer: Buffer.from(text) };
  await dialog.getByLabel("Training examples file").setInputFiles(file);
  return dialog;
}

/** The page is alive: a short run gets through. */
async function expectTrains(page: Page): Promise<void> {
  await trainToEnd(page, 120_000);
  expect((await newestRun(page)).points).toHaveLength(SHORT_RUN["training.steps"]);
}
