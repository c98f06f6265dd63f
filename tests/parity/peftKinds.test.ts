/** Every kind of adapter that PEFT saves answers in the studio as in PEFT, and again after the studio has written it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { exportAdapter, importAdapter } from "../../src/training/adapterFiles.ts";
import { peftFileNames } from "../../src/interop/peftFormat.ts";
import { openExecutor } from "./executors.ts";
import { answersOf, kindDocument, kindFiles, kindNames } from "./kinds.ts";
import { fixtureModel } from "./models.ts";
import { largestDifference, logitTolerance } from "./tolerances.ts";

describe.each(["wasm", "webgpu"] as const)("on %s", (backend) => {
  let executor: Executor;

  beforeAll(async () => {
    executor = await openExecutor(backend);
  });

  afterAll(() => executor.dispose());

  it.each(kindNames)("%s answers as in PEFT", async (name) => {
    const document = kindDocument(name);
    const model = await fixtureModel(document.model);
    const answers = await answersOf(importAdapter(kindFiles(name), model), document, { model, executor });
    const expected = document.answers.flat(2);
    expect(answers).toHaveLength(expected.length);
    expect(largestDifference(answers, expected)).toBeLessThanOrEqual(logitTolerance(expected));
  });

  it("leaves no memory behind", () => {
    expect(executor.allocatedBytes()).toBe(0);
  });
});

describe.each(kindNames)("%s", (name) => {
  it("comes back from PEFT's files as the studio writes them", async () => {
    const model = await fixtureModel(kindDocument(name).model);
    const read = importAdapter(kindFiles(name), model);
    const written = exportAdapter(read, model);
    const only = new Map([...written].filter(([file]) => Object.values<string>(peftFileNames).includes(file)));
    expect(only.size).toBe(2);
    const back = importAdapter(only, model);
    expect(back.tensors).toEqual(read.tensors);
    expect(back.labels).toEqual(read.labels);
    expect(back.experiment).toEqual(read.experiment);
  });
});
