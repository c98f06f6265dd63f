// dx = (g - mean(g) - n * mean(g * n)) / deviation with n the normalised row and g = dy * gain, plus what else flows into x.
// `lanes` threads share a row and add up in a fixed tree; `groupRows` rows share a workgroup.
//   1 dy [rows, width]   2 x [rows, width]   3 statistics [rows, 2]   4 gain [width]   5 residual [rows, width]
//   6 dx [rows, width]
override hasResidual: bool;
override lanes: u32;
override groupRows: u32;
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(4) var<storage, read> gain: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;

var<workgroup> sums: array<vec2f, lanes * groupRows>;

fn sumOfLanes(value: vec2f, local: vec2u) -> vec2f {
  if (lanes == 1u) { return value; }
  let base = local.y * lanes;
  sums[base + local.x] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.x < half) { sums[base + local.x] += sums[base + local.x + half]; }
  }
  workgroupBarrier();
  return sums[base];
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
  let safeRow = select(0u, row, inside);
  let mean = statistics[2u * safeRow];
  let inverse = statistics[2u * safeRow + 1u];
  var total = vec2f();
  for (var c = local.x; c < width; c += lanes) {
    let g = dy[first + c] * gain[c];
    total += vec2f(g, g * (x[first + c] - mean) * inverse);
  }
  let means = sumOfLanes(total, local.xy) / f32(sizes.width);
  for (var c = local.x; c < width; c += lanes) {
    let normalised = (x[first + c] - mean) * inverse;
    var sum = (dy[first + c] * gain[c] - means.x - normalised * means.y) * inverse;
    if (hasResidual) { sum += residual[first + c]; }
    dx[first + c] = sum;
  }
}
