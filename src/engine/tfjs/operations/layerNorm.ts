/** Layer normalisation over each row, with its gradient in closed form: a third of the operations autodiff would make. */
import { add, mean, mul, rsqrt, square, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import type { LayerNormNode } from "../../graph/operations/layerNorm.ts";
import { savedAt, withGradient } from "../customGradient.ts";
import type { ForwardPass } from "../forwardPass.ts";

/** [R, N]; the row statistics are the business of the derived backward pass and are not kept. */
export function layerNorm({ inputs, attributes }: LayerNormNode, pass: ForwardPass): Tensor[] {
  const operands = [inputs.x, inputs.gain, inputs.bias];
  const wanted = operands.map((operand) => pass.needs(operand));
  const [x, gain, bias] = [pass.tensor(inputs.x), pass.tensor(inputs.gain), pass.tensor(inputs.bias)];
  const y = withGradient(
    [x, gain, bias].filter((_, place) => wanted[place]),
    () => {
      const centred = sub(x, mean(x, -1, true));
      const inverse = rsqrt(add(mean(square(centred), -1, true), attributes.epsilon));
      const normal = mul(centred, inverse);
      return {
        value: add(mul(normal, gain), bias),
        saved: [normal, inverse, gain],
        gradients: (dy, saved) => wantedGradients(dy, saved, wanted),
      };
    },
  );
  return [y];
}

function wantedGradients(dy: Tensor, saved: readonly Tensor[], wanted: readonly boolean[]): Tensor[] {
  const normal = savedAt(saved, 0);
  const rules = [() => inputGradient(dy, saved), () => sum(mul(dy, normal), 0, true), () => sum(dy, 0, true)];
  return rules.filter((_, place) => wanted[place]).map((rule) => rule());
}

/** With g = dY ∘ gain: (g − mean g − x̂·mean(g ∘ x̂)) / deviation. */
function inputGradient(dy: Tensor, saved: readonly Tensor[]): Tensor {
  const [normal, inverse, gain] = [savedAt(saved, 0), savedAt(saved, 1), savedAt(saved, 2)];
  const scaled = mul(dy, gain);
  const along = mul(normal, mean(mul(scaled, normal), -1, true));
  return mul(sub(sub(scaled, mean(scaled, -1, true)), along), inverse);
}
