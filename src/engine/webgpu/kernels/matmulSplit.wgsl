// The end of a product whose sum was split along k: adds the parts in order and applies the epilogue.
//   1 parts [parts * m, n]   2 unused   3 bias   4 residual   5 slopes   6 y   7 kept
struct Sizes { m: u32, n: u32, parts: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let quads = (sizes.n + 3u) / 4u;
  let row = i / quads;
  let column = i % quads * 4u;
  if (row >= sizes.m) { return; }
  var sum = vec4f();
  for (var part = 0u; part < sizes.parts; part++) { sum += loadParts((part * sizes.m + row) * sizes.n + column); }
  finish(0u, row, column, sum);
}
