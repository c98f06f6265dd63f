// Gradients over several micro-batches: adds this one's to the sum so far. Behind the last one the sum takes the place of
// the gradients, so that norm and update read it there.
//   1 step inputs (settings)   2 gradients [floats]   3 sums [floats]
struct Sizes { floats: u32, settings: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<u32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

const IS_FIRST = 7u;
const IS_LAST = 8u;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.floats) { return; }
  var sum = gradients[i];
  if (inputs[sizes.settings + IS_FIRST] == 0u) { sum += sums[i]; }
  if (inputs[sizes.settings + IS_LAST] == 1u) { gradients[i] = sum; } else { sums[i] = sum; }
}
