/** Runs stay apart: colours first, then line styles. */
import { expect, it } from "vitest";
import { RUN_COLOURS, runStyle } from "../../../src/lib/runColours.ts";

it("gives the first eight runs solid lines in eight colours", () => {
  const styles = Array.from({ length: RUN_COLOURS }, (_, index) => runStyle(index));
  expect(new Set(styles.map(({ colour }) => colour)).size).toBe(8);
  expect(styles.every(({ dash }) => dash === undefined)).toBe(true);
});

it("tells 32 runs apart by colour and line style together", () => {
  const styles = Array.from({ length: 32 }, (_, index) => JSON.stringify(runStyle(index)));
  expect(new Set(styles).size).toBe(32);
});
