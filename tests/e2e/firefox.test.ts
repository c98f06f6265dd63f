/**
 * Firefox, whose shader compiler is not Chromium's: every pipeline of every adapter, and a shorter journey: open, train
 * twenty steps, ask. And Firefox as most Linux visitors have it, without WebGPU.
 */
import type { Browser, Page } from "puppeteer-core";
import { afterEach, expect, it } from "vitest";
import { findFirefox, launchFirefox } from "../setup/firefox.ts";
import { serveBuiltSite } from "../setup/server.ts";
import { describeUnless } from "../setup/shared.ts";
import { shaderUses } from "../../tools/shaderUses.ts";
import { addressWith } from "./support/visit.ts";

const STEPS = 20;
const NO_ADAPTER = "this Firefox finds no adapter; install a Vulkan driver, for example Mesa's lavapipe";
const firefox = findFirefox();
const missing = firefox === undefined ? "no Firefox is installed; install firefox-esr or set FIREFOX_PATH" : undefined;

describeUnless(missing, "Firefox", () => {
  let browser: Browser | undefined;

  afterEach(() => browser?.close());

  const open = async (withWebGpu: boolean): Promise<{ page: Page; close: () => Promise<void> }> => {
    const server = await serveBuiltSite("/some/where/");
    browser = await launchFirefox(firefox ?? "", withWebGpu);
    const page = await browser.newPage();
    await page.goto(
      addressWith(server.url, { "training.steps": STEPS, "training.evaluateEvery": STEPS, "training.batchSize": 8 }),
    );
    return { page, close: server.close };
  };

  it("compiles every pipeline that it may be given", async ({ skip }) => {
    const { page, close } = await open(true);
    if (!(await page.evaluate(offersAdapter))) skip(NO_ADAPTER);
    const uses = shaderUses().map(({ kernel, constants }) => ({ ...kernel, constants }));
    const outcomes = await page.evaluate(compileAll, uses);
    const compiled = outcomes.filter(({ error }) => error === undefined).length;
    console.log(`Firefox compiled ${compiled} of ${uses.length} pipelines; it has no subgroups for the others`);
    const isLackOfSubgroups = (error: string): boolean =>
      /`subgroups` enable-extension is not yet supported/.test(error);
    const failures = outcomes.filter(({ error }) => error !== undefined && !isLackOfSubgroups(error));
    expect(failures).toEqual([]);
    expect(compiled).toBeGreaterThan(uses.length / 2);
    await close();
  });

  it("trains twenty steps on WebGPU and answers", async ({ skip }) => {
    const { page, close } = await open(true);
    if (!(await page.evaluate(offersAdapter))) skip(NO_ADAPTER);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await waitForText(page, "button", /^Device: .*WebGPU/, 60_000);
    const name = await train(page);
    const pressed = Date.now();
    await waitForText(page, "section td", new RegExp(`^step ${STEPS}: 0\\.\\d{3}$`), 240_000);
    console.log(
      `Firefox on WebGPU: ${STEPS} steps of 8 examples in ${((Date.now() - pressed) / 1000).toFixed(1)} s with one evaluation`,
    );
    await waitForText(page, "h3", new RegExp(`^After ${name}$`), 30_000);
    await waitForText(page, "ul[data-trained] li[data-answer]", /^(positive|negative)\s*(0\.[5-9]\d|1\.00)$/, 60_000);
    expect(problems).toEqual([]);
    await close();
  });

  it("says what to do where it has no WebGPU, and is ready to train", async () => {
    const { page, close } = await open(false);
    await waitForText(
      page,
      "[role=status]",
      /This browser does not offer WebGPU\. Firefox has WebGPU on Windows/,
      60_000,
    );
    expect(await train(page)).not.toBe("");
    await close();
  });
});

/** Runs in the page. */
async function offersAdapter(): Promise<boolean> {
  return (await navigator.gpu.requestAdapter()) !== null;
}

interface PipelineSource {
  readonly name: string;
  readonly code: string;
  readonly constants: Readonly<Record<string, number>>;
}

/** Runs in the page: makes each pipeline, one by one, and says which failed. A crash of the browser fails the call. */
async function compileAll(sources: readonly PipelineSource[]): Promise<{ name: string; error?: string }[]> {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error("Firefox offers no adapter.");
  const device = await adapter.requestDevice();
  const outcomes: { name: string; error?: string }[] = [];
  for (const { name, code, constants } of sources) {
    const module = device.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    try {
      await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint: "main", constants } });
      outcomes.push({ name });
    } catch (error) {
      const texts = messages.map(({ message }) => message);
      outcomes.push({ name, error: [JSON.stringify(constants), String(error), ...texts].join("\n") });
    }
  }
  device.destroy();
  return outcomes;
}

/** Presses Train as soon as it can be pressed; returns the new run's name. */
async function train(page: Page): Promise<string> {
  const button = await page.waitForSelector("::-p-aria([name='Train'][role='button'])", { timeout: 60_000 });
  await page.waitForFunction(
    (train) => train instanceof HTMLButtonElement && !train.disabled,
    { timeout: 90_000 },
    button,
  );
  await button?.click();
  const row = await page.waitForSelector("section tbody tr button[aria-pressed=true]", { timeout: 30_000 });
  return (await row?.evaluate((name) => name.textContent?.trim())) ?? "";
}

/** Waits until some element of this selector reads as expected, white space aside. */
async function waitForText(page: Page, selector: string, words: RegExp, timeout: number): Promise<void> {
  await page.waitForFunction(
    (selected, source) => {
      const texts = [...document.querySelectorAll(selected)].map(({ textContent }) =>
        textContent?.replace(/\s+/g, " ").trim(),
      );
      return texts.some((text) => new RegExp(source).test(text ?? ""));
    },
    { timeout },
    selector,
    words.source,
  );
}
