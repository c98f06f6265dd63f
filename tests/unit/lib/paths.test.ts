/** Nested settings as named values and back. */
import { describe, expect, it } from "vitest";
import { defaultExperiment, parseExperiment } from "../../../src/config/experiment.ts";
import { differingPaths, flatten, sameValue, withValue } from "../../../src/lib/paths.ts";

describe("flattening", () => {
  it("names every value by its path", () => {
    expect(flatten({ a: 1, b: { c: "x", d: { e: null } }, f: [1, 2] })).toEqual({
      a: 1,
      "b.c": "x",
      "b.d.e": null,
      f: [1, 2],
    });
  });

  it("keeps a listed branch whole", () => {
    expect(flatten({ data: { kind: "own", name: "x" }, seed: 1 }, ["data"])).toEqual({
      data: { kind: "own", name: "x" },
      seed: 1,
    });
  });
});

describe("replacing a value", () => {
  it("leaves the original and every other value alone", () => {
    const settings = { a: 1, b: { c: 2, d: 3 } };
    expect(withValue(settings, "b.c", 9)).toEqual({ a: 1, b: { c: 9, d: 3 } });
    expect(settings).toEqual({ a: 1, b: { c: 2, d: 3 } });
  });

  it("makes branches that are missing", () => {
    expect(withValue({}, "x.y.z", true)).toEqual({ x: { y: { z: true } } });
  });
});

it("rebuilds an experiment from its flat form", () => {
  const experiment = defaultExperiment("prefix-tuning");
  const rebuilt = Object.entries(flatten(experiment)).reduce<object>(
    (all, [path, value]) => withValue(all, path, value),
    {},
  );
  expect(parseExperiment(rebuilt)).toEqual(experiment);
});

it("finds what differs, also what only one side has", () => {
  expect(differingPaths({ a: 1, b: [1, 2], c: 3 }, { a: 1, b: [1, 3], d: 4 })).toEqual(["b", "c", "d"]);
});

it.each([
  [[1, 2], [1, 2], true],
  [[1, 2], [2, 1], false],
  [null, null, true],
  [null, 0, false],
  ["1", 1, false],
])("%j and %j being the same is %s", (a, b, same) => {
  expect(sameValue(a, b)).toBe(same);
});
