// z[v] = sum of dy[r] over the rows r whose index is v, in row order; the host sorted the rows by target.
//   1 dy [any, width]   2 step inputs   3 z [targets, width]
struct Sizes { targets: u32, width: u32, starts: u32, order: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> inputs: array<i32>;
@group(0) @binding(3) var<storage, read_write> z: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.targets * sizes.width) { return; }
  let row = i / sizes.width;
  let column = i % sizes.width;
  let end = u32(inputs[sizes.starts + row + 1u]);
  var sum = 0.0;
  for (var entry = u32(inputs[sizes.starts + row]); entry < end; entry++) {
    sum += dy[u32(inputs[sizes.order + entry]) * sizes.width + column];
  }
  z[i] = sum;
}
