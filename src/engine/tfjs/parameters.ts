/**
 * Weights as tensors. Trained values and their moments live in host arrays, which the update changes, and a tensor copy is
 * made for the next step. Everything is kept in f32: a mark for half precision (`ParameterShape.half`) changes nothing here.
 */
import { concat, keep, slice, tensor2d, tidy, transpose, type Tensor } from "@tensorflow/tfjs-core";
import { checkRows, type ParameterShape, type ParameterStore, type TrainedState } from "../executor.ts";
import type { Graph } from "../graph/graph.ts";
import type { Parameter } from "../graph/tensor.ts";
import type { TrainedArrays } from "./adamw.ts";
import { isHostBackend, viewValues } from "./hostValues.ts";
import type { Ledger } from "./ledger.ts";

interface Held {
  readonly shape: ParameterShape;
  readonly trained: TrainedArrays | undefined;
  tensor: Tensor;
}

export class TfjsParameters implements ParameterStore {
  readonly shapes: readonly ParameterShape[];
  /** Updates made so far, for the bias correction; a skipped update counts. */
  updates = 0;
  readonly #held = new Map<string, Held>();
  /** Stacks and transposes of frozen parameters, by what they are. */
  readonly #lasting = new Map<string, Tensor>();
  readonly #ledger: Ledger;
  readonly #activate: () => void;
  #disposed = false;

  /** `activate` makes the executor's backend the current one. */
  constructor(
    shapes: readonly ParameterShape[],
    values: ReadonlyMap<string, Float32Array>,
    ledger: Ledger,
    activate: () => void,
  ) {
    for (const shape of shapes) checkLength("value", shape, values.get(shape.name));
    this.shapes = shapes;
    this.#ledger = ledger;
    this.#activate = activate;
    activate();
    for (const shape of shapes) this.#hold(shape, expected(values, shape.name));
  }

  /** The current value. @throws when the store has no such parameter or it has another shape. */
  tensor(parameter: Parameter): Tensor {
    return this.#find(parameter).tensor;
  }

  /** @throws when a parameter of the graph is unknown, has another shape, or is trained while the store holds it as frozen. */
  check(graph: Graph): void {
    for (const { parameter } of graph.parameters) {
      if (parameter === undefined) continue;
      this.#find(parameter);
      if (graph.gradients.has(parameter.name)) this.trainedArrays(parameter);
    }
  }

  /** Frozen parameters one after the other, put together once; undefined when one of them is trained or there is none. */
  lastingStack(parameters: readonly Parameter[]): Tensor | undefined {
    const held = parameters.map((parameter) => this.#find(parameter));
    if (held.length === 0 || held.some(({ trained }) => trained !== undefined)) return undefined;
    const [only] = held;
    if (held.length === 1 && only !== undefined) return only.tensor;
    const axis = parameters.every(({ rows }) => rows === 1) ? 1 : 0;
    const tensors = held.map(({ tensor }) => tensor);
    return this.#once(`stack of ${namesOf(parameters)}`, () => concat(tensors, axis));
  }

  /** Transpose of a frozen parameter, or of a stack of them, made once; undefined when one is trained. */
  lastingTranspose(parameters: readonly Parameter[]): Tensor | undefined {
    const stacked = this.lastingStack(parameters);
    return stacked === undefined
      ? undefined
      : this.#once(`transpose of ${namesOf(parameters)}`, () => transpose(stacked));
  }

  /** A tensor that lasts as long as the store. */
  #once(name: string, make: () => Tensor): Tensor {
    const known = this.#lasting.get(name);
    if (known !== undefined) return known;
    const made = this.#ledger.hold(keep(make()));
    this.#lasting.set(name, made);
    return made;
  }

  /** Arrays of a trained parameter, which an update changes in place. @throws when it is frozen or unknown. */
  trainedArrays(parameter: Parameter): TrainedArrays {
    const { trained } = this.#find(parameter);
    if (trained !== undefined) return trained;
    throw new Error(
      `The graph trains "${parameter.name}", but the store holds it as frozen. Give its shape an optimizer group.`,
    );
  }

  /** Makes tensors of the trained values as they are now. */
  refresh(): void {
    this.#activate();
    for (const held of this.#held.values()) {
      if (held.trained === undefined) continue;
      this.#ledger.release(held.tensor);
      held.tensor = this.#ledger.hold(matrix(held.shape, held.trained.values), "trained");
    }
  }

