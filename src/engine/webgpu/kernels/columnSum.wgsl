// One sum per column over a block of rows, added in row order: y[b, c] = sum of x[r, c] for r in block b.
//   1 x [rows, width]   2 y [ceil(rows / blockRows), width]
struct Sizes { rows: u32, width: u32, blockRows: u32, blocks: u32 }
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
  if (i >= sizes.blocks * sizes.width) { return; }
  let column = i % sizes.width;
  let first = (i / sizes.width) * sizes.blockRows;
  let end = min(first + sizes.blockRows, sizes.rows);
  var sum = 0.0;
  for (var row = first; row < end; row++) { sum += x[row * sizes.width + column]; }
  y[i] = sum;
}
