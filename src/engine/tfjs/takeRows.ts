/**
 * The one way rows move: out[i] = row index[i] of the sources laid end to end, each seen as rows of `width`; −1 gives a row
 * of zeros. Its gradient adds rows back where they came from.
 *
 * Embeddings, packing and unpacking of sequences and prompts are all this. On wasm and cpu the host moves the rows itself:
 * TensorFlow.js' gather kernels decode every element's position and are ten times slower, and wasm has no scatter-add.
 */
import {
  concat,
  gather,
  reshape,
  split,
  tensor,
  tensor1d,
  unsortedSegmentSum,
  zeros,
  type Tensor,
  type Tensor1D,
} from "@tensorflow/tfjs-core";
import { withGradient } from "./customGradient.ts";
import { isHostBackend, viewValues } from "./hostValues.ts";

export interface RowSource {
  readonly tensor: Tensor;
  /** Whether its gradient is wanted. */
  readonly needed: boolean;
}

/** → [index.length, width]. Throws when the elements of a source are no multiple of `width`. */
export function takeRows(sources: readonly RowSource[], width: number, index: Int32Array): Tensor {
  for (const source of sources) checkWidth(source.tensor, width);
  const places: Places = { width, index, shapes: sources.map((source) => source.tensor.shape) };
  const wanted = sources.map((source) => source.needed);
  const tensors = sources.map((source) => source.tensor);
  const host = isHostBackend();
  return withGradient(
    tensors.filter((_, place) => wanted[place]),
    () => ({
      value: host ? takeOnHost(tensors, places) : takeOnDevice(tensors, places),
      saved: [],
      gradients: (dy) => {
        const all = host ? addBackOnHost(dy, places) : addBackOnDevice(dy, places);
        return all.filter((_, place) => wanted[place]);
      },
    }),
  );
}

interface Places {
  readonly width: number;
  readonly index: Int32Array;
  readonly shapes: readonly number[][];
}

function checkWidth(source: Tensor, width: number): void {
  if (source.size % width !== 0) {
    throw new Error(`Rows of ${width} were asked from a tensor of shape [${source.shape.join(", ")}].`);
  }
}

/** Elements of each source, and the position of its first element when all lie end to end. */
function extents({ shapes }: Places): { sizes: number[]; total: number } {
  const sizes = shapes.map((shape) => shape.reduce((product, size) => product * size, 1));
  return { sizes, total: sizes.reduce((sum, size) => sum + size, 0) };
}

function takeOnHost(tensors: readonly Tensor[], { width, index }: Places): Tensor {
  const output = new Float32Array(index.length * width);
  let first = 0;
  for (const source of tensors) {
    const values = viewValues(source);
    for (let row = 0; row < index.length; row++) {
      const start = (index[row] ?? -1) * width - first;
      if (start >= 0 && start < values.length) output.set(values.subarray(start, start + width), row * width);
    }
    first += values.length;
  }
  return tensor(output, [index.length, width]);
}

function addBackOnHost(dy: Tensor, places: Places): Tensor[] {
  const values = viewValues(dy);
  let first = 0;
  const sums = extents(places).sizes.map((size) => {
    const sum = new Float32Array(size);
    addRows(sum, values, places, first);
    first += size;
    return sum;
  });
  return sums.map((sum, place) => tensor(sum, places.shapes[place]));
}

/** Adds row i of `values` to the row index[i], when that lies in `sum`, which starts at element `first`. */
function addRows(sum: Float32Array, values: Float32Array, { width, index }: Places, first: number): void {
  for (let row = 0; row < index.length; row++) {
    const start = (index[row] ?? -1) * width - first;
    if (start < 0 || start >= sum.length) continue;
    const from = row * width;
    for (let column = 0; column < width; column++) {
      sum[start + column] = (sum[start + column] ?? 0) + (values[from + column] ?? 0);
    }
  }
}

function takeOnDevice(tensors: readonly Tensor[], places: Places): Tensor {
  const { width } = places;
  const rows = tensors.map((source) => reshape(source, [-1, width]));
  return gather(concat([...rows, zeros([1, width])], 0), deviceIndex(places));
}

function addBackOnDevice(dy: Tensor, places: Places): Tensor[] {
  const { width } = places;
  const { sizes, total } = extents(places);
  const sum = unsortedSegmentSum(dy, deviceIndex(places), total / width + 1);
  const parts = split(sum, [...sizes.map((size) => size / width), 1], 0);
  return places.shapes.map((shape, place) => reshape(parts[place] ?? sum, shape));
}

/** −1 becomes the row of zeros behind all sources. */
function deviceIndex(places: Places): Tensor1D {
  const zeroRow = extents(places).total / places.width;
  return tensor1d(
    places.index.map((row) => (row < 0 ? zeroRow : row)),
    "int32",
  );
}
