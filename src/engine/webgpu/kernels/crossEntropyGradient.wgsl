// d logits = weight * (softmax(logits) - onehot(label)) per row.
// `lanes` threads share a row and reduce in a fixed tree; `groupRows` rows share a workgroup.
//   1 logits [rows, classes]   2 step inputs (labels, weights)   3 gradient [rows, classes]
override lanes: u32;
override groupRows: u32;
struct Sizes { rows: u32, classes: u32, labels: u32, weights: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> inputs: array<i32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;

const LOWEST = -3.0e38;

// (largest logit, sum of exp(logit - largest)) of a stretch of classes.
var<workgroup> stretches: array<vec2f, lanes * groupRows>;

fn join(a: vec2f, b: vec2f) -> vec2f {
  let largest = max(a.x, b.x);
  return vec2f(largest, a.y * exp(a.x - largest) + b.y * exp(b.x - largest));
}

fn joinLanes(value: vec2f, local: vec2u) -> vec2f {
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
  var mine = vec2f(LOWEST, 0.0);
  for (var c = local.x; c < classes; c += lanes) { mine = join(mine, vec2f(logits[first + c], 1.0)); }
  let all = joinLanes(mine, local.xy);
  let safeRow = select(0u, row, inside);
  let label = u32(inputs[sizes.labels + safeRow]);
  let weight = bitcast<f32>(inputs[sizes.weights + safeRow]);
  for (var c = local.x; c < classes; c += lanes) {
    let probability = exp(logits[first + c] - all.x) / all.y;
    gradient[first + c] = weight * (probability - select(0.0, 1.0, c == label));
  }
}
