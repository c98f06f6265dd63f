// y = (x - mean) / sqrt(variance + epsilon) * gain + bias per row, variance from a second pass; keeps (mean, 1/deviation).
// `lanes` threads share a row and add up in a fixed tree; `groupRows` rows share a workgroup.
//   1 x [rows, width]   2 gain [width]   3 bias [width]   4 y [rows, width]   5 statistics [rows, 2]
override lanes: u32;
override groupRows: u32;
struct Sizes { rows: u32, width: u32, epsilon: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gain: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> statistics: array<f32>;

var<workgroup> sums: array<f32, lanes * groupRows>;

fn sumOfLanes(value: f32, local: vec2u) -> f32 {
  if (lanes == 1u) { return value; }
  let base = local.y * lanes;
  sums[base + local.x] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.x < half) { sums[base + local.x] += sums[base + local.x + half]; }
  }
  workgroupBarrier();
  let total = sums[base];
  workgroupBarrier();
  return total;
}

@compute @workgroup_size(lanes, groupRows)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let row = (group.x + group.y * groups.x) * groupRows + local.y;
  let inside = row < sizes.rows;
  let first = row * sizes.width;
  let width = select(0u, sizes.width, inside);
  var sum = 0.0;
  for (var c = local.x; c < width; c += lanes) { sum += x[first + c]; }
  let mean = sumOfLanes(sum, local.xy) / f32(sizes.width);
  var squares = 0.0;
  for (var c = local.x; c < width; c += lanes) {
    let centred = x[first + c] - mean;
    squares += centred * centred;
  }
  let variance = sumOfLanes(squares, local.xy) / f32(sizes.width);
  let inverse = inverseSqrt(variance + sizes.epsilon);
  for (var c = local.x; c < width; c += lanes) { y[first + c] = (x[first + c] - mean) * inverse * gain[c] + bias[c]; }
  if (inside && local.x == 0u) {
    statistics[2u * row] = mean;
    statistics[2u * row + 1u] = inverse;
  }
}
