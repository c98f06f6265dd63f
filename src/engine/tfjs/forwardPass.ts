/** The state of one run over the forward nodes of a graph: what is computed so far, and the step's inputs. */
import { transpose, type Tensor as Computed } from "@tensorflow/tfjs-core";
import type { StepValues } from "../executor.ts";
import {
  countRows,
  type IndexInput,
  type Parameter,
  type Rows,
  type Tensor,
  type ValueInput,
} from "../graph/tensor.ts";
import type { TfjsParameters } from "./parameters.ts";

export class ForwardPass {
  readonly #parameters: TfjsParameters;
  readonly #inputs: StepValues;
  readonly #trained: ReadonlySet<Tensor>;
  readonly #computed = new Map<Tensor, Computed>();

  /** `trained` are the tensors whose gradient is wanted; empty in an evaluation. */
  constructor(parameters: TfjsParameters, inputs: StepValues, trained: ReadonlySet<Tensor>) {
    this.#parameters = parameters;
    this.#inputs = inputs;
    this.#trained = trained;
  }

  /** A parameter or something computed before. */
  tensor(tensor: Tensor): Computed {
    const { parameter } = tensor;
    if (parameter !== undefined) return this.#parameters.tensor(parameter);
    const computed = this.#computed.get(tensor);
    if (computed === undefined) throw new Error(`"${tensor.label}" is read before it is computed.`);
    return computed;
  }

  /** The transpose of a tensor; that of a frozen parameter or of a stack of them is made once and lasts. */
  transposed(tensor: Tensor): Computed {
    const parameters = parametersOf(tensor);
    const lasting = parameters === undefined ? undefined : this.#parameters.lastingTranspose(parameters);
    return lasting ?? transpose(this.tensor(tensor));
  }

  /** A stack of frozen parameters, put together once; undefined when some are trained. */
  lastingStack(tensor: Tensor): Computed | undefined {
    return this.#parameters.lastingStack(parametersOf(tensor) ?? []);
  }

  /** Keeps what a node computed. */
  set(tensor: Tensor, computed: Computed): void {
    this.#computed.set(tensor, computed);
  }

  /** Whether a trained parameter needs the gradient of this tensor. */
  needs(tensor: Tensor | undefined): boolean {
    return tensor !== undefined && this.#trained.has(tensor);
  }

  rows(rows: Rows): number {
    return countRows(rows, this.#inputs.counts);
  }

  index(input: IndexInput): Int32Array {
    return given(this.#inputs.indices, input.name);
  }

  values(input: ValueInput): Float32Array {
    return given(this.#inputs.values, input.name);
  }
}

/** The parameter itself, or those it is a stack of; undefined for anything computed. */
function parametersOf({ parameter, producer }: Tensor): Parameter[] | undefined {
  if (parameter !== undefined) return [parameter];
  if (producer?.op !== "stack") return undefined;
  return producer.inputs.parts.flatMap((part) => part.parameter ?? []);
}

function given<Values>(inputs: Readonly<Record<string, Values>>, name: string): Values {
  const values = inputs[name];
  if (values === undefined) throw new Error(`The step input "${name}" is missing.`);
  return values;
}
