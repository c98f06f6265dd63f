// y[to + i] = x[first + i]: brings a gradient that something else reads too to its place in the flat space, or puts parameters
// end to end that do not lie so.
//   1 x   2 y
struct Sizes { rows: u32, width: u32, first: u32, to: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.rows * sizes.width) { return; }
  y[sizes.to + i] = x[sizes.first + i];
}
