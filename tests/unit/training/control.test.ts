/** Pause, resume, single step and stop, seen from a loop that asks `ready()` before every step. */
import { expect, it } from "vitest";
import { createRunControl, type RunControl } from "../../../src/training/control.ts";

/** A loop that counts its steps until it is stopped. */
function startLoop(control: RunControl): { readonly steps: number; readonly ended: Promise<void> } {
  const loop = { steps: 0, ended: run() };
  async function run(): Promise<void> {
    for (;;) {
      await control.ready();
      if (control.stopped || loop.steps >= 1000) return;
      loop.steps++;
      if (loop.steps % 10 === 0) await settle();
    }
  }
  return loop;
}

/** Lets every promise that can go on go on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

it("runs from the start unless it starts paused", () => {
  expect(createRunControl()).toMatchObject({ paused: false, stopped: false });
  expect(createRunControl(true)).toMatchObject({ paused: true, stopped: false });
});

it("takes no step while paused", async () => {
  const control = createRunControl(true);
  const loop = startLoop(control);
  await settle();
  expect(loop.steps).toBe(0);
  control.stop();
  await loop.ended;
});

it("goes on after resume", async () => {
  const control = createRunControl(true);
  const loop = startLoop(control);
  control.resume();
  await loop.ended;
  expect(loop.steps).toBe(1000);
});

it("stands still again after pause", async () => {
  const control = createRunControl();
  const loop = startLoop(control);
  await settle();
  control.pause();
  await settle();
  const { steps } = loop;
  await settle();
  expect(steps).toBeLessThan(1000);
  expect(loop.steps).toBe(steps);
  control.stop();
  await loop.ended;
});

it("takes exactly one step per step()", async () => {
  const control = createRunControl(true);
  const loop = startLoop(control);
  for (const expected of [1, 2, 3]) {
    control.step();
    await settle();
    expect(loop.steps).toBe(expected);
    expect(control.paused).toBe(true);
  }
  control.stop();
  await loop.ended;
});

it("pauses a running loop with step()", async () => {
  const control = createRunControl();
  const loop = startLoop(control);
  await settle();
  control.step();
  await settle();
  const { steps } = loop;
  await settle();
  expect(loop.steps).toBe(steps);
  control.stop();
  await loop.ended;
});

it("forgets steps that were asked for before resume, so that the next pause holds", async () => {
  const control = createRunControl(true);
  control.step();
  control.step();
  control.resume();
  control.pause();
  const loop = startLoop(control);
  await settle();
  expect(loop.steps).toBe(0);
  control.stop();
  await loop.ended;
});

it("stops while paused", async () => {
  const control = createRunControl(true);
  const loop = startLoop(control);
  control.stop();
  await loop.ended;
  expect(loop.steps).toBe(0);
});

it("stays stopped whatever follows", () => {
  const control = createRunControl();
  control.stop();
  control.resume();
  control.step();
  control.pause();
  expect(control).toMatchObject({ stopped: true, paused: false });
});
