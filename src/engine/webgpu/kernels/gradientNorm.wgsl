// Sum of squares of 4,096 gradients per workgroup, in a fixed tree, and whether one of them is not finite.
// Only groups that are active in this step count.
//   1 step inputs (settings)   2 group of each 64 floats   3 gradients [floats]   4 partials [workgroups, 2]
struct Sizes { floats: u32, settings: u32, firstPartial: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<u32>;
@group(0) @binding(2) var<storage, read> groupOf: array<u32>;
@group(0) @binding(3) var<storage, read> gradients: array<f32>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

const NO_GROUP = 0xffffffffu;
const GLOBALS = 9u;
const EXPONENT = 0x7f800000u;

var<workgroup> sums: array<vec2f, 64>;

fn isActive(group: u32) -> bool {
  return group != NO_GROUP && inputs[sizes.settings + GLOBALS + 4u * group + 2u] == 1u;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  var sum = vec2f();
  for (var i = 0u; i < 64u; i++) {
    let at = index * 4096u + i * 64u + lane;
    if (at < sizes.floats && isActive(groupOf[at / 64u])) {
      let value = gradients[at];
      sum.x += value * value;
      // Comparing bits: a compiler may assume that NaN and infinity do not occur.
      if ((bitcast<u32>(value) & EXPONENT) == EXPONENT) { sum.y = 1.0; }
    }
  }
  sums[lane] = sum;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u && index * 4096u < sizes.floats) {
    partials[sizes.firstPartial + 2u * index] = sums[0].x;
    partials[sizes.firstPartial + 2u * index + 1u] = sums[0].y;
  }
}
