/**
 * From a graph's nodes to a program: nodes become dispatches, gradients get their places in the flat space, everything
 * else a place in the arena, and the whole is bound.
 */
import type { PlanCosts } from "../executor.ts";
import { requireUnpacking } from "../graph/halfWeights.ts";
import type { GraphNode } from "../graph/operations/index.ts";
import type { RowCounts, Rows, Tensor } from "../graph/tensor.ts";
import { layoutArena, type ArenaLayout } from "./arena.ts";
import { BufferUsage } from "./constants.ts";
import type { BufferRange, Dispatch } from "./dispatch.ts";
import { fuse } from "./fuse.ts";
import { OutsideArena } from "./outsideArena.ts";
import { notingPlanner } from "./matmul/planner.ts";
import { lowerStep } from "./operations/index.ts";
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

export async function compileGraph(runtime: Runtime, request: CompileRequest): Promise<CompiledGraph> {
  const { label, nodes, parameters, capacities, kept } = request;
  const products = new Map<string, string>();
  const context = loweringContext(runtime, request, products);
  const outside = new OutsideArena(request);
  const computed = nodes.filter((node) => !outside.isView(node));
  requireUnpacking(computed, (tensor) => parameters.isHalf(tensor));
  const steps = fuse(computed, new Set([...kept, ...request.gradients.values()]), runtime.fusions);
  const lowered = steps.flatMap((step) => lowerStep(step, context));
  const copies = outside.placeGradients(lowered, context.temporary);
  const dispatches = [...lowered, ...copies, ...request.tail];
  const layout = layoutArena({
    dispatches,
    capacities,
    kept,
    external: (tensor) => tensor.parameter !== undefined || outside.get(tensor) !== undefined,
    maxColourBytes: runtime.device.gpu.limits.maxBufferSize,
  });
  const arena = runtime.memory.together(() => new Arena(runtime, layout, label));
  const resolve = (tensor: Tensor): BufferRange => {
    const { parameter } = tensor;
    if (parameter !== undefined) return parameters.range(parameter.name, parameter.rows, parameter.width);
    return outside.get(tensor) ?? arena.range(tensor);
  };
  try {
    await runtime.memory.checkRoom();
    const { settingsWords } = request;
    const program = await buildProgram(runtime, { label, dispatches, capacities, resolve, settingsWords });
    const costs = {
      dispatches: dispatches.length,
      activationBytes: arena.bytes,
      products: Object.fromEntries(products),
    };
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

/** What lowering may look at; `products` notes which kernel each product got. */
export function loweringContext(
  runtime: Runtime,
  { capacities, parameters }: { capacities: RowCounts; parameters: Pick<WebGpuParameters, "isHalf"> },
  products: Map<string, string>,
): LoweringContext {
  let id = -1;
  return {
    capacities,
    software: runtime.device.info.software,
    matmul: notingPlanner(runtime.matmul, products),
    attention: runtime.attention,
    isHalf: (tensor: Tensor): boolean => parameters.isHalf(tensor),
    maxBindingBytes: runtime.device.bindingBytes,
    temporary: (label: string, rows: Rows, width: number): Tensor => ({ kind: "tensor", id: id--, label, rows, width }),
  };
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
      runtime.memory.create(`${label}: arena ${i}`, bytes, STORAGE | COPY_SRC | COPY_DST, "activations"),
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
