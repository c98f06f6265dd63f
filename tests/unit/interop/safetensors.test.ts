/** Safetensors files: the three float types, writing and reading back, and every way a file can be damaged. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSafetensors, SafetensorsError, writeSafetensors } from "../../../src/interop/safetensors.ts";

const FIXTURES = new URL("../../parity/fixtures/", import.meta.url);

function fixture(path: string): Uint8Array {
  return readFileSync(new URL(path, FIXTURES));
}

/** A file from any header, honest or not. */
function file(header: unknown, dataBytes: number): Uint8Array {
  return fileOfText(JSON.stringify(header), dataBytes);
}

function fileOfText(header: string, dataBytes: number, announced = header.length): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(announced), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
}

function entry(shape: unknown, offsets: unknown, dtype: unknown = "F32"): object {
  return { weight: { dtype, shape, data_offsets: offsets } };
}

describe("reading", () => {
  it.each(["f16", "bf16"])("gives the same numbers from %s as from f32", (dtype) => {
    const single = readSafetensors(fixture("dtypes/f32.safetensors"));
    const half = readSafetensors(fixture(`dtypes/${dtype}.safetensors`));
    expect([...single.keys()].toSorted()).toEqual(["empty", "matrix", "scalar", "special", "vector"]);
    expect(half).toEqual(single);
  });

  it("keeps shapes, the scalar's and the empty one included", () => {
    const tensors = readSafetensors(fixture("dtypes/f32.safetensors"));
    expect(tensors.get("scalar")).toMatchObject({ shape: [], values: { length: 1 } });
    expect(tensors.get("empty")?.values).toHaveLength(0);
    expect(tensors.get("matrix")?.shape).toHaveLength(2);
  });

  it("reads a file that does not start at the beginning of its buffer", () => {
    const bytes = fixture("dtypes/f16.safetensors");
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readSafetensors(shifted.subarray(3))).toEqual(readSafetensors(bytes));
  });

  it("passes over tensors of whole numbers, such as stored position ids", () => {
    const header = { ...entry([1], [0, 4]), ids: { dtype: "I64", shape: [2], data_offsets: [4, 20] } };
    expect([...readSafetensors(file(header, 20)).keys()]).toEqual(["weight"]);
  });
});

describe("writing", () => {
  const tensors = [
    { name: "a", shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 1e-30, Infinity, -0) },
    { name: "näme.with.ümlauts", shape: [1], values: Float32Array.of(7) },
    { name: "none", shape: [0, 4], values: new Float32Array() },
    { name: "part", shape: [2], values: Float32Array.of(9, 8, 7, 6).subarray(1, 3) },
  ];

  it("is undone by reading", () => {
    const back = readSafetensors(writeSafetensors(tensors));
    expect([...back.values()].map(({ name, shape }) => ({ name, shape }))).toEqual(
      tensors.map(({ name, shape }) => ({ name, shape })),
    );
    for (const { name, values } of tensors) expect([...(back.get(name)?.values ?? [])]).toEqual([...values]);
  });

  it.each([["a"], ["ab"], ["ä"], ["日本"]])("starts the data of %s at a multiple of eight bytes", (name) => {
    const bytes = writeSafetensors([{ name, shape: [1], values: Float32Array.of(1) }]);
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
  });

  it("gives the same bytes for the same tensors", () => {
    expect(writeSafetensors(tensors)).toEqual(writeSafetensors(tensors));
  });
});

describe("a damaged file", () => {
  it.each([
    ["is shorter than eight bytes", new Uint8Array(5), "expected a safetensors file, got 5 bytes"],
    ["is a zip archive", fileOfText("PK", 0, 0x04034b50_00000000), "not a safetensors file"],
    ["announces a header beyond its end", fileOfText("{}", 0, 3), "a header of 3 bytes, but the file has 10"],
    ["announces an absurd header", fileOfText("{}", 0, 2 ** 52), "4503599627370496 bytes"],
    ["has a header that is not JSON", fileOfText("{'a': 1}", 0), "header is not JSON"],
    ["has a header that ends early", fileOfText('{"weight": {}}', 0, 9), "header is not JSON"],
    ["has a header that is no object", fileOfText("[1, 2]", 0), "header is not JSON"],
    ["has a header that is not UTF-8", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff), "header is not JSON"],
    ["was cut off", file(entry([4], [0, 16]), 12), "ends at byte 16 of the data, but there are only 12"],
    ["has 64-bit floats", file(entry([1], [0, 8], "F64"), 8), "type F64; expected F32, F16 or BF16"],
    ["has bytes that do not fit the shape", file(entry([2, 3], [0, 20]), 20), "shape [2, 3] needs 24 bytes"],
    ["has offsets the wrong way round", file(entry([1], [4, 0]), 8), "needs 4 bytes; its header gives -4"],
    ["has a negative offset", file(entry([1], [-4, 0]), 8), 'entry of "weight" is malformed'],
    ["has a shape that is no list", file(entry("big", [0, 4]), 4), 'entry of "weight" is malformed'],
    ["has a shape whose size overflows", file(entry([2 ** 40, 2 ** 40], [0, 4]), 4), "needs"],
    ["has an entry without a type", file({ weight: { shape: [1], data_offsets: [0, 4] } }, 4), "is malformed"],
  ])("that %s is refused with the reason", (_damage, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  it("is named in the message", () => {
    expect(() => readSafetensors(new Uint8Array(2), "adapter_model.safetensors")).toThrow("adapter_model.safetensors:");
  });
});
