/**
 * Takes the pictures of the documentation: the built page with its example runs, light and dark, and as a phone shows it.
 * Writes docs/images/*.png. Run it when the page or the examples changed:
 *
 *   npx tsx tools/screenshots.ts
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../tests/setup/chromium.ts";
import { serveBuiltSite } from "../tests/setup/server.ts";
import { ensureSite } from "./buildSite.mjs";

interface Picture {
  readonly file: string;
  readonly colorScheme: "light" | "dark";
  readonly width: number;
  readonly height: number;
}

const PICTURES: readonly Picture[] = [
  { file: "studio-light.png", colorScheme: "light", width: 1440, height: 900 },
  { file: "studio-dark.png", colorScheme: "dark", width: 1440, height: 900 },
  { file: "studio-phone.png", colorScheme: "light", width: 390, height: 844 },
  { file: "studio-phone-dark.png", colorScheme: "dark", width: 390, height: 844 },
];

/** A software GPU on a busy machine needs this long to compile and answer. */
const PATIENCE_MILLISECONDS = 120_000;

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = join(root, "docs", "images");

/** Waits for everything a picture shows: example runs, their curves, the engine, and the answers of the selected run. */
async function settle(page: Page): Promise<void> {
  await page.getByText("example", { exact: true }).first().waitFor({ state: "attached" });
  await page.locator(".recharts-line-curve").first().waitFor({ state: "attached" });
  await page.locator("button:enabled", { hasText: /^\s*Train$/ }).waitFor({ state: "attached" });
  await page.locator("[data-trained] [data-answer]").first().waitFor({ state: "attached" });
  await page.evaluate("document.fonts.ready.then(() => true)");
}

async function take(browser: Browser, url: string, { file, colorScheme, width, height }: Picture): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  context.setDefaultTimeout(PATIENCE_MILLISECONDS);
  const page = await context.newPage();
  await page.goto(url);
  await settle(page);
  await page.screenshot({ path: join(folder, file) });
  await context.close();
  console.log(`docs/images/${file}`);
}

await ensureSite(root);
mkdirSync(folder, { recursive: true });
const server = await serveBuiltSite();
const browser = await launchChromium("swiftshader");
try {
  for (const picture of PICTURES) await take(browser, server.url, picture);
} finally {
  await browser.close();
  await server.close();
}
