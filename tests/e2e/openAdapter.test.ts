/**
 * Adapters that others wrote, opened in Chromium: what PEFT saved, and the adapter and the record that the command line
 * left. The page answers as PEFT and the command line do, and refuses in the command line's words. Computed on wasm.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { hideWebGpu, launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { newestRunName, region, runRows, waitUntilReady } from "./support/bench.ts";
import { answersOnCommandLine, onCommandLine } from "./support/commandLine.ts";
import { drop } from "./support/drop.ts";
import { predictionFor } from "./support/tryIt.ts";
import { visit, type Visit } from "./support/visit.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../parity/fixtures/${path}`, import.meta.url));

const goldenSchema = z.object({
  labels: z.array(z.string()),
  texts: z.array(z.string()),
  logits: z.array(z.array(z.number())),
});
const goldenOf = (folder: string) =>
  goldenSchema.parse(JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")));

/** Probabilities of two programs may differ by what float32 sums in another order do. */
const CLOSE = 4;

let server: SiteServer;
let browser: Browser;
let studio: Visit;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "softprompt-open-"));
  server = await serveBuiltSite();
  browser = await launchChromium("no-adapter");
  studio = await visit(browser, server.url, { prepare: hideWebGpu });
  await waitUntilReady(studio.page);
});

afterAll(async () => {
  await browser.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Probabilities in the order of the logits. */
function sharesOf(logits: readonly number[]): number[] {
  const powers = logits.map((logit) => Math.exp(logit));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** What the page answers to the texts with the selected run: probabilities in the order of the labels. */
async function answersOnPage(texts: readonly string[], labels: readonly string[]): Promise<number[][]> {
  const answers: number[][] = [];
  for (const text of texts) {
    const answer = await predictionFor(studio.page, text);
    if (answer.kind !== "label") throw new Error("Texts get labels.");
    expect(Object.keys(answer.probabilities)).toEqual(labels);
    answers.push(Object.values(answer.probabilities));
  }
  return answers;
}

function expectSame(answers: readonly (readonly number[])[], logits: readonly (readonly number[])[]): void {
  expect(answers).toHaveLength(logits.length);
  for (const [index, own] of logits.entries()) {
    const expected = sharesOf(own);
    expect(answers[index]).toEqual(expected.map((share) => expect.closeTo(share, CLOSE)));
  }
}

it.each(["prefix-tuning", "prompt-tuning", "lora"])(
  "answers with PEFT's own %s folder as PEFT and the command line do",
  async (name) => {
    const { page, complaints } = studio;
    const adapter = fixture(`peft-trained/${name}`);
    const { labels, texts, logits } = goldenOf(adapter);
    if (name === "lora") await drop(region(page, "Runs").getByRole("table"), adapter);
    else await page.getByLabel("Adapter folder").setInputFiles(adapter);
    await region(page, "Runs").getByText(`${name} is open.`).waitFor();
    expect(await newestRunName(page)).toBe(name);
    await expect.poll(() => runRows(page).first().locator("b").innerText()).toMatch(/^0\.\d{3}$/);
    const answers = await answersOnPage(texts, labels);
    expectSame(answers, logits);
    expectSame(
      answers,
      answersOnCommandLine(adapter, texts).map((answer) => answer.logits),
    );
    expect(complaints).toEqual([]);
  },
);

it("opens the adapter and the record that the command line wrote, with its score and its answers", async () => {
  const { page, complaints } = studio;
  const out = join(folder, "command-line-run");
  const options = ["--data", "sentiment", "--length", "4", "--steps", "8", "--backend", "wasm", "--seed", "3"];
  onCommandLine("train", ...options, "--out", out);
  const { labels, texts } = goldenOf(fixture("peft-trained/lora"));
  const answers = answersOnCommandLine(join(out, "adapter"), texts).map(({ logits }) => logits);
  await page.getByLabel("Adapter files").setInputFiles(join(out, "run.json"));
  await expect.poll(() => runRows(page).count()).toBe(7);
  const ofRecord = await runRows(page).first().locator("b").innerText();
  expectSame(await answersOnPage(texts, labels), answers);
  await page.getByLabel("Adapter folder").setInputFiles(join(out, "adapter"));
  await expect.poll(() => runRows(page).count()).toBe(8);
  expect(await runRows(page).first().locator("b").innerText()).toBe(ofRecord);
  expectSame(await answersOnPage(texts, labels), answers);
  expect(complaints).toEqual([]);
});

it("says of files that do not fit what the command line says", async () => {
  const { page, complaints } = studio;
  const alert = region(page, "Runs").getByRole("alert");
  const unknown = join(folder, "unknown");
  mkdirSync(unknown);
  writeFileSync(join(unknown, "adapter_config.json"), '{"peft_type": "IA3", "task_type": "SEQ_CLS"}');
  for (const [adapter, words] of [
    [fixture("peft-adapters/prefix-tuning"), /"tiny-bert".* token_dim is 21; expected 128/],
    [unknown, "of type IA3; the studio reads PREFIX_TUNING, PROMPT_TUNING"],
  ] as const) {
    await page.getByLabel("Adapter folder").setInputFiles(adapter);
    await expect.poll(() => alert.innerText()).toMatch(words);
    const told = (await alert.innerText()).replace(/^[^:]*: /, "");
    expect(() => answersOnCommandLine(adapter, ["A text."])).toThrow(told);
  }
  expect(complaints).toEqual([]);
});
