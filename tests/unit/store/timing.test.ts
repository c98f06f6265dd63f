/** Debouncing, throttling, newest-only, and the speed meter. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { debounced, newestOnly, throttled } from "../../../src/store/latest.ts";
import { RateMeter } from "../../../src/store/rate.ts";

describe("calls in time", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("waits for quiet", () => {
    const work = vi.fn<() => void>();
    const soon = debounced(100, work);
    soon();
    vi.advanceTimersByTime(80);
    soon();
    vi.advanceTimersByTime(80);
    expect(work).not.toHaveBeenCalled();
    vi.advanceTimersByTime(20);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it("publishes at most once per interval and never loses the last call", () => {
    const work = vi.fn<() => void>();
    const publish = throttled(250, work);
    for (let call = 0; call < 100; call++) {
      publish();
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(250);
    expect(work).toHaveBeenCalledTimes(4);
  });

  it("publishes at once when asked to, and not again for the same call", () => {
    const work = vi.fn<() => void>();
    const publish = throttled(250, work);
    publish();
    publish.now();
    vi.advanceTimersByTime(500);
    expect(work).toHaveBeenCalledTimes(1);
  });
});

const after = <Value>(milliseconds: number, value?: Value) =>
  new Promise<Value | undefined>((resolve) => setTimeout(() => resolve(value), milliseconds));

describe("newest only", () => {
  it("drops answers and errors of older calls", async () => {
    const newest = newestOnly();
    const first = newest(() => after(20, "first"));
    const second = newest(() => after(10).then(() => Promise.reject(new Error("second"))));
    const third = newest(() => Promise.resolve("third"));
    expect(await Promise.all([first, second, third])).toEqual([undefined, undefined, "third"]);
  });

  it("passes the newest call's error on", async () => {
    await expect(newestOnly()(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });
});

describe("speed", () => {
  it("counts only the last seconds", () => {
    const meter = new RateMeter();
    for (let second = 0; second <= 10; second++) meter.note(second, second);
    for (let second = 11; second <= 20; second++) meter.note(10 + (second - 10) * 50, second);
    expect(meter.stepsPerSecond).toBeCloseTo(50);
  });

  it("forgets at a pause and needs a moment to know", () => {
    const meter = new RateMeter();
    meter.note(0, 0);
    meter.note(10, 1);
    meter.reset();
    meter.note(10, 100);
    expect(meter.stepsPerSecond).toBeUndefined();
    meter.note(20, 101);
    expect(meter.stepsPerSecond).toBeCloseTo(10);
  });
});
