// y = [a | b], row by row.
//   1 a [rows, width - widthOfB]   2 b [rows, widthOfB]   3 y [rows, width]
struct Sizes { rows: u32, width: u32, widthOfB: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.rows * sizes.width) { return; }
  let row = i / sizes.width;
  let column = i % sizes.width;
  let widthOfA = sizes.width - sizes.widthOfB;
  if (column < widthOfA) {
    y[i] = a[row * widthOfA + column];
  } else {
    y[i] = b[row * sizes.widthOfB + column - widthOfA];
  }
}
