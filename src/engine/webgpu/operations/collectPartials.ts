/** The end of every deep prompt's gradient: sums over sequences, several layers to a dispatch. */
import type { NodeOf } from "../../graph/operations/index.ts";
import { countRows, type RowCounts, type Tensor } from "../../graph/tensor.ts";
import { dispatch, perElement, readTogether, stepInputs, write, type UniformValue } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { tensorBytes } from "../arena.ts";
import { outputOf, type Lowering } from "./lowering.ts";

const LAYERS_PER_DISPATCH = 48;

interface Layer {
  readonly partial: Tensor;
  readonly columns: readonly number[];
}

export const lowerCollectPartials: Lowering<"collectPartials"> = (node, context) => {
  const { columns, blockWidth, promptLength } = node.attributes;
  const y = outputOf(node);
  const slots = countRows(y.rows, context.capacities);
  const layers = node.inputs.partials.map((partial, i) => ({ partial, columns: columns[i] ?? [] }));
  const sums = groupLayers(layers, context.capacities, context.maxBindingBytes).map((group) => ({
    group,
    zero: false,
  }));
  const zeros = groupsOf(gapsOf(node, y)).map((group) => ({ group, zero: true }));
  return [...sums, ...zeros].map(({ group, zero }) => {
    const [first] = group;
    if (first === undefined) throw new Error(`"${y.label}" collects nothing.`);
    const { rows, width } = first.partial;
    if (typeof rows === "number" || rows.kind !== "row-product")
      throw new Error(`"${y.label}" needs partials per sequence.`);
    return dispatch({
      label: y.label,
      kernel: kernels.collectPartials,
      uniforms: {
        // The sum over no sequences is zero.
        sequences: zero ? 0 : rows.space,
        slots,
        promptLength,
        width: y.width,
        blockWidth,
        layers: group.length,
        promptSet: node.indices.set,
        blocks: width / blockWidth,
        ...perLayer("place", group, ({ partial }) => ({ kind: "place", tensor: partial })),
        ...perLayer("keyColumn", group, (layer) => layer.columns[0] ?? 0),
        ...perLayer("valueColumn", group, (layer) => layer.columns[1] ?? 0),
      },
      bindings: [readTogether("prompt gradients", ...group.map(({ partial }) => partial)), stepInputs, write(y)],
      groups: perElement(group.length, slots, width),
    });
  });
};

/** Columns of the target that no partial covers, two blocks at a time as the kernel writes them. */
function gapsOf({ inputs, attributes }: NodeOf<"collectPartials">, y: Tensor): Layer[] {
  const { columns, blockWidth } = attributes;
  const [partial] = inputs.partials;
  const covered = new Set(columns.flat());
  const starts = Array.from({ length: y.width / blockWidth }, (_, block) => block * blockWidth);
  const gaps = starts.filter((start) => !covered.has(start));
  if (partial === undefined) return [];
  return Array.from({ length: Math.ceil(gaps.length / 2) }, (_, pair) => {
    const first = gaps[2 * pair] ?? 0;
    return { partial, columns: [first, gaps[2 * pair + 1] ?? first] };
  });
}

function groupsOf(layers: readonly Layer[]): Layer[][] {
  const count = Math.ceil(layers.length / LAYERS_PER_DISPATCH);
  return Array.from({ length: count }, (_, i) => layers.slice(i * LAYERS_PER_DISPATCH, (i + 1) * LAYERS_PER_DISPATCH));
}

function perLayer(
  name: string,
  group: readonly Layer[],
  value: (layer: Layer) => UniformValue,
): Record<string, UniformValue> {
  const entries = Array.from({ length: LAYERS_PER_DISPATCH }, (_, i) => {
    const layer = group[i];
    return [`${name}${i}`, layer === undefined ? 0 : value(layer)] as const;
  });
  return Object.fromEntries(entries);
}

/** Runs of layers whose partials one binding can cover. */
function groupLayers(layers: readonly Layer[], capacities: RowCounts, maxBytes: number): Layer[][] {
  const groups: Layer[][] = [];
  let bytes = 0;
  for (const layer of layers) {
    const size = tensorBytes(layer.partial, capacities);
    const group = groups.at(-1);
    if (group === undefined || group.length === LAYERS_PER_DISPATCH || bytes + size > maxBytes) {
      groups.push([layer]);
      bytes = size;
    } else {
      group.push(layer);
      bytes += size;
    }
  }
  return groups;
}
