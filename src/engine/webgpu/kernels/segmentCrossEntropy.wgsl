// Per sequence s and column c, target = s * classes + c: the softmax runs down the sequence's rows.
// loss = weight * (log sum exp - logits[first row + label]); correct = 1 where the first largest logit is the label's.
// `lanes` threads share a target and reduce in a fixed tree; `groupRows` targets share a workgroup.
//   1 logits [rows, classes]   2 step inputs (offsets, labels, weights)   3 loss   4 correct   5 log-sum-exp, all [targets, 1]
override lanes: u32;
override groupRows: u32;
struct Sizes { targets: u32, classes: u32, offsets: u32, labels: u32, weights: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> inputs: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> correct: array<f32>;
@group(0) @binding(5) var<storage, read_write> logSumExp: array<f32>;

const LOWEST = -3.0e38;

// A stretch of rows: its largest logit, the first row that has it, and the sum of exp(logit - largest).
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
  let slot = (group.x + group.y * groups.x) * groupRows + local.y;
  let inside = slot < sizes.targets;
  let place = select(0u, slot, inside);
  let sequence = place / sizes.classes;
  let column = place % sizes.classes;
  let first = u32(inputs[sizes.offsets + sequence]);
  let rows = select(0u, u32(inputs[sizes.offsets + sequence + 1u]) - first, inside);
  var mine = Stretch(LOWEST, 0xffffffffu, 0.0);
  for (var row = local.x; row < rows; row += lanes) {
    let value = logits[(first + row) * sizes.classes + column];
    if (value > mine.largest) {
      mine = Stretch(value, row, mine.sum * exp(mine.largest - value) + 1.0);
    } else {
      mine.sum += exp(value - mine.largest);
    }
  }
  let all = joinLanes(mine, local.xy);
  if (!inside || local.x != 0u) { return; }
  let label = u32(inputs[sizes.labels + place]);
  let weight = bitcast<f32>(inputs[sizes.weights + place]);
  let total = all.largest + log(all.sum);
  // A sequence without rows has no logits; its weight is 0 and its sum is never read.
  let counts = weight != 0.0 && rows > 0u;
  let chosen = logits[select(0u, (first + label) * sizes.classes + column, counts)];
  loss[place] = select(0.0, weight * (total - chosen), counts);
  correct[place] = select(0.0, 1.0, counts && all.at == label);
  logSumExp[place] = total;
}
