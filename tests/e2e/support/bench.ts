/** The page's controls by their accessible names, as a visitor with a screen reader finds them. */
import type { Locator, Page } from "playwright-core";
import { countEvents, newestRun, waitForEvent, type TappedRun } from "./workerTap.ts";

export type ButtonName = "Train" | "Pause" | "Resume" | "Step" | "Stop";
export type SliderName = "Prompt length" | "Learning rate" | "Examples per class";
export type RegionName =
  "Loss" | "Accuracy" | "F1" | "Token accuracy" | "Compare" | "Runs" | "Try it" | "Experiment" | "What the model sees";

export function button(page: Page, name: ButtonName): Locator {
  return page.getByRole("button", { name, exact: true });
}

export function region(page: Page, name: RegionName): Locator {
  return page.getByRole("region", { name, exact: true });
}

export function slider(page: Page, name: SliderName): Locator {
  return page.getByRole("slider", { name, exact: true });
}

/** Waits until device, model and data are there and the page would train. */
export async function waitUntilReady(page: Page, timeout = 90_000): Promise<void> {
  await button(page, "Train").and(page.locator(":enabled")).waitFor({ timeout });
}

/** Types a value into the field at the end of a slider. */
export async function typeValue(page: Page, name: SliderName, value: number): Promise<void> {
  const field = page.getByRole("textbox", { name: "Type a value", description: name });
  await field.fill(String(value));
  await field.press("Enter");
}

/** Sets a number under "More" by its label. */
export async function setNumber(page: Page, label: string, value: number): Promise<void> {
  const more = page.getByRole("button", { name: "More", exact: true });
  if ((await more.getAttribute("aria-expanded")) === "false") await more.click();
  await page.getByLabel(label, { exact: true }).fill(String(value));
}

/** Trains with the settings on the page until the run has ended. */
export async function trainToEnd(page: Page, timeout: number): Promise<TappedRun> {
  const ended = await countEvents(page, "finished");
  await waitUntilReady(page);
  await button(page, "Train").click();
  await waitForEvent(page, "finished", ended + 1, timeout);
  return newestRun(page);
}

/** Rows of the table of runs, newest first. */
export function runRows(page: Page): Locator {
  return region(page, "Runs").locator("tbody tr");
}

/** Name of the newest run. */
export async function newestRunName(page: Page): Promise<string> {
  return (await runRows(page).first().getByRole("button").first().innerText()).trim();
}

/** Takes the shipped example runs out of charts and comparison, so that only what this visit trained is in them. */
export async function hideExamples(page: Page): Promise<void> {
  const shown = runRows(page).filter({ hasText: "example" }).getByRole("checkbox", { checked: true });
  while ((await shown.count()) > 0) await shown.first().uncheck();
}
