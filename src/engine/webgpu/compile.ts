/**
 * From a graph's nodes to a program: nodes become dispatches, gradients get their places in the flat space, everything
 * else a place in the arena, and the whole is bound.
 */
import type { PlanCosts } from "../executor.ts";
import type { GraphNode } from "../graph/operations/index.ts";
import type { RowCounts, Rows, Tensor } from "../graph/tensor.ts";
import { layoutArena, tensorsOf, type ArenaLayout } from "./arena.ts";
import { BufferUsage } from "./constants.ts";
import type { BufferRange, Dispatch } from "./dispatch.ts";
import { copyOf } from "./operations/elementwise.ts";
import { lower } from "./operations/index.ts";
import type { LoweringContext } from "./operations/lowering.ts";
import type { WebGpuParameters } from "./parameters.ts";
import { buildProgram, type Program } from "./program.ts";
import type { Runtime } from "./runtime.ts";

export interface CompileRequest {
  readonly label: string;
  readonly nodes: readonly GraphNode[];
  readonly parameters: WebGpuParameters;
  readonly capacities: RowCounts;
  /** Tensors that must still be readable when the plan has run. */
  readonly kept: ReadonlySet<Tensor>;
  /** Gradients by parameter name. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Dispatches behind the graph's own: the optimizer. */
  readonly tail: readonly Dispatch[];
  readonly settingsWords: number;
}

export interface CompiledGraph {
  readonly program: Program;
  readonly dispatches: readonly Dispatch[];
  readonly costs: PlanCosts;
  /** Where a tensor lies. */
  resolve(tensor: Tensor): BufferRange;
  /** Fills the arena with NaN. */
  poison(): void;
  dispose(): void;
}

/** Operations that may write their result straight into the flat space of gradients. */
const DIRECT: ReadonlySet<GraphNode["op"]> = new Set([
  "matmul",
  "add",
  "columnSum",
  "scatter",
  "collectPartials",
  "layerNormParameterGradient",
]);

/** Tensors that one binding covers together with others lie in a colour of their own. */
const POOLED = { attentionDelta: [0], attention: [1], attentionPromptGradient: [0] } as const;

export async function compileGraph(runtime: Runtime, request: CompileRequest): Promise<CompiledGraph> {
  const { label, nodes, parameters, capacities, kept } = request;
  const context = loweringContext(runtime, capacities);
  const lowered = nodes.flatMap((node) => lower(node.op, node, context));
  const homes = new Map<Tensor, BufferRange>();
  const copies = placeGradients(request, lowered, homes, context);
  const dispatches = [...lowered, ...copies, ...request.tail];
  const layout = layoutArena({
    dispatches,
    capacities,
    kept,
    external: (tensor) => tensor.parameter !== undefined || homes.has(tensor),
    pools: poolsOf(nodes),
    maxColourBytes: runtime.device.gpu.limits.maxBufferSize,
  });
  const arena = new Arena(runtime, layout, label);
  const resolve = (tensor: Tensor): BufferRange => {
    const { parameter } = tensor;
    if (parameter !== undefined) return parameters.range(parameter.name, parameter.rows, parameter.width);
    return homes.get(tensor) ?? arena.range(tensor);
  };
  try {
    const { settingsWords } = request;
    const program = await buildProgram(runtime, { label, dispatches, capacities, resolve, settingsWords });
    const costs = { dispatches: dispatches.length, activationBytes: arena.bytes };
    const dispose = (): void => {
      arena.dispose();
      runtime.memory.release(program.stepBuffer);
    };
    return { program, dispatches, costs, resolve, poison: () => arena.poison(), dispose };
  } catch (error) {
    arena.dispose();
    throw error;
  }
}

function loweringContext(runtime: Runtime, capacities: RowCounts): LoweringContext {
  let id = -1;
  return {
    capacities,
    software: runtime.device.info.software,
    matmul: runtime.matmul,
    maxBindingBytes: runtime.device.gpu.limits.maxStorageBufferBindingSize,
    temporary: (label: string, rows: Rows, width: number): Tensor => ({ kind: "tensor", id: id--, label, rows, width }),
  };
}

/**
 * Gives every gradient its place in the flat space: written in place where nothing else reads it, copied at the end
 * otherwise.
 */
function placeGradients(
  { gradients, parameters }: CompileRequest,
  lowered: readonly Dispatch[],
  homes: Map<Tensor, BufferRange>,
  context: LoweringContext,
): Dispatch[] {
  const isRead = new Set(lowered.flatMap((dispatch) => tensorsOf(dispatch, "read")));
  const copies: Dispatch[] = [];
  for (const [name, gradient] of gradients) {
    const range = parameters.gradientRange(name);
    const { producer } = gradient;
    if (producer !== undefined && DIRECT.has(producer.op) && !isRead.has(gradient) && !homes.has(gradient)) {
      homes.set(gradient, range);
      continue;
    }
    const target = context.temporary(`gradient of ${name}`, gradient.rows, gradient.width);
    homes.set(target, range);
    copies.push(copyOf(gradient, target, context));
  }
  return copies;
}

function poolsOf(nodes: readonly GraphNode[]): Map<Tensor, string> {
  const pools = new Map<Tensor, string>();
  for (const node of nodes) {
    if (node.op !== "attention" && node.op !== "attentionDelta" && node.op !== "attentionPromptGradient") continue;
    const pool = node.op === "attentionPromptGradient" ? "prompt gradients" : "attention statistics";
    for (const index of POOLED[node.op]) {
      const output = node.outputs[index];
      if (output !== undefined) pools.set(output, pool);
    }
  }
  return pools;
}

/** The buffers behind an arena layout. */
class Arena {
  readonly #runtime: Runtime;
  readonly #layout: ArenaLayout;
  readonly #buffers: readonly GPUBuffer[];

  constructor(runtime: Runtime, layout: ArenaLayout, label: string) {
    const { STORAGE, COPY_SRC, COPY_DST } = BufferUsage;
    this.#runtime = runtime;
    this.#layout = layout;
    this.#buffers = layout.colours.map((bytes, i) =>
      runtime.memory.create(`${label}: arena ${i}`, bytes, STORAGE | COPY_SRC | COPY_DST),
    );
  }

  get bytes(): number {
    return this.#buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  }

  range(tensor: Tensor): BufferRange {
    const place = this.#layout.places.get(tensor);
    const buffer = place && this.#buffers[place.colour];
    if (place === undefined || buffer === undefined) throw new Error(`"${tensor.label}" has no place in the arena.`);
    return { buffer, offset: place.offset, size: place.size };
  }

  poison(): void {
    const { queue } = this.#runtime.device.gpu;
    for (const buffer of this.#buffers)
      queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(0x7fc0_0bad));
  }

  dispose(): void {
    for (const buffer of this.#buffers) this.#runtime.memory.release(buffer);
  }
}
