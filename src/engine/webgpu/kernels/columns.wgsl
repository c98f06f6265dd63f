// y = the columns of x from `first` on, row by row.
//   1 x [rows, widthOfX]   2 y [rows, width]
struct Sizes { rows: u32, width: u32, widthOfX: u32, first: u32 }
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
  y[i] = x[(i / sizes.width) * sizes.widthOfX + sizes.first + i % sizes.width];
}
