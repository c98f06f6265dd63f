// y = op(a) * op(b) and an epilogue. Each thread keeps a tile of 4 x 4 results in registers and reads straight from storage:
// the form for software adapters, where barriers are dear. Sums run over k in order, so a row's bits do not depend on m.
//   1 a   2 b   3 bias   4 residual   5 slopes   6 y   7 kept
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = tileAt((group.x + group.y * groups.x) * 64u + thread, 4u, 4u);
  var sums = mat4x4f();
  for (var k = tile.begin; k < tile.end; k += 4u) { sums += blockB(k, tile.column) * blockA(tile.row, k); }
  finishBlock(tile, 0u, 0u, sums);
}
