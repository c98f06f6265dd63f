/** A run of the page goes on where it stopped, after a reload too, and gives the files to go on elsewhere. Trained on wasm. */
import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hideWebGpu, launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { newestRunName, runRows, trainToEnd, waitUntilReady } from "./support/bench.ts";
import { unzip } from "./support/unzip.ts";
import { visit } from "./support/visit.ts";
import { newestRun, waitForEvent } from "./support/workerTap.ts";

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

it("trains on from the last step after a reload, and hands out checked files with the optimizer's state", async () => {
  const settings = { "training.steps": 6, "training.evaluateEvery": 3 };
  const { context, page, complaints } = await visit(browser, server.url, { prepare: hideWebGpu, settings });
  await trainToEnd(page, 120_000);
  const first = await newestRunName(page);
  await expect.poll(() => runRows(page).first().innerText()).toMatch(/ of 7\.\d MB\s+\d+× smaller/);
  await page.reload();
  await waitUntilReady(page);
  await page.getByRole("button", { name: `Actions for ${first}` }).click();
  await page.getByRole("menuitem", { name: "Train on from here" }).click();
  await waitForEvent(page, "finished", 1, 120_000);
  const { points } = await newestRun(page);
  expect(points.map(({ step }) => step)).toEqual([7, 8, 9, 10, 11, 12]);
  await page.getByRole("button", { name: `Actions for ${await newestRunName(page)}` }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: "Download adapter" }).click(),
  ]);
  const files = unzip(await readFile(await download.path()));
  expect([...files.keys()]).toEqual(expect.arrayContaining(["adapter_config.json", "optimizer.safetensors"]));
  const description: unknown = JSON.parse(new TextDecoder().decode(files.get("studio.json")));
  expect(description).toMatchObject({ checkpoint: { step: 12 } });
  if (process.env["GO_ON_PICTURE"] !== undefined) await page.screenshot({ path: process.env["GO_ON_PICTURE"] });
  expect(complaints).toEqual([]);
  await context.close();
});
