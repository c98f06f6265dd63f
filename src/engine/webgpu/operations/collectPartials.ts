/** The end of every deep prompt's gradient: sums over sequences, several layers to a dispatch. */
import { countRows, type RowCounts, type Tensor } from "../../graph/tensor.ts";
import { dispatch, perElement, read, stepInputs, write, type UniformValue } from "../dispatch.ts";
import { kernels } from "../kernels/index.ts";
import { tensorBytes } from "../arena.ts";
import { outputOf, type Lowering } from "./lowering.ts";

const LAYERS_PER_DISPATCH = 8;

interface Layer {
  readonly partial: Tensor;
  readonly columns: readonly number[];
}

export const lowerCollectPartials: Lowering<"collectPartials"> = (node, context) => {
  const { columns, blockWidth, promptLength } = node.attributes;
  const y = outputOf(node);
  const slots = countRows(y.rows, context.capacities);
  const layers = node.inputs.partials.map((partial, i) => ({ partial, columns: columns[i] ?? [] }));
  return groupLayers(layers, context.capacities, context.maxBindingBytes).map((group) => {
    const [first] = group;
    if (first === undefined) throw new Error(`"${y.label}" collects nothing.`);
    const { rows, width } = first.partial;
    if (typeof rows === "number" || rows.kind !== "row-product")
      throw new Error(`"${y.label}" needs partials per sequence.`);
    return dispatch({
      label: y.label,
      kernel: kernels.collectPartials,
      uniforms: {
        sequences: rows.space,
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
      bindings: [read(...group.map(({ partial }) => partial)), stepInputs, write(y)],
      groups: perElement(group.length, slots, width),
    });
  });
};

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
