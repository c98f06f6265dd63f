// Per sequence s and column c, target = s * classes + c: the softmax runs down the sequence's rows.
// loss = weight * (log sum exp - logits[first row + label]); correct = 1 where the first largest logit is the label's.
//   1 logits [rows, classes]   2 step inputs (offsets, labels, weights)   3 loss   4 correct   5 log-sum-exp, all [targets, 1]
struct Sizes { targets: u32, classes: u32, offsets: u32, labels: u32, weights: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> inputs: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> correct: array<f32>;
@group(0) @binding(5) var<storage, read_write> logSumExp: array<f32>;

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
    mine = lengthen(mine, logits[(first + row) * sizes.classes + column], row);
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
