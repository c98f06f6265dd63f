/**
 * Every kernel of the WebGPU executor with every set of constants it is used with: the dispatches that a graph with all
 * operations is turned into, for every kind of adapter. For the shader checks; nothing here runs on a device.
 */
import { activation, type ActivationKind } from "../src/engine/graph/operations/activation.ts";
import { add } from "../src/engine/graph/operations/add.ts";
import { attention } from "../src/engine/graph/operations/attention.ts";
import { concatenate } from "../src/engine/graph/operations/concatenate.ts";
import { crossEntropy } from "../src/engine/graph/operations/crossEntropy.ts";
import { gather } from "../src/engine/graph/operations/gather.ts";
import { layerNorm } from "../src/engine/graph/operations/layerNorm.ts";
import { lstm } from "../src/engine/graph/operations/lstm.ts";
import { matmul } from "../src/engine/graph/operations/matmul.ts";
import { scale } from "../src/engine/graph/operations/scale.ts";
import { segmentCrossEntropy, segmentTargets } from "../src/engine/graph/operations/segmentCrossEntropy.ts";
import { Builder } from "../src/engine/graph/builder.ts";
import type { Graph } from "../src/engine/graph/graph.ts";
import type { Tensor } from "../src/engine/graph/tensor.ts";
import type { Dispatch } from "../src/engine/webgpu/dispatch.ts";
import { kernels, type Kernel } from "../src/engine/webgpu/kernels/index.ts";
import { fuse, fusions, type Step } from "../src/engine/webgpu/fuse.ts";
import { lowerStep } from "../src/engine/webgpu/operations/index.ts";
import type { LoweringContext } from "../src/engine/webgpu/operations/lowering.ts";
import { fixedPlanner } from "../src/engine/webgpu/matmul/planner.ts";
import type { MatmulVariant } from "../src/engine/webgpu/matmul/variants.ts";

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
/** A kind of adapter with one matmul kernel, and whether sums are split and frozen matrices stored in half precision. */
interface Adapter {
  readonly software: boolean;
  readonly variant: MatmulVariant;
  readonly parts?: number;
  readonly half?: boolean;
}

const ADAPTERS: readonly Adapter[] = [
  { software: false, variant: "tiles-32x32-4x4" },
  { software: false, variant: "tiles-64x64-4x4", parts: 3 },
  { software: false, variant: "tiles-64x64-8x8" },
  { software: false, variant: "tiles-128x64-8x8", half: true },
  { software: false, variant: "tiles-128x128-8x8" },
  { software: true, variant: "registers", half: true },
  { software: true, variant: "subgroups" },
  { software: true, variant: "subgroups-narrow" },
];

/** All uses, each once. Kernels of the optimizer, which no graph names, come without uniforms. */
export function shaderUses(): ShaderUse[] {
  const uses = new Map<string, ShaderUse>();
  for (const width of WIDTHS) {
    const steps = [graphOfEverything(width), graphOfOnePrompt(width)].flatMap(stepsOf);
    for (const adapter of ADAPTERS) {
      const context = contextOf(adapter);
      for (const use of steps.flatMap((step) => lowerStep(step, context)).map(useOf)) uses.set(keyOf(use), use);
    }
  }
  const seen = new Set([...uses.values()].map(({ file }) => file));
  const others = Object.values<Kernel>(kernels).filter(({ name }) => !seen.has(name));
  return [...uses.values(), ...others.map((kernel) => ({ kernel, file: kernel.name, constants: {} }))];
}

/** The nodes one by one, and what they become when neighbours are joined. */
function stepsOf({ nodes, gradients }: Graph): Step[] {
  const plain = nodes.map((node): Step => ({ kind: "node", node }));
  return [...plain, ...fuse(nodes, new Set(gradients.values()), fusions)];
}

function useOf({ kernel, constants, uniforms }: Dispatch): ShaderUse {
  const [file = kernel.name] = kernel.name.split(" ");
  return { kernel, file, constants, uniforms: Object.keys(uniforms) };
}

function keyOf({ kernel, constants }: ShaderUse): string {
  return `${kernel.name} ${JSON.stringify(constants)}`;
}

function contextOf({ software, variant, parts = 1, half = false }: Adapter): LoweringContext {
  return {
    capacities: CAPACITIES,
    software,
    matmul: fixedPlanner(variant, parts),
    attention: software ? "rows" : "tiles",
    isHalf: ({ parameter }) => half && parameter !== undefined && parameter.rows > 1,
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
  const prompt = concatenate(builder, direction(builder, width, false), direction(builder, width, true));
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
  const normed = layerNorm(builder, add(builder, x, scale(builder, mixed, 2)), {
    gain: weight("gain", 1),
    bias,
    epsilon: 1e-5,
  });
  const logits = matmul(builder, normed, weight("head", width), { transposeB: true, bias });
  const labels = builder.index("labels", tokens.space);
  builder.objective(crossEntropy(builder, logits, { labels, weights: builder.values("weights", tokens.space) }));
  return builder.finish();
}

/** A frozen layer of which only the prompt is trained, and a loss down the rows of each sequence. */
function graphOfOnePrompt(width: number): Graph {
  const builder = new Builder();
  const sequences = builder.rowSpace("sequences");
  const tokens = builder.segments(builder.rowSpace("tokens"), sequences);
  const index = builder.index("ids", tokens.space);
  const x = gather(builder, [{ table: builder.parameter({ name: "table", rows: 7, width }), index }]);
  const tensor = builder.parameter({ name: "prompt", rows: 3, width: 2 * width, group: "all" });
  const prompt = { tensor, length: 3, keyColumn: 0, valueColumn: width };
  const heads = Math.ceil(width / 64);
  const mixed = attention(builder, { q: x, k: x, v: x, queries: tokens, keys: tokens, heads, prompt });
  const head = builder.parameter({ name: "head", rows: 2, width });
  const logits = matmul(builder, mixed, head, { transposeB: true });
  const targets = segmentTargets(tokens, logits);
  const [labels, weights] = [builder.index("labels", targets), builder.values("weights", targets)];
  builder.objective(segmentCrossEntropy(builder, logits, tokens, { labels, weights }));
  return builder.finish();
}

/** One direction of an LSTM over three prompt slots. */
function direction(builder: Builder, width: number, reverse: boolean): Tensor {
  const name = reverse ? "backward" : "forward";
  const parameter = (part: string, rows: number, columns: number): Tensor =>
    builder.parameter({ name: `${name}.${part}`, rows, width: columns, group: "all" });
  const weights = { weight: parameter("weight", 4 * width, width), bias: parameter("bias", 1, 4 * width) };
  return lstm(builder, parameter("slots", 3, 4 * width), { ...weights, reverse });
}
