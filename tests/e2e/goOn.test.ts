/**
 * A run of the page goes on where it stopped, after a reload too, and gives the files to go on elsewhere; such files are
 * opened again. Trained on wasm.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hideWebGpu, launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { newestRunName, region, runRows, trainToEnd, waitUntilReady } from "./support/bench.ts";
import { predictOnCommandLine } from "./support/commandLine.ts";
import { drop } from "./support/drop.ts";
import { unzip } from "./support/unzip.ts";
import { visit, type Visit } from "./support/visit.ts";
import { predictionFor } from "./support/tryIt.ts";
import { countEvents, newestRun, waitForEvent } from "./support/workerTap.ts";

/** A run takes seconds on an idle machine. */
const TIMEOUT = 240_000;

let server: SiteServer;
let browser: Browser;
let studio: Visit;
let archive: string;
/** The run on several data sets. */
let shared: string;

beforeAll(async () => {
  server = await serveBuiltSite();
  browser = await launchChromium("no-adapter");
  const settings = { "training.steps": 2, "training.evaluateEvery": 2, "training.batchSize": 4 };
  studio = await visit(browser, server.url, { prepare: hideWebGpu, settings });
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

const act = async (page: Page, run: string, action: string): Promise<void> => {
  await page.getByRole("button", { name: `Actions for ${run}`, exact: true }).click();
  await page.getByRole("menuitem", { name: action }).click();
};

it("trains on from the last step after a reload, and hands out checked files with the optimizer's state", async () => {
  const { page, complaints } = studio;
  await trainToEnd(page, TIMEOUT);
  const first = await newestRunName(page);
  await expect.poll(() => runRows(page).first().innerText()).toMatch(/ of 7\.\d MB\s+\d+× smaller/);
  await page.reload();
  await waitUntilReady(page);
  await act(page, first, "Train on from here");
  await waitForEvent(page, "finished", 1, TIMEOUT);
  const { points } = await newestRun(page);
  expect(points.map(({ step }) => step)).toEqual([3, 4]);
  const second = await newestRunName(page);
  const [download] = await Promise.all([page.waitForEvent("download"), act(page, second, "Download adapter")]);
  archive = await download.path();
  const files = unzip(await readFile(archive));
  expect([...files.keys()]).toEqual(expect.arrayContaining(["adapter_config.json", "optimizer.safetensors"]));
  const description: unknown = JSON.parse(new TextDecoder().decode(files.get("studio.json")));
  expect(description).toMatchObject({ checkpoint: { step: 4 } });
  expect(complaints).toEqual([]);
});

it("opens such an archive, dropped on the table, as a run with the same score, which is kept and goes on", async () => {
  const { page } = studio;
  const trained = await runRows(page).first().locator("b").innerText();
  const folder = mkdtempSync(join(tmpdir(), "go-on-"));
  const dropped = join(folder, "fair-copy-adapter.zip");
  copyFileSync(archive, dropped);
  await drop(region(page, "Runs").getByRole("table"), dropped);
  await region(page, "Runs").getByText("fair-copy is open.").waitFor();
  rmSync(folder, { recursive: true });
  expect(await newestRunName(page)).toBe("fair-copy");
  expect(await runRows(page).first().locator("b").innerText()).toBe(trained);
  await page.reload();
  await waitUntilReady(page);
  await runRows(page).filter({ hasText: "opened" }).waitFor();
  await act(page, "fair-copy", "Train on from here");
  await waitForEvent(page, "finished", 1, TIMEOUT);
  const { points } = await newestRun(page);
  expect(points.map(({ step }) => step)).toEqual([5, 6, 7, 8]);
});

it("answers one batch with several runs on one frozen model, as each run does alone", async () => {
  const { page } = studio;
  const panel = page.getByRole("region", { name: "One batch, several runs", exact: true });
  await panel.getByRole("button", { name: "Show" }).click();
  await panel.getByRole("checkbox", { name: "fair-copy", exact: true }).check();
  await panel.getByRole("checkbox", { name: "soft prompt", exact: true }).check();
  const line = "The soup was cold and the waiter was rude.";
  await panel.getByRole("textbox", { name: "Lines to answer" }).fill(`A wonderful film.\n${line}`);
  await panel.getByRole("button", { name: "Compare with each alone" }).click();
  const told = panel.getByRole("status");
  await told.waitFor({ timeout: TIMEOUT });
  expect(Number(/at most (\S+) of/.exec(await told.innerText())?.[1])).toBeLessThan(1e-5);
  const cells = panel.getByRole("row").filter({ hasText: line }).getByRole("cell");
  const words = await cells.allInnerTexts();
  expect(words).toHaveLength(2);
  expect(await panel.innerText()).toMatch(
    /2 batches .*on one frozen model of 7\.\d MB and \d+ kB .*copies would take 15 MB/s,
  );
  // The chosen run is the newest of them, a copy of what was opened and trained on; Try it answers for what is selected.
  await runRows(page).filter({ hasText: "opened" }).getByRole("button", { name: "fair-copy", exact: true }).click();
  const own = await predictionFor(page, line);
  if (own.kind !== "label") throw new Error("Texts get labels.");
  expect(words).toContain(`${own.label} ${own.probabilities[own.label]?.toFixed(2)}`);
});

/** The head's numbers for so many classes on the built-in model. */
const headOf = (classes: number): number => classes * 128 + classes;

it("trains one prompt for several data sets, counts both heads, and shows both scores", async () => {
  const { page } = studio;
  const experiment = region(page, "Experiment");
  await experiment.getByLabel("Prompt shared with").selectOption({ label: "Topic · classify texts" });
  await experiment.getByLabel("Turns").selectOption("all alike");
  await expect.poll(() => experiment.innerText()).toContain(`heads ${headOf(2) + headOf(5)}`);
  const { points } = await trainToEnd(page, TIMEOUT);
  expect(points).toHaveLength(2);
  const name = await newestRunName(page);
  const row = () => runRows(page).first().innerText();
  await expect.poll(row).toMatch(/prompt shared with none → topic.*also Topics of short notes accuracy 0\.\d+/s);
  shared = name;
  await experiment.getByRole("button", { name: "Leave out Topic" }).click();
  await expect.poll(() => experiment.innerText()).toContain(`head ${headOf(2)}`);
});

it("answers for the other data set with its head after a reload, and as its exported adapter does", async () => {
  const { page, complaints } = studio;
  await page.reload();
  await waitUntilReady(page);
  await region(page, "Runs").getByRole("button", { name: shared, exact: true }).click();
  const note = "The striker scored twice before half time.";
  const own = await predictionFor(page, note);
  expect(own).toMatchObject({ label: expect.stringMatching(/^(negative|positive)$/) });
  await region(page, "Try it").getByLabel("With the head of").selectOption({ label: "Topic" });
  const other = await predictionFor(page, `${note} `);
  if (other.kind !== "label") throw new Error("Texts get labels.");
  expect(Object.keys(other.probabilities)).toHaveLength(5);
  const [download] = await Promise.all([page.waitForEvent("download"), act(page, shared, "Download adapter")]);
  const files = unzip(await readFile(await download.path()));
  const below = [...files].flatMap(([path, bytes]) =>
    path.startsWith("data-set-2/") ? [[path.slice("data-set-2/".length), bytes] as const] : [],
  );
  expect(files.has("adapter_config.json")).toBe(true);
  expect(below.map(([name]) => name)).toContain("adapter_config.json");
  expect(predictOnCommandLine(new Map(below), [note])).toEqual([other.label]);
  expect(complaints).toEqual([]);
});

it("answers one batch with both heads of a shared prompt", async () => {
  const { page } = studio;
  const panel = page.getByRole("region", { name: "One batch, several runs", exact: true });
  const show = panel.getByRole("button", { name: "Show" });
  if (await show.isVisible()) await show.click();
  await panel.getByRole("checkbox", { name: `${shared} · Sentiment`, exact: true }).check();
  await panel.getByRole("checkbox", { name: `${shared} · Topic`, exact: true }).check();
  await panel.getByRole("button", { name: "Compare with each alone" }).click();
  const told = panel.getByRole("status");
  await told.waitFor({ timeout: TIMEOUT });
  expect(Number(/at most (\S+) of/.exec(await told.innerText())?.[1])).toBeLessThan(1e-5);
  expect(await panel.innerText()).toMatch(/One batch on one frozen model/);
});

it("goes on with the first of several data sets", async () => {
  const { page } = studio;
  const ended = await countEvents(page, "finished");
  await act(page, shared, "Train on from here");
  await waitForEvent(page, "finished", ended + 1, TIMEOUT);
  expect((await newestRun(page)).points).toHaveLength(2);
});
