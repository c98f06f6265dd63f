/** Counts the bytes of tensors that outlive a step. */
import type { Tensor } from "@tensorflow/tfjs-core";

export class Ledger {
  bytes = 0;

  /** Counts a tensor as held and gives it back. */
  hold(tensor: Tensor): Tensor {
    this.bytes += tensor.size * Float32Array.BYTES_PER_ELEMENT;
    return tensor;
  }

  /** Frees a tensor that was held. */
  release(tensor: Tensor): void {
    this.bytes -= tensor.size * Float32Array.BYTES_PER_ELEMENT;
    tensor.dispose();
  }
}
