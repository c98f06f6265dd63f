/** Names of runs are two words and never taken twice. */
import { expect, it } from "vitest";
import { friendlyName } from "../../../src/lib/friendlyName.ts";
import { randomStream } from "../../../src/lib/random.ts";

it("is two words", () => {
  const { uniform } = randomStream(1, "names");
  for (let draw = 0; draw < 200; draw++) expect(friendlyName(new Set(), uniform)).toMatch(/^[a-z]+-[a-z]+$/);
});

it("is never one that is taken", () => {
  const { uniform } = randomStream(1, "names");
  const taken = new Set<string>();
  for (let draw = 0; draw < 3000; draw++) {
    const name = friendlyName(taken, uniform);
    expect(taken.has(name)).toBe(false);
    taken.add(name);
  }
});
