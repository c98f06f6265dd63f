/** Which files of a folder or an archive are the adapter, and what is said where none or several are. */
import { describe, expect, it } from "vitest";
import { zip } from "../../../src/lib/zip.ts";
import { adapterFolder, type OpenedFile } from "../../../src/training/adapterFolder.ts";

const bytesOf = (path: string): Uint8Array => new TextEncoder().encode(`what ${path} holds`);

function opened(...paths: readonly string[]): OpenedFile[] {
  return paths.map((path) => ({ path, read: async () => bytesOf(path) }));
}

function archive(name: string, ...paths: readonly string[]): OpenedFile {
  return { path: name, read: async () => zip(paths.map((path) => ({ name: path, bytes: bytesOf(path) }))) };
}

const pair = ["adapter_config.json", "adapter_model.safetensors"] as const;

describe("an adapter is found", () => {
  it.each<[string, OpenedFile[], string]>([
    ["in loose files", opened(...pair), ""],
    ["in a folder", opened("mine/README.md", ...pair.map((name) => `mine/${name}`)), "mine/"],
    [
      "in a run's folder, beside checkpoints of PEFT's trainer",
      opened(...pair.map((name) => `mine/${name}`), "mine/checkpoint-8/adapter_config.json", "mine/run.json"),
      "mine/",
    ],
    ["below other folders", opened("run/run.json", ...pair.map((name) => `run/adapter/${name}`)), "run/adapter/"],
    ["in an archive", [archive("mine.ZIP", ...pair)], ""],
    ["in a folder of an archive", [archive("a.zip", "notes.txt", ...pair.map((name) => `b/${name}`))], "b/"],
  ])("%s", async (_, files, folder) => {
    const expected = pair.map((name) => [name, bytesOf(folder + name)]);
    expect([...(await adapterFolder(files))]).toEqual(expected);
  });
});

describe("what is none is refused", () => {
  it.each<[string, OpenedFile[], string]>([
    ["nothing", [], "Expected studio.json or adapter_config.json in the adapter folder; found nothing."],
    ["other files", opened("a/x.txt", "a/y.txt"), "found x.txt, y.txt."],
    ["an archive of other files", [archive("a.zip", "deep/config.json")], "found config.json."],
    ["many files", opened(..."abcdefgh".split("")), "found a, b, c, d, e, f and 2 more."],
    ["two adapters", opened("a/studio.json", "b/adapter_config.json"), "There are 2 adapters: a, b. Open one of them."],
    ["two archives", [archive("a.zip"), archive("b.zip")], "Open one adapter at a time; got a.zip and b.zip."],
    ["no archive", [{ path: "a.zip", read: async () => bytesOf("") }], "a.zip: It cannot be unpacked"],
    ["a pickle", opened("adapter_config.json", "adapter_model.bin"), "adapter_model.bin is a pickle"],
  ])("%s", async (_, files, message) => {
    await expect(adapterFolder(files)).rejects.toThrow(message);
  });
});
