/**
 * Every task beside classification with a linear head, on the page in Chromium: tags, questions, label words and texts to
 * continue are chosen, trained for a few steps, charted by their own measure and answered; mistakes are told; what is new
 * satisfies an accessibility checker and fits a phone.
 */
import { fileURLToPath } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import {
  DESK,
  PHONE,
  phoneFaults,
  seriousViolations,
  sidewaysOverflow,
  switchColours,
} from "./support/accessibility.ts";
import { region, runRows, trainToEnd, waitUntilReady } from "./support/bench.ts";
import { answerBlock, predictionFor } from "./support/tryIt.ts";
import { drop } from "./support/drop.ts";
import { visit } from "./support/visit.ts";

const SHORT_RUN = {
  "training.steps": 3,
  "training.batchSize": 4,
  "training.evaluateEvery": 3,
  "method.promptLength": 4,
  examplesPerClass: 8,
};
const tinyGpt2 = fileURLToPath(new URL("../parity/fixtures/tiny-gpt2", import.meta.url));

let server: SiteServer;
let browser: Browser;
let page: Page;
let complaints: readonly string[];

// One visit for everything, as one visitor goes from task to task.
beforeAll(async () => {
  server = await serveBuiltSite();
  browser = await launchChromium("no-adapter");
  ({ page, complaints } = await visit(browser, server.url, { settings: SHORT_RUN }));
  await waitUntilReady(page);
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

describe("tagging words", () => {
  it("follows from the data, and is charted by its F1 with what remembering words would score", async () => {
    await page.getByRole("combobox", { name: "Data" }).selectOption({ label: "Entities" });
    await region(page, "Experiment").getByText("Tag words", { exact: true }).waitFor();
    await region(page, "Experiment").getByText("DATE, LOC, ORG, PER").waitFor();
    const { result } = await trainToEnd(page, 120_000);
    expect(result?.facts).toMatchObject({ scoreName: "F1", baseline: "each word's most frequent tag" });
    await region(page, "F1").getByText("each word's most frequent tag").waitFor();
    await expect.poll(() => page.getByText(/3 runs of other tasks are not drawn/).count()).toBe(1);
    await expect.poll(() => runRows(page).first().innerText()).toMatch(/F1[^]*Macro-F1/);
  });

  it("shows the tags over the words, by name", async () => {
    const prediction = await predictionFor(page, "Maria Lopez moved to Oslo in June.");
    if (prediction.kind !== "tags") throw new Error("Expected tags.");
    expect(prediction.words.map(({ word }) => word)).toEqual([
      "Maria",
      "Lopez",
      "moved",
      "to",
      "Oslo",
      "in",
      "June",
      ".",
    ]);
    const shown = answerBlock(page, "After");
    const names = prediction.words.flatMap(({ tag }) => (tag.startsWith("B-") ? [tag.slice(2)] : []));
    for (const name of names) await shown.locator("mark").filter({ hasText: name }).first().waitFor();
    for (const { word } of prediction.words) await expect.poll(() => shown.innerText()).toContain(word);
  });

  it("shows training examples as tokens with the tags that training wants", async () => {
    const panel = region(page, "What the model sees");
    await panel.getByText("Training data").click();
    await panel.getByText("1 of 8").waitFor();
    const tagged = panel.locator("li[data-marked]");
    for (let example = 1; example < 8 && (await tagged.count()) === 0; example++) {
      await panel.getByRole("button", { name: "Next example" }).click();
      await panel.getByText(`${example + 1} of 8`).waitFor();
      await page.waitForTimeout(400);
    }
    await expect.poll(() => tagged.first().innerText()).toMatch(/[BI]-(?:PER|LOC|ORG|DATE)/);
    await panel.getByText("Your text").click();
  });

  it("is kept by its link", async () => {
    await page.getByRole("button", { name: "Share" }).click();
    const link = await page.getByRole("textbox", { name: "Link" }).inputValue();
    expect(link).toContain("task=token-classification");
    expect(link).toContain("data=entities");
    await page.keyboard.press("Escape");
    await page.getByRole("combobox", { name: "Data" }).selectOption({ label: "Topic" });
    await page.evaluate((hash) => (window.location.hash = hash), new URL(link).hash);
    await region(page, "Experiment").getByText("Tag words", { exact: true }).waitFor();
    await waitUntilReady(page);
  });

  it("says why a method that trains nothing does not fit, and which do", async () => {
    const card = page.getByRole("radio", { name: "Words only" });
    await expect.poll(() => card.getAttribute("aria-disabled")).toBe("true");
    await card.click({ force: true });
    const reason = region(page, "Experiment").getByRole("status").filter({ hasText: "Words only" });
    await expect.poll(() => reason.innerText()).toMatch(/Methods that fit: prefix-tuning, prompt-tuning/);
    await expect.poll(() => page.getByRole("radio", { name: "Deep prompt" }).getAttribute("aria-checked")).toBe("true");
    await reason.getByRole("button", { name: "Dismiss" }).click();
  });

  it("satisfies an accessibility checker and fits a phone", async () => {
    await switchColours(page, "light");
    expect(await seriousViolations(page)).toEqual([]);
    await page.setViewportSize(PHONE);
    expect(await sidewaysOverflow(page)).toEqual([]);
    await page.setViewportSize(DESK);
  });
});

describe("answering questions", () => {
  const context = "Ann lives in Rome. Bob lives in a small house near Oslo.";
  const ask = (question: string, text: string) => ({
    question,
    answers: [{ text, answer_start: context.indexOf(text) }],
  });
  const qas = [
    ask("Where does Ann live?", "Rome"),
    ask("Who lives in Rome?", "Ann"),
    ask("What is near Oslo?", "a small house"),
  ];
  const squad = (questions: object[]) =>
    JSON.stringify({ version: "1.1", data: [{ paragraphs: [{ context, qas: questions }] }] });

  it("tells an answer that does not stand in its passage", async () => {
    const dialog = await openOwnData(
      "wrong.json",
      squad([...qas, { question: "Who?", answers: [{ text: "Carla", answer_start: 0 }] }]),
    );
    await expect
      .poll(() => dialog.getByRole("alert").innerText())
      .toMatch(/the answer "Carla" to "Who\?" does not stand in the context/);
    await expect.poll(() => dialog.getByRole("button", { name: "Use this data" }).isEnabled()).toBe(false);
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });

  it("learns from SQuAD's JSON, and marks the answer in the passage", async () => {
    const dialog = await openOwnData("few.json", squad([...qas, ...qas]));
    await expect.poll(() => dialog.getByRole("combobox", { name: "Read as" }).inputValue()).toBe("questions");
    await dialog.getByText("6 questions about 1 passage").waitFor();
    await dialog.getByRole("button", { name: "Use this data" }).click();
    await region(page, "Experiment").getByText("Answer questions", { exact: true }).waitFor();
    const { result } = await trainToEnd(page, 120_000);
    expect(result?.facts.scoreName).toBe("F1");
    expect(result?.facts.baseline).toMatch(/^always “|^the whole context$/);
    await expect.poll(() => runRows(page).first().innerText()).toContain("Exact match");
    const prediction = await predictionFor(page, "The map lay in a drawer.");
    if (prediction.kind !== "span") throw new Error("Expected a span.");
    expect("The map lay in a drawer.".slice(prediction.start, prediction.end)).toBe(prediction.text);
    const shown = answerBlock(page, "After");
    await shown.locator("mark").filter({ hasText: prediction.text }).waitFor();
    await expect.poll(() => shown.innerText()).toContain(prediction.probability.toFixed(2));
  });
});

describe("tagged files", () => {
  it("are refused where a tag is none, by line", async () => {
    const dialog = await openOwnData("names.txt", "Ann B-name\nleft O\n\nRome place\nfell O\n");
    await expect
      .poll(() => dialog.getByRole("alert").innerText())
      .toMatch(/names\.txt, line 4: the tag "place" is none of O, B-… and I-…/);
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });
});

describe("label words", () => {
  it("are told when one is several tokens long, or the template has no gap", async () => {
    await page.getByRole("combobox", { name: "Data" }).selectOption({ label: "Sentiment" });
    await waitUntilReady(page);
    await page.getByText("Label words", { exact: true }).click();
    await page.getByRole("textbox", { name: "positive" }).fill("unforgettablest");
    const problem = region(page, "Experiment").getByRole("alert").first();
    await expect
      .poll(() => problem.innerText())
      .toMatch(/"unforgettablest" for the label "positive" is \d+ tokens long .* expected one/);
    await page.getByRole("textbox", { name: "positive" }).fill("☃☃");
    await expect
      .poll(() => problem.innerText())
      .toMatch(/"☃☃" for the label "positive" is not in the model's vocabulary/);
    await page.getByRole("textbox", { name: "positive" }).fill("good");
    await page.getByRole("textbox", { name: "negative" }).fill("bad");
    await page.getByRole("textbox", { name: "Template" }).fill("{text} It was.");
    await expect.poll(() => problem.innerText()).toMatch(/Expected \[MASK\] once in the template, got it 0 times/);
    await page.getByRole("textbox", { name: "Template" }).fill("{text} It was [MASK].");
    await waitUntilReady(page);
  });

  it("let the frozen model answer before training, and say what else fits the gap", async () => {
    const { result } = await trainToEnd(page, 120_000);
    expect(result?.facts.trained).toMatchObject({ head: 0 });
    const prediction = await predictionFor(page, "A wonderful, warm and funny film.");
    if (prediction.kind !== "label") throw new Error("Expected a label.");
    expect(Object.keys(prediction.probabilities)).toEqual(["negative", "positive"]);
    await expect.poll(() => region(page, "Try it").getByText("the frozen model's own words").count()).toBe(1);
    for (const when of ["Before", "After"] as const) await answerBlock(page, when).getByText("At [MASK]:").waitFor();
    const [best] = prediction.words ?? [];
    await expect
      .poll(() => answerBlock(page, "After").innerText())
      .toContain(`${best?.word} ${best?.probability.toFixed(2)}`);
  });

  it("leave nothing to a method that trains a head only", async () => {
    // Playwright waits for ever for a control that says it is disabled; a visitor may press it all the same.
    await page.getByRole("radio", { name: "Head only" }).click({ force: true });
    const reason = region(page, "Experiment").getByRole("status").filter({ hasText: "Nothing would be trained" });
    await expect.poll(() => reason.innerText()).toContain("Methods that fit: prefix-tuning");
  });

  it("satisfy an accessibility checker on a phone, in light and in dark, with targets for thumbs", async () => {
    expect(await phoneFaults(page)).toEqual([]);
    await page.setViewportSize(DESK);
  });
});

describe("continuing texts", () => {
  it("is a choice where a GPT-2 is open, and names the words that come next", async () => {
    await page.getByRole("button", { name: /^Model:/ }).click();
    await drop(page.getByText(/or drop one here/), tinyGpt2);
    await page.getByRole("button", { name: /^Model: tiny-gpt2/ }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("combobox", { name: "Task" }).selectOption("causal-lm");
    const { result } = await trainToEnd(page, 120_000);
    expect(result?.facts).toMatchObject({ scoreName: "token accuracy", labels: [] });
    await region(page, "Token accuracy").getByText("most frequent token").waitFor();
    await expect.poll(() => runRows(page).first().innerText()).toContain("Perplexity");
    const prediction = await predictionFor(page, "the good");
    if (prediction.kind !== "words") throw new Error("Expected words.");
    const share = prediction.words[0]?.probability.toFixed(2) ?? "";
    await answerBlock(page, "After").locator("li[data-answer]").filter({ hasText: share }).waitFor();
  });

  it("is all that such a model can do beside classifying", async () => {
    await page.getByRole("combobox", { name: "Data" }).selectOption({ label: "Entities" });
    const problem = region(page, "Experiment").getByRole("alert").first();
    await expect
      .poll(() => problem.innerText())
      .toMatch(/see both sides, such as bert.*fits this one: sequence-classification, causal-lm/);
  });
});

it("none of it is an error of the page itself", () => {
  expect(complaints).toEqual([]);
});

async function openOwnData(name: string, text: string): Promise<Locator> {
  await page.getByRole("button", { name: "Own data…" }).click();
  const dialog = page.getByRole("dialog", { name: "Own data" });
  const file = { name, mimeType: "text/plain", buffer: Buffer.from(text) };
  await dialog.getByLabel("Training examples file").setInputFiles(file);
  return dialog;
}
