/** SHA-256, by the browser's own digest and by the script that stands in for it, against Node's. */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sha256, sha256OfText } from "../../../src/lib/hash.ts";

/** Around the ends of the 64-byte blocks, where padding goes wrong. */
const LENGTHS = [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000];

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 37 + length) % 256);
}

function digestOfNode(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

afterEach(() => vi.unstubAllGlobals());

describe("with crypto.subtle", () => {
  it.each(LENGTHS)("gives Node's digest of %i bytes", async (length) => {
    expect(await sha256(bytesOf(length))).toBe(digestOfNode(bytesOf(length)));
  });
});

describe("without crypto.subtle, as in a page that is not a secure context", () => {
  it.each(LENGTHS)("gives Node's digest of %i bytes", async (length) => {
    vi.stubGlobal("crypto", {});
    expect(await sha256(bytesOf(length))).toBe(digestOfNode(bytesOf(length)));
  });

  it("gives Node's digest of a part of a larger buffer", async () => {
    vi.stubGlobal("crypto", undefined);
    const part = bytesOf(200).subarray(13, 113);
    expect(await sha256(part)).toBe(digestOfNode(part));
  });
});

it("hashes a text as its UTF-8 bytes", async () => {
  expect(await sha256OfText("Café — 日本語 😀")).toBe(digestOfNode(Buffer.from("Café — 日本語 😀", "utf8")));
});
