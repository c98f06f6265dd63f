/** What the page says when the browser's storage refuses. The database itself is tested in the browser. */
import { describe, expect, it } from "vitest";
import { listRuns, storageMessage } from "../../../src/storage/runDatabase.ts";

describe("storage messages", () => {
  it("say what to do when the disk is full", () => {
    const message = storageMessage("This run could not be kept", new DOMException("", "QuotaExceededError"));
    expect(message).toMatch(/^This run could not be kept: .*full.*delete runs/);
  });

  it("name private windows", () => {
    expect(storageMessage("x", new DOMException("", "InvalidStateError"))).toMatch(/private window/);
  });

  it("come with the error when there is no storage at all", async () => {
    await expect(listRuns()).rejects.toThrow(/Kept runs could not be read: .*keeps nothing/);
  });
});
