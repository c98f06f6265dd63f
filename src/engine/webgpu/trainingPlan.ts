/** One training step as a program: forward, backward, norm, statistics and update, with nothing allocated per step. */
import type {
  PlanCosts,
  StepStatistics,
  StepTiming,
  StepValues,
  TrainingPlan,
  TrainingPlanOptions,
  UpdateSettings,
} from "../executor.ts";
import { pruneNodes, trainedParameters, type Graph, type Objective } from "../graph/graph.ts";
import type { RowCounts } from "../graph/tensor.ts";
import { compileGraph, type CompiledGraph } from "./compile.ts";
import type { BufferRange } from "./dispatch.ts";
import { DeviceGoneError } from "./errors.ts";
import { Optimizer, RING_FLOATS, RING_SLOTS, type UpdateStep } from "./optimizer.ts";
import type { WebGpuParameters } from "./parameters.ts";
import { readRanges } from "./readback.ts";
import type { Runtime } from "./runtime.ts";
import { Submitter } from "./submitter.ts";

export class WebGpuTrainingPlan implements TrainingPlan {
  readonly costs: PlanCosts;
  readonly #runtime: Runtime;
  readonly #graph: Graph;
  readonly #parameters: WebGpuParameters;
  readonly #compiled: CompiledGraph;
  readonly #optimizer: Optimizer;
  readonly #submitter: Submitter;
  readonly #accumulates: boolean;
  /** Steps enqueued, and steps whose statistics were handed out. */
  #steps = 0;
  #reported = 0;
  #encodeSeconds = 0;
  #waitSeconds = 0;
  #disposed = false;

  constructor(
    runtime: Runtime,
    graph: Graph,
    parameters: WebGpuParameters,
    { compiled, optimizer, accumulates }: { compiled: CompiledGraph; optimizer: Optimizer; accumulates: boolean },
  ) {
    this.#runtime = runtime;
    this.#graph = graph;
    this.#parameters = parameters;
    this.#compiled = compiled;
    this.#optimizer = optimizer;
    this.#accumulates = accumulates;
    this.#submitter = new Submitter(runtime, compiled.program, compiled.dispatches, "training step");
    this.costs = compiled.costs;
  }

  step(inputs: StepValues | readonly StepValues[], settings: UpdateSettings): void {
    this.#assertUsable();
    const started = performance.now();
    const batches = "counts" in inputs ? [inputs] : inputs;
    assertBatches(batches.length, this.#accumulates);
    if (this.#steps - this.#reported >= RING_SLOTS) {
      throw new Error(`${RING_SLOTS} steps were made without reading their statistics. Call statistics() more often.`);
    }
    const step = { settings, update: this.#parameters.updates + 1, ringSlot: this.#steps % RING_SLOTS };
    for (const [place, batch] of batches.entries()) {
      const isLast = place === batches.length - 1;
      this.#run(batch, { ...step, isFirst: place === 0, isLast });
    }
    this.#steps++;
    this.#parameters.updates++;
    this.#encodeSeconds += (performance.now() - started) / 1000;
  }

  #run(batch: StepValues, step: UpdateStep): void {
    const { program, poison } = this.#compiled;
    program.pack(batch);
    this.#optimizer.pack(program.words, program.floats, program.settings, step);
    if (this.#runtime.poison) poison();
    this.#submitter.run(undefined, step.isLast ? program.length : program.length - this.#optimizer.updates);
  }

  pace(inFlight: number): Promise<void> {
    this.#assertUsable();
    return this.#waiting(this.#submitter.pace(inFlight));
  }

  async statistics(): Promise<StepStatistics[]> {
    this.#assertUsable();
    const ranges = ringRanges(this.#optimizer.ring, this.#reported, this.#steps);
    this.#reported = this.#steps;
    if (ranges.length === 0) return [];
    const values = await this.#waiting(readRanges(this.#runtime, ranges));
    return values.flatMap(readSlots);
  }

  readGradients(): Promise<Map<string, Float32Array>> {
    this.#assertUsable();
    return this.#parameters.readGradients(this.#graph.gradients.keys());
  }

  timing(): StepTiming {
    return { ...this.#submitter.counts, encodeSeconds: this.#encodeSeconds, waitSeconds: this.#waitSeconds };
  }

  async #waiting<Result>(device: Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      return await device;
    } finally {
      this.#waitSeconds += (performance.now() - started) / 1000;
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#compiled.dispose();
    this.#optimizer.dispose();
  }

  #assertUsable(): void {
    if (this.#disposed) throw new DeviceGoneError("This training plan was disposed.");
    this.#parameters.assertUsable();
  }
}

/** Compiles forward, backward and update of a graph with an objective. */
export async function compileTraining(
  runtime: Runtime,
  graph: Graph,
  parameters: WebGpuParameters,
  capacities: RowCounts,
  { accumulate = false }: TrainingPlanOptions = {},
): Promise<WebGpuTrainingPlan> {
  const { objective, gradients, discarded } = graph;
  if (objective === undefined) throw new Error("Training needs a graph with an objective; this one has none.");
  const nodes = pruneNodes(graph.nodes, [objective.loss, objective.correct, ...gradients.values(), ...discarded]);
  const trained = trainedParameters(graph).filter((tensor) => gradients.has(tensor.label));
  const ends = { objective: assertObjective(objective), accumulate };
  const optimizer = runtime.memory.together(() => new Optimizer(runtime, parameters, trained, ends));
  try {
    const compiled = await compileGraph(runtime, {
      label: "training",
      nodes,
      parameters,
      capacities,
      kept: new Set(),
      gradients,
      tail: optimizer.dispatches,
      settingsWords: optimizer.settingsWords,
    });
    return new WebGpuTrainingPlan(runtime, graph, parameters, { compiled, optimizer, accumulates: accumulate });
  } catch (error) {
    optimizer.dispose();
    throw error;
  }
}

function assertBatches(count: number, accumulates: boolean): void {
  if (count === 0) throw new Error("A step needs inputs, got none.");
  if (count > 1 && !accumulates) {
    throw new Error(`The step has ${count} micro-batches; compile the plan with "accumulate" for that.`);
  }
}

function assertObjective(objective: Objective): Objective {
  for (const tensor of [objective.loss, objective.correct]) {
    if (tensor.width !== 1)
      throw new Error(`The objective's "${tensor.label}" must have one value per row, got ${tensor.width}.`);
  }
  return objective;
}

/** The ring's slots of steps `from` to `to`: one stretch, or two where it wraps around. */
function ringRanges(ring: GPUBuffer, from: number, to: number): BufferRange[] {
  const slotBytes = RING_FLOATS * 4;
  const start = from % RING_SLOTS;
  const first = Math.min(to - from, RING_SLOTS - start);
  const stretches = [
    { buffer: ring, offset: start * slotBytes, size: first * slotBytes },
    { buffer: ring, offset: 0, size: (to - from - first) * slotBytes },
  ];
  return stretches.filter(({ size }) => size > 0);
}

function readSlots(values: Float32Array): StepStatistics[] {
  return Array.from({ length: values.length / RING_FLOATS }, (_, i) => {
    const [loss = 0, correct = 0, gradientNorm = 0, skipped = 0] = values.subarray(
      i * RING_FLOATS,
      (i + 1) * RING_FLOATS,
    );
    return { loss, correct, gradientNorm, skipped: skipped !== 0 };
  });
}
