/** Counts the bytes of tensors that outlive a step, frozen and trained ones apart. */
import type { Tensor } from "@tensorflow/tfjs-core";

export class Ledger {
  weights = 0;
  trained = 0;
  readonly #purposes = new WeakMap<Tensor, "weights" | "trained">();

  get bytes(): number {
    return this.weights + this.trained;
  }

  /** Counts a tensor as held and gives it back. */
  hold(tensor: Tensor, purpose: "weights" | "trained" = "weights"): Tensor {
    this[purpose] += tensor.size * Float32Array.BYTES_PER_ELEMENT;
    this.#purposes.set(tensor, purpose);
    return tensor;
  }

  /** Frees a tensor that was held. */
  release(tensor: Tensor): void {
    this[this.#purposes.get(tensor) ?? "weights"] -= tensor.size * Float32Array.BYTES_PER_ELEMENT;
    tensor.dispose();
  }
}
