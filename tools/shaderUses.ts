/**
 * Every kernel of the WebGPU executor with every set of constants it is used with: the dispatches that a graph with all
 * operations is turned into, for every kind of adapter. For the shader checks; nothing here runs on a device.
 */
import { activation, type ActivationKind } from "../src/engine/graph/operations/activation.ts";
import { add } from "../src/engine/graph/operations/add.ts";
import { attention } from "../src/engine/graph/operations/attention.ts";
import { crossEntropy } from "../src/engine/graph/operations/crossEntropy.ts";
import { gather } from "../src/engine/graph/operations/gather.ts";
import { layerNorm } from "../src/engine/graph/operations/layerNorm.ts";
import { matmul } from "../src/engine/graph/operations/matmul.ts";
import { Builder } from "../src/engine/graph/builder.ts";
import type { Graph } from "../src/engine/graph/graph.ts";
import type { Tensor } from "../src/engine/graph/tensor.ts";
import type { Dispatch } from "../src/engine/webgpu/dispatch.ts";
import { kernels, type Kernel } from "../src/engine/webgpu/kernels/index.ts";
import { lower } from "../src/engine/webgpu/operations/index.ts";
import type { LoweringContext } from "../src/engine/webgpu/operations/lowering.ts";
import type { MatmulVariant } from "../src/engine/webgpu/runtime.ts";

/** A kernel, one set of constants, and the names of its uniforms where a graph uses it. */
export interface ShaderUse {
  readonly kernel: Kernel;
  /** The name of the kernel's file, without folder and ending. */
  readonly file: string;
  readonly constants: Readonly<Record<string, number>>;
  readonly uniforms?: readonly string[];
}

const ACTIVATIONS: readonly ActivationKind[] = ["gelu", "gelu-tanh", "tanh", "relu"];
const WIDTHS = [16, 64, 4096] as const;
const CAPACITIES = { tokens: 200, sequences: 4 };
const ADAPTERS: readonly (readonly [software: boolean, matmul: MatmulVariant])[] = [
  [false, "tiles"],
  [true, "registers"],
  [true, "subgroups"],
];

/** All uses, each once. Kernels of the optimizer, which no graph names, come without uniforms. */
export function shaderUses(): ShaderUse[] {
  const uses = new Map<string, ShaderUse>();
  for (const width of WIDTHS) {
    const { nodes } = graphOfEverything(width);
    for (const [software, variant] of ADAPTERS) {
      const context = contextOf(software, variant);
      for (const use of nodes.flatMap((node) => lower(node.op, node, context)).map(useOf)) uses.set(keyOf(use), use);
    }
  }
  const seen = new Set([...uses.values()].map(({ file }) => file));
  const others = Object.values<Kernel>(kernels).filter(({ name }) => !seen.has(name));
  return [...uses.values(), ...others.map((kernel) => ({ kernel, file: kernel.name, constants: {} }))];
}

function useOf({ kernel, constants, uniforms }: Dispatch): ShaderUse {
  const [file = kernel.name] = kernel.name.split(" ");
  return { kernel, file, constants, uniforms: Object.keys(uniforms) };
}

function keyOf({ kernel, constants }: ShaderUse): string {
  return `${kernel.name} ${JSON.stringify(constants)}`;
}

function contextOf(software: boolean, variant: MatmulVariant): LoweringContext {
  return {
    capacities: CAPACITIES,
    software,
    matmul: variant,
    maxBindingBytes: 2 ** 27,
    temporary: (label, rows, width) => ({ kind: "tensor", id: -1, label, rows, width }),
  };
}

/** One layer of everything, every parameter trained, in this width. */
function graphOfEverything(width: number): Graph {
  const builder = new Builder();
  const sequences = builder.rowSpace("sequences");
  const tokens = builder.segments(builder.rowSpace("tokens"), sequences);
  const weight = (name: string, rows: number): Tensor => builder.parameter({ name, rows, width, group: "all" });
  const ids = builder.index("ids", tokens.space);
  let x = gather(builder, [{ table: weight("table", 7), index: ids }]);
  for (const kind of ACTIVATIONS)
    x = activation(builder, matmul(builder, x, weight(kind, width), { transposeB: true }), kind);
  const prompt = builder.parameter({ name: "prompt", rows: 3, width: 2 * width, group: "all" });
  const heads = Math.ceil(width / 64);
  const bias = weight("bias", 1);
  const mixed = attention(builder, {
    q: matmul(builder, x, weight("q", width), { bias }),
    k: x,
    v: x,
    queries: tokens,
    keys: tokens,
    heads,
    prompt: { tensor: prompt, length: 3, keyColumn: 0, valueColumn: width },
  });
  const normed = layerNorm(builder, add(builder, x, mixed), { gain: weight("gain", 1), bias, epsilon: 1e-5 });
  const logits = matmul(builder, normed, weight("head", width), { transposeB: true, bias });
  const labels = builder.index("labels", tokens.space);
  builder.objective(crossEntropy(builder, logits, { labels, weights: builder.values("weights", tokens.space) }));
  return builder.finish();
}
