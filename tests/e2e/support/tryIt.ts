/** Texts for "Try it" and their answers as the page shows them. */
import type { Locator, Page } from "playwright-core";
import type { LabelPrediction, Prediction } from "../../../src/worker/protocol.ts";
import { region } from "./bench.ts";

export interface LabelledText {
  readonly text: string;
  readonly label: "positive" | "negative";
}

/** Ten opinions that are in neither part of the built-in sentiment set. */
export const unseenTexts: readonly LabelledText[] = [
  { text: "A wonderful concert with a warm and generous band.", label: "positive" },
  { text: "The soup was cold, the bread was old, and the waiter was rude.", label: "negative" },
  { text: "I love this lamp; it is bright, pretty and easy to clean.", label: "positive" },
  { text: "A dull and stupid film that never finds its story.", label: "negative" },
  { text: "Our guide was friendly, and the old town was beautiful.", label: "positive" },
  { text: "The worst hotel of our trip, dirty and loud.", label: "negative" },
  { text: "Great songs, a fresh voice, and a joy from start to finish.", label: "positive" },
  { text: "This vacuum is weak, noisy and badly made.", label: "negative" },
  { text: "The bread was perfect and the staff were very kind.", label: "positive" },
  { text: "The talk was boring, slow and badly prepared.", label: "negative" },
];

/** Types a text and returns what the worker answers with trained numbers. */
export async function predictionFor(page: Page, text: string, timeout = 60_000): Promise<Prediction> {
  const known = await page.evaluate(() => window.tappedPredictions.length);
  await page.getByRole("textbox", { name: "Text to try" }).fill(text);
  const answer = await page.waitForFunction(
    ([typed, first]: [string, number]) =>
      window.tappedPredictions.slice(first).findLast(({ text: asked, trained }) => trained && asked === typed),
    [text, known] as [string, number],
    { timeout },
  );
  const prediction = (await answer.jsonValue())?.prediction;
  if (prediction === undefined) throw new Error(`The worker did not answer "${text}".`);
  return prediction;
}

/** The answer after training as the page shows it, or with "Before" the one without. */
export function answerBlock(page: Page, when: "Before" | "After"): Locator {
  return region(page, "Try it")
    .getByRole("heading", { name: new RegExp(`^${when}`) })
    .locator("xpath=..");
}

/** Types a text and returns the label that the page shows as the answer after training. */
export async function answerTo(page: Page, text: string, timeout = 60_000): Promise<string> {
  const prediction = await predictionFor(page, text, timeout);
  if (prediction.kind !== "label") throw new Error(`The worker gave no label to "${text}".`);
  await shownAnswer(page, prediction).waitFor({ timeout });
  return prediction.label;
}

/** The bar set as the answer after training, with this label and this share. */
function shownAnswer(page: Page, { label, probabilities }: LabelPrediction): Locator {
  const after = answerBlock(page, "After");
  const share = (probabilities[label] ?? 0).toFixed(2);
  return after.locator("li[data-answer]").filter({ hasText: label }).filter({ hasText: share });
}
