/** The built site on a plain static host, below a sub-path: everything it asks for is there, and nowhere else. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";

let server: SiteServer;
let browser: Browser;

beforeAll(async () => {
  server = await serveBuiltSite("/some/where/");
  browser = await launchChromium("no-adapter");
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

it("loads below a sub-path without a missing file, a request elsewhere or an error", async () => {
  const page = await browser.newPage();
  const elsewhere: string[] = [];
  const failures: string[] = [];
  page.on("request", (request) => {
    const isOwn = request.url().startsWith(server.url) || /^(data|blob):/.test(request.url());
    if (!isOwn) elsewhere.push(request.url());
  });
  page.on("response", (response) => {
    if (response.status() >= 400) failures.push(`${response.status()} ${response.url()}`);
  });
  page.on("pageerror", (error) => failures.push(error.message));
  await page.goto(server.url, { waitUntil: "networkidle" });
  await expect.poll(() => page.title()).toBe("Softprompt Studio");
  await expect.poll(() => page.locator("#root").textContent()).not.toBe("");
  expect(failures).toEqual([]);
  expect(elsewhere).toEqual([]);
});
