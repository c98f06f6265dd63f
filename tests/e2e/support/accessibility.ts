/** What a phone's thumb and an accessibility checker find on a page, whatever is on it just now. */
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1400, height: 900 };
/** Smallest side of a target that a thumb hits, in CSS pixels. */
const SMALLEST_TARGET = 44;
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Switches to light or dark and waits until it is drawn: a checker that reads colours on their way finds what nobody sees. */
export async function switchColours(page: Page, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.locator(`:root[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
  await page.evaluate(async () => {
    const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    await Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => undefined)));
  });
}

/** Elements that reach beyond the screen's right edge, when the page can be scrolled there. */
export function sidewaysOverflow(page: Page): Promise<string[]> {
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
export function smallTargets(page: Page): Promise<string[]> {
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

/** What is wrong with the page on a phone: sideways scrolling, small targets, serious violations in light and in dark. */
export async function phoneFaults(page: Page): Promise<string[]> {
  await page.setViewportSize(PHONE);
  const faults: string[] = [];
  for (const colours of ["light", "dark"] as const) {
    await switchColours(page, colours);
    faults.push(...(await seriousViolations(page)));
  }
  // Only now, because the switch also waits until the page is drawn at its new size.
  return [...faults, ...(await sidewaysOverflow(page)), ...(await smallTargets(page))];
}

/** Serious and critical violations of axe-core's rules, with the elements. */
export async function seriousViolations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.addScriptTag({ path: AXE });
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
