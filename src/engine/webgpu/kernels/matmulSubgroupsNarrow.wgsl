// y = op(a) * op(b) and an epilogue, for software adapters with subgroups of more than four lanes: a workgroup computes 16
// rows x 64 columns, 16 x 4 to a lane. Four lanes of each subgroup hold a's values and the others get them by broadcast, so
// that a lane loads twice four quads for 256 products. Sums run over k in order, so a row's bits do not depend on m.
//   1 a   2 b   3 bias   4 residual   5 slopes   6 y   7 kept
enable subgroups;

@compute @workgroup_size(16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = tileAt(group.x + group.y * groups.x, 16u, 64u);
  let column = 4u * thread;
  var s0 = mat4x4f();
  var s1 = mat4x4f();
  var s2 = mat4x4f();
  var s3 = mat4x4f();
  for (var k = tile.begin; k < tile.end; k += 4u) {
    let mine = blockA(tile.row + lane % 4u * 4u, k);
    let b = blockB(k, tile.column + column);
    // The lane to broadcast from must be a constant, so the four are written out.
    s0 += b * mat4x4f(
      subgroupBroadcast(mine[0], 0u),
      subgroupBroadcast(mine[1], 0u),
      subgroupBroadcast(mine[2], 0u),
      subgroupBroadcast(mine[3], 0u),
    );
    s1 += b * mat4x4f(
      subgroupBroadcast(mine[0], 1u),
      subgroupBroadcast(mine[1], 1u),
      subgroupBroadcast(mine[2], 1u),
      subgroupBroadcast(mine[3], 1u),
    );
    s2 += b * mat4x4f(
      subgroupBroadcast(mine[0], 2u),
      subgroupBroadcast(mine[1], 2u),
      subgroupBroadcast(mine[2], 2u),
      subgroupBroadcast(mine[3], 2u),
    );
    s3 += b * mat4x4f(
      subgroupBroadcast(mine[0], 3u),
      subgroupBroadcast(mine[1], 3u),
      subgroupBroadcast(mine[2], 3u),
      subgroupBroadcast(mine[3], 3u),
    );
  }
  // One copy of the epilogue for all blocks: it is much longer than the sums.
  var sums = array(s0, s1, s2, s3);
  for (var i = 0u; i < 4u; i++) { finishBlock(tile, 4u * i, column, sums[i]); }
}
