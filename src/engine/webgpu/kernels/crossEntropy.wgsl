// Per row: loss = weight * (log sum exp(logits) - logits[label]); correct = 1 where the first largest logit is the label's.
// With `withGradient` also d logits = weight * (softmax(logits) - onehot(label)), while the logits are at hand.
// `lanes` threads share a row; `groupRows` rows share a workgroup.
//   1 logits [rows, classes]   2 step inputs (labels, weights)   3 loss [rows, 1]   4 correct [rows, 1]
//   5 gradient [rows, classes], or anything
override withGradient: bool;
override lanes: u32;
override groupRows: u32;
struct Sizes { rows: u32, classes: u32, labels: u32, weights: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> inputs: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> correct: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;

const LOWEST = -3.0e38;

// A stretch of classes: its largest logit, where that is first found, and the sum of exp(logit - largest).
struct Stretch { largest: f32, at: u32, sum: f32 }
var<workgroup> stretches: array<Stretch, lanes * groupRows>;

fn join(a: Stretch, b: Stretch) -> Stretch {
  let bWins = b.largest > a.largest || (b.largest == a.largest && b.at < a.at);
  let largest = max(a.largest, b.largest);
  return Stretch(largest, select(a.at, b.at, bWins), a.sum * exp(a.largest - largest) + b.sum * exp(b.largest - largest));
}

fn joinLanes(value: Stretch, local: vec2u) -> Stretch {
  if (lanes == 1u) { return value; }
  let base = local.y * lanes;
  stretches[base + local.x] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.x < half) { stretches[base + local.x] = join(stretches[base + local.x], stretches[base + local.x + half]); }
  }
  workgroupBarrier();
  return stretches[base];
}

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
    let value = logits[first + c];
    if (value > mine.largest) {
      mine = Stretch(value, c, mine.sum * exp(mine.largest - value) + 1.0);
    } else {
      mine.sum += exp(value - mine.largest);
    }
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
