// delta = sum over the head's width of dy * y, for each row and head.
//   1 dy, 2 y [rows, heads * headWidth]   3 delta [rows, heads]
// Not `headWidth`, which stands in front, for the loop: see attentionShared.wgsl.
struct Sizes { rows: u32, heads: u32, columns: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> delta: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.rows * sizes.heads) { return; }
  var sum = 0.0;
  for (var c = 0u; c < sizes.columns; c++) { sum += dy[i * headWidth + c] * y[i * headWidth + c]; }
  delta[i] = sum;
}
