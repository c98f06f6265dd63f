// Per row: loss = weight * (log sum exp(logits) - logits[label]); correct = 1 where the first largest logit is the label's.
// With `withGradient` also d logits = weight * (softmax(logits) - onehot(label)), while the logits are at hand.
//   1 logits [rows, classes]   2 step inputs (labels, weights)   3 loss [rows, 1]   4 correct [rows, 1]
//   5 gradient [rows, classes], or anything
override withGradient: bool;
struct Sizes { rows: u32, classes: u32, labels: u32, weights: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> inputs: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> correct: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(lanes, groupRows)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = (group.x + group.y * groups.x) * groupRows + local.y;
  let inside = row < sizes.rows;
  let first = row * sizes.classes;
  let classes = select(0u, sizes.classes, inside);
  var mine = Stretch(LOWEST, 0xffffffffu, 0.0);
  for (var c = local.x; c < classes; c += lanes) {
    mine = lengthen(mine, logits[first + c], c);
  }
  let all = joinLanes(mine, local.xy);
  if (!inside) { return; }
  let label = u32(inputs[sizes.labels + row]);
  let weight = bitcast<f32>(inputs[sizes.weights + row]);
  if (withGradient) {
    for (var c = local.x; c < classes; c += lanes) {
      let probability = exp(logits[first + c] - all.largest) / all.sum;
      gradient[first + c] = weight * (probability - select(0.0, 1.0, c == label));
    }
  }
  if (local.x != 0u) { return; }
  loss[row] = select(weight * (all.largest + log(all.sum) - logits[first + label]), 0.0, weight == 0.0);
  correct[row] = select(0.0, 1.0, all.at == label && weight != 0.0);
}
