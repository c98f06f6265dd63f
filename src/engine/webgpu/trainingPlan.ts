/** One training step as a program: forward, backward, norm, statistics and update, with nothing allocated per step. */
import type { PlanCosts, StepStatistics, StepValues, TrainingPlan, UpdateSettings } from "../executor.ts";
import { pruneNodes, trainedParameters, type Graph, type Objective } from "../graph/graph.ts";
import type { RowCounts } from "../graph/tensor.ts";
import { compileGraph, type CompiledGraph } from "./compile.ts";
import type { BufferRange } from "./dispatch.ts";
import { DeviceGoneError } from "./errors.ts";
import { Optimizer, RING_FLOATS, RING_SLOTS } from "./optimizer.ts";
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
  /** Steps enqueued, and steps whose statistics were handed out. */
  #steps = 0;
  #reported = 0;
  #disposed = false;

  constructor(
    runtime: Runtime,
    graph: Graph,
    parameters: WebGpuParameters,
    compiled: CompiledGraph,
    optimizer: Optimizer,
  ) {
    this.#runtime = runtime;
    this.#graph = graph;
    this.#parameters = parameters;
    this.#compiled = compiled;
    this.#optimizer = optimizer;
    this.#submitter = new Submitter(runtime, compiled.program, compiled.dispatches, "training step");
    this.costs = compiled.costs;
  }

  step(inputs: StepValues, settings: UpdateSettings): void {
    this.#assertUsable();
    if (this.#steps - this.#reported >= RING_SLOTS) {
      throw new Error(`${RING_SLOTS} steps were made without reading their statistics. Call statistics() more often.`);
    }
    const { program, poison } = this.#compiled;
    program.pack(inputs);
    const step = { settings, update: this.#parameters.updates + 1, ringSlot: this.#steps % RING_SLOTS };
    this.#optimizer.pack(program.words, program.floats, program.settings, step);
    if (this.#runtime.poison) poison();
    this.#submitter.run();
    this.#steps++;
    this.#parameters.updates++;
  }

  pace(inFlight: number): Promise<void> {
    this.#assertUsable();
    return this.#submitter.pace(inFlight);
  }

  async statistics(): Promise<StepStatistics[]> {
    this.#assertUsable();
    const ranges = ringRanges(this.#optimizer.ring, this.#reported, this.#steps);
    this.#reported = this.#steps;
    if (ranges.length === 0) return [];
    const values = await readRanges(this.#runtime, ranges);
    return values.flatMap(readSlots);
  }

  readGradients(): Promise<Map<string, Float32Array>> {
    this.#assertUsable();
    return this.#parameters.readGradients(this.#graph.gradients.keys());
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
): Promise<WebGpuTrainingPlan> {
  const { objective, gradients } = graph;
  if (objective === undefined) throw new Error("Training needs a graph with an objective; this one has none.");
  const nodes = pruneNodes(graph.nodes, [objective.loss, objective.correct, ...gradients.values()]);
  const trained = trainedParameters(graph).filter((tensor) => gradients.has(tensor.label));
  const optimizer = new Optimizer(runtime, parameters, trained, assertObjective(objective));
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
    return new WebGpuTrainingPlan(runtime, graph, parameters, compiled, optimizer);
  } catch (error) {
    optimizer.dispose();
    throw error;
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
