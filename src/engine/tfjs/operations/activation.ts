/** Elementwise non-linearities. The exact GELU keeps Φ(x) for its gradient Φ(x) + x·φ(x); the others leave it to autodiff. */
import { add, clipByValue, erf, exp, mul, relu, square, tanh, type Tensor } from "@tensorflow/tfjs-core";
import type { ActivationKind, ActivationNode } from "../../graph/operations/activation.ts";
import { savedAt, withGradient } from "../customGradient.ts";
import type { ForwardPass } from "../forwardPass.ts";

/** Arguments of tanh beyond this are indistinguishable from it in f32. */
const TANH_LIMIT = 15;

/** [R, N] */
export function activation({ inputs, attributes }: ActivationNode, pass: ForwardPass): Tensor[] {
  return [activate(attributes.activation, pass.tensor(inputs.x), pass.needs(inputs.x))];
}

function activate(kind: ActivationKind, x: Tensor, needed: boolean): Tensor {
  switch (kind) {
    case "gelu":
      return gelu(x, needed);
    case "gelu-tanh":
      return geluTanh(x);
    case "tanh":
      return boundedTanh(x);
    case "relu":
      return relu(x);
    default:
      return kind satisfies never;
  }
}

/** x·Φ(x) (Hendrycks & Gimpel 2016). */
function gelu(x: Tensor, needed: boolean): Tensor {
  return withGradient(needed ? [x] : [], () => {
    const cumulative = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    return { value: mul(x, cumulative), saved: [x, cumulative], gradients: (dy, saved) => [mul(dy, geluSlope(saved))] };
  });
}

function geluSlope(saved: readonly Tensor[]): Tensor {
  const [x, cumulative] = [savedAt(saved, 0), savedAt(saved, 1)];
  const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(cumulative, mul(x, density));
}

/** 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the form of GPT-2. */
function geluTanh(x: Tensor): Tensor {
  const inner = mul(mul(x, add(mul(square(x), 0.044715), 1)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, 0.5), add(boundedTanh(inner), 1));
}

function boundedTanh(x: Tensor): Tensor {
  return tanh(clipByValue(x, -TANH_LIMIT, TANH_LIMIT));
}
