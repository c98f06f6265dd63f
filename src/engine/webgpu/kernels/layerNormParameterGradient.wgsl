// d gain = sum of dy * n and d bias = sum of dy over a block of rows, n the normalised row, added in row order.
//   1 dy [rows, width]   2 x [rows, width]   3 statistics [rows, 2]   4 gains [blocks, width]   5 biases [blocks, width]
struct Sizes { rows: u32, width: u32, blockRows: u32, blocks: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(4) var<storage, read_write> gains: array<f32>;
@group(0) @binding(5) var<storage, read_write> biases: array<f32>;

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
  var gainSum = 0.0;
  var biasSum = 0.0;
  for (var row = first; row < end; row++) {
    let at = row * sizes.width + column;
    gainSum += dy[at] * (x[at] - statistics[2u * row]) * statistics[2u * row + 1u];
    biasSum += dy[at];
  }
  gains[i] = gainSum;
  biases[i] = biasSum;
}
