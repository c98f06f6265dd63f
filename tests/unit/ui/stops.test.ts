/** Sliders over uneven stops. */
import { describe, expect, it } from "vitest";
import { exampleStops } from "../../../src/ui/experiment/exampleStops.ts";
import { nextStop, positionOf, stopAt } from "../../../src/ui/shared/stops.ts";

const stops = [1, 2, 4, 8, 16, 32, 64, 100, 128];

describe("stops", () => {
  it("lie at even distances", () => {
    expect(stops.map((stop) => positionOf(stop, stops))).toEqual(stops.map((_, index) => index / 8));
    expect(stops.map((stop) => stopAt(positionOf(stop, stops), stops))).toEqual(stops);
  });

  it("place typed values in between and beyond", () => {
    expect(positionOf(24, stops)).toBeCloseTo(4.5 / 8);
    expect(positionOf(0, stops)).toBe(0);
    expect(positionOf(500, stops)).toBe(1);
  });

  it("step to the neighbours of any value, and stay at the ends", () => {
    expect([nextStop(16, 1, stops), nextStop(16, -1, stops)]).toEqual([32, 8]);
    expect([nextStop(20, 1, stops), nextStop(20, -1, stops)]).toEqual([32, 16]);
    expect([nextStop(128, 1, stops), nextStop(1, -1, stops)]).toEqual([128, 1]);
    expect([nextStop(1, 3, stops), nextStop(100, 3, stops), nextStop(2, -3, stops)]).toEqual([8, 128, 1]);
  });

  it("offer powers of two of examples, then all", () => {
    expect(exampleStops(220)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 220]);
    expect(exampleStops(64)).toEqual([1, 2, 4, 8, 16, 32, 64]);
    expect(exampleStops(0)).toEqual([1]);
  });
});
