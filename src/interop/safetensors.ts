/**
 * Reads and writes safetensors files: eight bytes of header length, a JSON header, raw little-endian data
 * (https://github.com/huggingface/safetensors). Files come from strangers, so every length is checked before it is used.
 */
import { z } from "zod";
import { floatsFromBfloat16, floatsFromHalf } from "../lib/halfPrecision.ts";

/** A tensor of a file, upcast to f32. */
export interface FileTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The file is not what it claims to be; the message says what was expected and what came. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
}

const headerEntrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
type HeaderEntry = z.infer<typeof headerEntrySchema>;

/** Bytes per number of the types the studio can use as weights. */
const byteSizes: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };
/** Types that may stand in a file beside the weights and are passed over, e.g. position ids. */
const ignoredTypes = new Set(["I64", "I32", "I16", "I8", "U8", "BOOL"]);
const longestHeader = 100_000_000;

/** All floating-point tensors of a file by name. Throws `SafetensorsError` with the reason when the file is damaged. */
export function readSafetensors(bytes: Uint8Array, fileName = "model.safetensors"): Map<string, FileTensor> {
  const { header, dataStart } = readHeader(bytes, fileName);
  const data = bytes.subarray(dataStart);
  const tensors = new Map<string, FileTensor>();
  for (const [name, raw] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const entry = headerEntrySchema.safeParse(raw);
    if (!entry.success) throw new SafetensorsError(`${fileName}: the header entry of "${name}" is malformed.`);
    if (ignoredTypes.has(entry.data.dtype)) continue;
    tensors.set(name, { name, shape: entry.data.shape, values: readValues(data, name, entry.data, fileName) });
  }
  return tensors;
}

function readHeader(bytes: Uint8Array, fileName: string): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) {
    throw new SafetensorsError(`${fileName}: expected a safetensors file, got ${bytes.length} bytes.`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > longestHeader || length + 8 > bytes.length) {
    throw new SafetensorsError(
      `${fileName}: its first eight bytes announce a header of ${length} bytes, but the file has ${bytes.length}. ` +
        `It is not a safetensors file, or its download was cut off.`,
    );
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length));
    return { header: z.record(z.string(), z.unknown()).parse(JSON.parse(text)), dataStart: 8 + length };
  } catch {
    throw new SafetensorsError(`${fileName}: its header is not JSON, so this is not a safetensors file.`);
  }
}

function readValues(data: Uint8Array, name: string, entry: HeaderEntry, fileName: string): Float32Array {
  const size = byteSizes[entry.dtype];
  if (size === undefined) {
    throw new SafetensorsError(
      `${fileName}: "${name}" has type ${entry.dtype}; expected F32, F16 or BF16. Convert the model to one of those.`,
    );
  }
  const [start, end] = entry.data_offsets;
  const count = entry.shape.reduce((product, length) => product * length, 1);
  if (end > data.length) {
    throw new SafetensorsError(
      `${fileName}: "${name}" ends at byte ${end} of the data, but there are only ${data.length}. The file is truncated.`,
    );
  }
  if (end - start !== count * size) {
    throw new SafetensorsError(
      `${fileName}: "${name}" of shape [${entry.shape.join(", ")}] needs ${count * size} bytes; its header gives ${end - start}.`,
    );
  }
  // A copy is aligned whatever the offset in the file. Not `slice`, which does not copy when Node's Buffer comes in.
  const { buffer } = new Uint8Array(data.subarray(start, end));
  if (entry.dtype === "F32") return new Float32Array(buffer);
  const half = new Uint16Array(buffer);
  return entry.dtype === "F16" ? floatsFromHalf(half) : floatsFromBfloat16(half);
}

const metadataSchema = z.object({ __metadata__: z.record(z.string(), z.string()).default({}) });

/** The texts a file holds beside its tensors. Throws `SafetensorsError` when the file is damaged. */
export function readMetadata(bytes: Uint8Array, fileName = "model.safetensors"): Readonly<Record<string, string>> {
  const parsed = metadataSchema.safeParse(readHeader(bytes, fileName).header);
  return parsed.success ? parsed.data.__metadata__ : {};
}

/** A file of f32 tensors, in the given order, with texts beside them. */
export function writeSafetensors(
  tensors: readonly FileTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: "pt", ...metadata } };
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  // The format asks for data aligned to eight bytes; spaces after the JSON are allowed for that.
  const json = new TextEncoder().encode(JSON.stringify(header));
  const text = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  text.set(json);
  const bytes = new Uint8Array(8 + text.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let position = 8 + text.length;
  for (const { values } of tensors) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return bytes;
}
