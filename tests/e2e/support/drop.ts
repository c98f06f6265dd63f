/** Drops files or folders of the disk, as a visitor's mouse does: with everything the browser itself makes of them. */
import type { Locator } from "playwright-core";

/** Drops them on the middle of an element; Chromium only. */
export async function drop(target: Locator, ...files: string[]): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (box === null) throw new Error("Expected an element in sight to drop on.");
  const place = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const page = target.page();
  const session = await page.context().newCDPSession(page);
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    const data = { items: [], files, dragOperationsMask: 1 };
    await session.send("Input.dispatchDragEvent", { type, ...place, data });
  }
  await session.detach();
}
