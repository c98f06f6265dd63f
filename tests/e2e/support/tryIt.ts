/** Texts for "Try it" and their answers as the page shows them. */
import type { Page } from "playwright-core";
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

/** Types a text and returns the label that the page shows as the answer after training. */
export async function answerTo(page: Page, text: string, timeout = 60_000): Promise<string> {
  const known = await page.evaluate(() => window.tappedPredictions.length);
  await page.getByRole("textbox", { name: "Text to try" }).fill(text);
  // Two answers come for each text, before and after training; the page must show the second one.
  const arrived = (count: number) => window.tappedPredictions.length >= count;
  await page.waitForFunction(arrived, known + 2, { timeout });
  const answer = await page.evaluate(() => window.tappedPredictions.at(-1));
  if (answer === undefined) throw new Error(`The worker did not answer "${text}".`);
  const share = (answer.probabilities[answer.label] ?? 0).toFixed(2);
  const shown = region(page, "Try it")
    .getByRole("heading", { name: /^After/ })
    .locator("xpath=..")
    .locator("li[data-answer]")
    .filter({ hasText: answer.label })
    .filter({ hasText: share });
  await shown.waitFor({ timeout });
  return answer.label;
}
