/** The page on a phone's screen, and what an accessibility checker says of it, light and dark. */
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../setup/chromium.ts";
import { serveBuiltSite, type SiteServer } from "../setup/server.ts";
import { button, runRows, trainToEnd, waitUntilReady } from "./support/bench.ts";
import { visit } from "./support/visit.ts";

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1400, height: 900 };
/** Smallest side of a target that a thumb hits, in CSS pixels. */
const SMALLEST_TARGET = 44;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SETTINGS = { "training.steps": 2, examplesPerClass: 8 };

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

describe("on a phone", () => {
  let page: Page;

  beforeAll(async () => {
    const context = { viewport: PHONE, hasTouch: true, isMobile: true };
    ({ page } = await visit(browser, server.url, { settings: SETTINGS, context }));
    await waitUntilReady(page);
  });

  it("shows Train without scrolling", async () => {
    const train = await button(page, "Train").boundingBox();
    expect(train?.y).toBeGreaterThanOrEqual(0);
    expect((train?.y ?? Infinity) + (train?.height ?? 0)).toBeLessThanOrEqual(PHONE.height);
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
  });

  it("never scrolls sideways, before a run, after it, and with every setting in sight", async () => {
    expect(await sidewaysOverflow(page)).toEqual([]);
    await trainToEnd(page, 120_000);
    expect(await sidewaysOverflow(page)).toEqual([]);
    await page.getByRole("button", { name: "More", exact: true }).tap();
    expect(await sidewaysOverflow(page)).toEqual([]);
  });

  it("has targets of at least 44 pixels", async () => {
    expect(await smallTargets(page)).toEqual([]);
  });
});

describe("an accessibility checker", () => {
  let page: Page;

  beforeAll(async () => {
    ({ page } = await visit(browser, server.url, { settings: SETTINGS }));
    await waitUntilReady(page);
    await runRows(page).first().waitFor();
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.addScriptTag({ path: AXE });
  });

  it.each([
    ["a desk", "light"],
    ["a desk", "dark"],
    ["a phone", "dark"],
    ["a phone", "light"],
  ] as const)("finds nothing serious on %s in %s colours", async (screen, colorScheme) => {
    await page.setViewportSize(screen === "a phone" ? PHONE : DESK);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.locator(`:root[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    await coloursSettled(page);
    expect(await seriousViolations(page)).toEqual([]);
  });
});

/** Waits until the new colours are drawn: a checker that reads them on their way finds contrasts that nobody sees. */
async function coloursSettled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined)));
  });
}

/** Elements that reach beyond the screen's right edge, when the page can be scrolled there. */
function sidewaysOverflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.querySelectorAll("body *")].filter(
      (element) => element.getBoundingClientRect().right > root.clientWidth + 1,
    );
    return wide.map((element) => element.outerHTML.slice(0, 120));
  });
}

/** Visible controls whose touchable box, their label's included, is too small, with their sizes. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate((smallest) => {
    const controls = document.querySelectorAll(
      "button, a[href], input, select, textarea, [role=checkbox], [role=slider]",
    );
    const labelOf = (control: Element) =>
      control.closest("label") ?? (control.id === "" ? null : document.querySelector(`label[for="${control.id}"]`));
    /** Length of the straight line through the control's middle on which a tap reaches it or its label. */
    const reach = (control: Element, across: number, down: number): number => {
      const box = control.getBoundingClientRect();
      const isHit = (distance: number) => {
        const hit = document.elementFromPoint(
          box.x + box.width / 2 + across * distance,
          box.y + box.height / 2 + down * distance,
        );
        return hit !== null && (control.contains(hit) || (labelOf(control)?.contains(hit) ?? false));
      };
      let [ahead, behind] = [0, 0];
      while (ahead < smallest && isHit(ahead + 1)) ahead += 1;
      while (behind < smallest && isHit(-behind - 1)) behind += 1;
      return ahead + behind + 1;
    };
    return [...controls].flatMap((control) => {
      if (!control.checkVisibility({ visibilityProperty: true }) || control.matches(":disabled")) return [];
      control.scrollIntoView({ block: "center" });
      const box = control.getBoundingClientRect();
      const [width, height] = [Math.max(box.width, reach(control, 1, 0)), Math.max(box.height, reach(control, 0, 1))];
      const name = control.getAttribute("aria-label") ?? labelOf(control)?.textContent ?? control.textContent ?? "";
      return Math.min(width, height) < smallest ? [`${control.tagName} "${name.trim()}" ${width} x ${height}`] : [];
    });
  }, SMALLEST_TARGET);
}

/** Serious and critical violations of axe-core's rules, with the elements. */
async function seriousViolations(page: Page): Promise<string[]> {
  const { passes, violations } = await page.evaluate(() =>
    (globalThis as typeof globalThis & { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  // A checker that looked at nothing finds nothing.
  expect(passes.map(({ id }) => id)).toContain("color-contrast");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ""}`),
    );
}
