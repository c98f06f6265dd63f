import { expect, it } from "vitest";
import { findOutdatedPackage } from "../../../tools/ensureNodeModules.mjs";

const WANTED = {
  "": {},
  "node_modules/react": { version: "19.3.1", integrity: "a" },
  "node_modules/fsevents": { version: "2.3.3", integrity: "b", optional: true },
};

it("finds nothing when every required package is there", () => {
  expect(findOutdatedPackage(WANTED, { "node_modules/react": { version: "19.3.1", integrity: "a" } })).toBeUndefined();
});

it("names a missing package", () => {
  expect(findOutdatedPackage(WANTED, {})).toBe("node_modules/react");
});

it("names a package of another version, and one of the same version with other content", () => {
  const other = { "node_modules/react": { version: "19.3.0", integrity: "a" } };
  const altered = { "node_modules/react": { version: "19.3.1", integrity: "c" } };
  expect(findOutdatedPackage(WANTED, other)).toBe("node_modules/react");
  expect(findOutdatedPackage(WANTED, altered)).toBe("node_modules/react");
});
