/**
 * A sweep on the page, in Chromium without a GPU: opened from a file, priced, started, followed through a reload in the
 * middle, and held against the command line's sweep of the same file on the same backend.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatScore } from "../../src/lib/format.ts";
import { launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { phoneFaults } from "./support/accessibility.ts";
import { button, hideExamples, region, runRows, waitUntilReady } from "./support/bench.ts";
import { visit, type Visit } from "./support/visit.ts";

const TIMEOUT = 150_000;
const root = fileURLToPath(new URL("../..", import.meta.url));
const sweep = {
  base: {
    training: { steps: 4, evaluateEvery: 2, batchSize: 4, maxTokens: 8 },
    examplesPerClass: 4,
    backend: "wasm",
  },
  axes: [
    { field: "method.promptLength", values: [1, 3] },
    { field: "method.layers", values: ["top 1", "all"] },
  ],
  seeds: [2],
};

interface ResultCell {
  readonly id: string;
  readonly best: { readonly accuracy: number; readonly loss: number };
  readonly last: { readonly accuracy: number; readonly loss: number };
  readonly trained: object;
  readonly backend: string;
}

let server: SiteServer;
let browser: Browser;
let studio: Visit;
let panel: Locator;
let folder: string;
let commandLine: Promise<ResultCell[]>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "page-sweep-"));
  writeFileSync(join(folder, "sweep.json"), JSON.stringify(sweep));
  commandLine = sweepOnCommandLine();
  server = await serveBuiltSite();
  browser = await launchChromium("no-adapter");
  studio = await visit(browser, server.url);
  panel = studio.page.getByRole("region", { name: "Sweep", exact: true });
  await waitUntilReady(studio.page);
  await hideExamples(studio.page);
});

afterAll(async () => {
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

function sweepOnCommandLine(): Promise<ResultCell[]> {
  const files = ["--config", join(folder, "sweep.json"), "--out", join(folder, "out")];
  const child = spawn(process.execPath, ["tools/cli.mjs", "sweep", ...files, "--json"], { cwd: root });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8")).cells));
  });
}

const trained = () => runRows(studio.page).filter({ hasNot: studio.page.getByText("example", { exact: true }) });
const finishedCells = async () => Number(/(\d+) of 4 cells/.exec(await panel.innerText())?.[1] ?? 0);

it(
  "opens a file and tells what it costs",
  async () => {
    await panel.getByRole("button", { name: "Show" }).click();
    await panel.locator("input[type=file]").setInputFiles(join(folder, "sweep.json"));
    await expect.poll(() => panel.getByLabel("Prompted layers", { exact: true }).inputValue()).toBe("top 1, all");
    await expect.poll(() => panel.getByLabel("Prompt length", { exact: true }).inputValue()).toBe("1, 3");
    await expect.poll(() => panel.getByLabel("Seeds", { exact: true }).inputValue()).toBe("2");
    await panel.getByText("4 cells").waitFor();
    await expect.poll(() => panel.innerText()).toMatch(/2 × 2 × 1 seed\s+16 steps/);
    await panel.getByLabel("Prompt length", { exact: true }).fill("1, 300");
    await panel.getByText("Expected at most 128, got 300").waitFor();
    await expect.poll(() => panel.getByRole("button", { name: "Start sweep" }).isEnabled()).toBe(false);
    await panel.getByLabel("Prompt length", { exact: true }).fill("1, 3");
  },
  TIMEOUT,
);

it(
  "runs, and goes on after a reload where it stopped",
  async () => {
    await panel.getByRole("button", { name: "Start sweep" }).click();
    await expect.poll(finishedCells, { timeout: TIMEOUT, interval: 50 }).toBeGreaterThanOrEqual(1);
    await expect.poll(() => button(studio.page, "Train").isEnabled()).toBe(false);
    await panel.getByRole("button", { name: "Pause sweep" }).click();
    await panel.getByText("paused").waitFor();
    await panel.getByRole("button", { name: "Resume sweep" }).click();
    await panel.getByRole("button", { name: "Pause sweep" }).waitFor();
    const before = await finishedCells();
    const rows = trained();
    const kept = (await rows.allInnerTexts()).slice(-before).map((text) => text.split("\n")[0]);
    await studio.page.reload();
    await panel.getByText("4 of 4 cells · finished").waitFor({ timeout: TIMEOUT });
    expect(before).toBeLessThan(4);
    await expect.poll(() => trained().count()).toBe(4);
    // The oldest rows are the very runs that had ended before the reload.
    expect((await trained().allInnerTexts()).slice(-before).map((text) => text.split("\n")[0])).toEqual(kept);
  },
  TIMEOUT,
);

it(
  "has the numbers of the command line, in its files, its map and the comparison",
  async () => {
    const expected = await commandLine;
    const [download] = await Promise.all([
      studio.page.waitForEvent("download"),
      panel.getByRole("button", { name: "Results as JSON" }).click(),
    ]);
    const { cells } = JSON.parse(await readFile(await download.path(), "utf8")) as { cells: ResultCell[] };
    const figures = ({ id, best, last, trained: numbers, backend }: ResultCell) => [
      id,
      best.accuracy,
      last.accuracy,
      numbers,
      backend,
    ];
    expect(cells.map(figures)).toEqual(expected.map(figures));
    for (const [index, { last }] of cells.entries())
      expect(last.loss).toBeCloseTo(expected[index]?.last.loss ?? NaN, 4);
    const squares = panel.getByRole("table").locator("td");
    await expect
      .poll(() => squares.allInnerTexts())
      .toEqual([0, 2, 1, 3].map((place) => formatScore(expected[place]?.best.accuracy ?? NaN)));
    const compared = await region(studio.page, "Compare").getByRole("row").allInnerTexts();
    for (const words of ["1 layer, length 1", "1 layer, length 3", "4 layers, length 1", "4 layers, length 3"]) {
      expect(compared.some((row) => row.includes(words))).toBe(true);
    }
    expect(studio.complaints).toEqual([]);
  },
  TIMEOUT,
);

it(
  "shows the filled map on a phone, to a thumb and to a checker",
  async () => {
    await panel.getByRole("table").scrollIntoViewIfNeeded();
    expect(await phoneFaults(studio.page)).toEqual([]);
  },
  TIMEOUT,
);
