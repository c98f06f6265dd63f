import { expect, it } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { isSupportedNode } from "../../../tools/nodeVersion.mjs";

it.each(["20.19.0", "20.20.2", "22.12.0", "24.0.0", "26.3.1"])("accepts Node %s", (version) => {
  expect(isSupportedNode(version)).toBe(true);
});

it.each(["16.20.2", "18.20.8", "20.18.3", "21.7.3", "22.11.0", "23.11.1"])("refuses Node %s", (version) => {
  expect(isSupportedNode(version)).toBe(false);
});

it("repeats the ranges of package.json", () => {
  expect(packageJson.engines.node).toBe("^20.19.0 || ^22.12.0 || >=24");
});
