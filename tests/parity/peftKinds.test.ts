/** Every kind of adapter that PEFT saves answers in the studio as in PEFT, here on wasm, and comes back from the studio's files. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor } from "../../src/engine/executor.ts";
import { exportAdapter, importAdapter } from "../../src/training/adapterFiles.ts";
import { peftFileNames } from "../../src/interop/peftFormat.ts";
import { checkKinds } from "./adapterChecks.ts";
import { openExecutor } from "./executors.ts";
import { kindDocument, kindFiles, kindNames } from "./kinds.ts";
import { fixtureModel } from "./models.ts";

let executor: Executor;

beforeAll(async () => {
  executor = await openExecutor("wasm");
});

afterAll(() => executor.dispose());

checkKinds(() => executor);

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
