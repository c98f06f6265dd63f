/** Several adapters answer rows of one batch on one copy of the frozen model: its weights are on the device once. */
import type { EvaluationPlan, Executor, ParameterStore } from "../engine/executor.ts";
import type { ExampleInput } from "../lib/examples/example.ts";
import type { LoadedModel } from "../models/loadModel.ts";
import type { Answer, ReadPart } from "../tasks/task.ts";
import type { Adapter } from "./adapter.ts";
import { evaluationChunk } from "./evaluate.ts";
import { tokenBudget } from "./prepareData.ts";
import {
  groupsOf,
  memberOf,
  outputName,
  shareGraph,
  type Member,
  type OwnedSequence,
  type SharedGraph,
} from "./sharedModel.ts";

/** An input and the number of the adapter that answers it. */
export interface MixedInput {
  readonly adapter: number;
  readonly input: ExampleInput;
}

export interface MixedPredictor {
  /** Numbers of the adapters whose rows share a batch. */
  readonly groups: readonly (readonly number[])[];
  /** One answer per input, in the order of the inputs. */
  predict(inputs: readonly MixedInput[]): Promise<Answer[]>;
  dispose(): void;
}

export interface MixedOptions {
  readonly adapters: readonly Adapter[];
  readonly model: LoadedModel;
  readonly executor: Executor;
}

/** Compiles one plan per group of adapters that fit one batch, on one store. @throws SettingsError when one cannot share. */
export async function createMixedPredictor({ adapters, model, executor }: MixedOptions): Promise<MixedPredictor> {
  const members = adapters.map((adapter, place) => memberOf(adapter, place, model));
  const graphs = groupsOf(members).map((group, index) => shareGraph(group, index, model));
  const shapes = new Map(graphs.flatMap((shared) => shared.shapes.map((shape) => [shape.name, shape])));
  const values = new Map([...model.weights, ...graphs.flatMap((shared) => [...shared.values])]);
  const store = executor.createParameters([...shapes.values()], values);
  const plans = await compile(graphs, store, { adapters, model, executor });
  return {
    groups: graphs.map((shared) => shared.members.map(({ place }) => place)),
    async predict(inputs) {
      const parts = members.map((member) => readOwn(member, inputs, model));
      const logits = members.map((): Float32Array[] => []);
      for (const [index, shared] of graphs.entries()) await runGroup(shared, plans[index], { parts, logits });
      const answers = parts.map(({ answers: read }, place) => read(logits[place] ?? []));
      const next = members.map(() => 0);
      return inputs.map(({ adapter }) => {
        const place = next[adapter] ?? 0;
        next[adapter] = place + 1;
        const answer = answers[adapter]?.[place];
        if (answer === undefined) throw new Error(`There is no adapter ${adapter}.`);
        return answer;
      });
    },
    dispose() {
      for (const plan of plans) plan.dispose();
      store.dispose();
    },
  };
}

async function compile(
  graphs: readonly SharedGraph[],
  store: ParameterStore,
  { adapters, model, executor }: MixedOptions,
): Promise<EvaluationPlan[]> {
  const longest = Math.max(...adapters.map(({ experiment }) => budgetOf(experiment, model)));
  const outcomes = await Promise.allSettled(
    graphs.map(({ graph, capacities }) =>
      executor.compileEvaluation(graph, store, capacities(evaluationChunk, longest)),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed === undefined)
    return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  for (const outcome of outcomes) if (outcome.status === "fulfilled") outcome.value.dispose();
  store.dispose();
  throw failed.reason;
}

function budgetOf(experiment: Adapter["experiment"], { family }: LoadedModel): number {
  return tokenBudget(experiment, family.dimensions.positions);
}

function readOwn({ adapter, place, task }: Member, inputs: readonly MixedInput[], model: LoadedModel): ReadPart {
  const own = inputs.flatMap((each) => (each.adapter === place ? [each.input] : []));
  return task.read(own, { labels: adapter.labels, budget: budgetOf(adapter.experiment, model) });
}

interface Reading {
  readonly parts: readonly ReadPart[];
  /** Filled, per adapter in the order of its sequences. */
  readonly logits: readonly Float32Array[][];
}

/** Runs the sequences of a group's adapters, one of each in turn, so that batches are as mixed as the rows. */
async function runGroup(
  { members, pack }: SharedGraph,
  plan: EvaluationPlan | undefined,
  { parts, logits }: Reading,
): Promise<void> {
  const lists = members.map(({ place }) => parts[place]?.sequences ?? []);
  const rounds = Array.from({ length: Math.max(...lists.map(({ length }) => length)) }, (_, round) => round);
  const owned = rounds.flatMap((round) =>
    lists.flatMap((list, member): OwnedSequence[] => {
      const sequence = list[round];
      return sequence === undefined ? [] : [{ member, sequence }];
    }),
  );
  for (let start = 0; start < owned.length; start += evaluationChunk) {
    const chunk = owned.slice(start, start + evaluationChunk);
    const step = pack(chunk);
    const outputs = await plan?.run(step);
    const offsets = step.indices["needed.offsets"] ?? new Int32Array();
    for (const [at, { member }] of chunk.entries()) {
      const { place = -1, adapter } = members[member] ?? {};
      const values = outputs?.get(outputName(member)) ?? new Float32Array();
      const classes = adapter?.labels.length ?? 0;
      logits[place]?.push(values.slice((offsets[at] ?? 0) * classes, (offsets[at + 1] ?? 0) * classes));
    }
  }
}