  readTrained(): Promise<Map<string, Float32Array>> {
    return Promise.resolve(this.#copyTrained("values"));
  }

  readState(): Promise<TrainedState> {
    return Promise.resolve({
      values: this.#copyTrained("values"),
      firstMoments: this.#copyTrained("firstMoments"),
      secondMoments: this.#copyTrained("secondMoments"),
      updates: this.updates,
    });
  }

  writeState(state: Pick<TrainedState, "values"> & Partial<TrainedState>): void {
    const parts = ["values", "firstMoments", "secondMoments"] as const;
    for (const part of parts) if (state[part] !== undefined) this.#checkNames(part, state[part]);
    for (const { shape, trained } of this.#held.values()) {
      if (trained === undefined) continue;
      for (const part of parts) if (state[part] !== undefined) trained[part].set(expected(state[part], shape.name));
    }
    this.updates = state.updates ?? this.updates;
    this.refresh();
  }

  writeRows(name: string, firstRow: number, values: Float32Array): void {
    this.#activate();
    const held = this.#held.get(name);
    if (held === undefined || held.trained !== undefined)
      throw new Error(`"${name}" is no frozen parameter of this store.`);
    const { rows, width } = held.shape;
    checkRows(held.shape, firstRow, values);
    if (isHostBackend()) {
      viewValues(held.tensor).set(values, firstRow * width);
      return;
    }
    const end = firstRow + values.length / width;
    const replaced = tidy(() => {
      const above = slice(held.tensor, [0, 0], [firstRow, width]);
      const below = slice(held.tensor, [end, 0], [rows - end, width]);
      return keep(concat([above, tensor2d(values, [end - firstRow, width]), below], 0));
    });
    this.#ledger.release(held.tensor);
    held.tensor = this.#ledger.hold(replaced);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { tensor } of this.#held.values()) this.#ledger.release(tensor);
    for (const tensor of this.#lasting.values()) this.#ledger.release(tensor);
    this.#held.clear();
    this.#lasting.clear();
  }

  #hold(shape: ParameterShape, values: Float32Array): void {
    const trained = shape.group === undefined ? undefined : startTraining(values);
    const tensor = this.#ledger.hold(matrix(shape, values), trained === undefined ? "weights" : "trained");
    this.#held.set(shape.name, { shape, trained, tensor });
  }

  #find({ name, rows, width }: Parameter): Held {
    if (this.#disposed) throw new Error("These parameters were disposed.");
    const held = this.#held.get(name);
    if (held === undefined)
      throw new Error(`The graph uses a parameter "${name}" that the parameter store does not have.`);
    const { shape } = held;
    if (shape.rows === rows && shape.width === width) return held;
    throw new Error(
      `The graph uses "${name}" as [${rows}, ${width}]; the store holds [${shape.rows}, ${shape.width}].`,
    );
  }

  #copyTrained(part: keyof TrainedArrays): Map<string, Float32Array> {
    const copies = new Map<string, Float32Array>();
    for (const [name, { trained }] of this.#held) if (trained !== undefined) copies.set(name, trained[part].slice());
    return copies;
  }

  #checkNames(part: string, given: ReadonlyMap<string, Float32Array>): void {
    for (const { shape, trained } of this.#held.values()) {
      if (trained !== undefined) checkLength(part, shape, given.get(shape.name));
    }
    for (const name of given.keys()) {
      if (this.#held.get(name)?.trained === undefined) {
        throw new Error(`The state has ${part} for "${name}", which is not a trained parameter of this store.`);
      }
    }
  }
}

function namesOf(parameters: readonly Parameter[]): string {
  return parameters.map(({ name }) => name).join(", ");
}

function startTraining(values: Float32Array): TrainedArrays {
  return {
    values: values.slice(),
    firstMoments: new Float32Array(values.length),
    secondMoments: new Float32Array(values.length),
  };
}

/** Copies, because the cpu backend works on the array it is given. */
function matrix({ rows, width }: ParameterShape, values: Float32Array): Tensor {
  return tensor2d(values.slice(), [rows, width]);
}

function checkLength(part: string, { name, rows, width }: ParameterShape, values: Float32Array | undefined): void {
  if (values === undefined) throw new Error(`The ${part} of "${name}" is missing; expected [${rows}, ${width}].`);
  if (values.length !== rows * width) {
    throw new Error(
      `The ${part} of "${name}" has ${values.length} numbers; expected [${rows}, ${width}] = ${rows * width}.`,
    );
  }
}

function expected(values: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const found = values.get(name);
  if (found === undefined) throw new Error(`"${name}" is missing.`);
  return found;
}
