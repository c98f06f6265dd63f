// y = op(a) * op(b) and an epilogue, for software adapters with subgroups of four lanes, where a load costs as much as ten
// products: a subgroup computes 16 rows x 64 columns, 16 x 16 to a lane; each lane loads a quarter of a's values and the
// others get them by broadcast. Sums run over k in order, so a row's bits do not depend on m.
//   1 a   2 b   3 bias   4 residual   5 slopes   6 y   7 kept
enable subgroups;

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = tileAt(group.x + group.y * groups.x, 16u, 64u);
  let column = 4u * lane;
  // Results of the lane: four blocks of rows by its four columns in each of four stretches of 16.
  var s00 = mat4x4f();
  var s01 = mat4x4f();
  var s02 = mat4x4f();
  var s03 = mat4x4f();
  var s10 = mat4x4f();
  var s11 = mat4x4f();
  var s12 = mat4x4f();
  var s13 = mat4x4f();
  var s20 = mat4x4f();
  var s21 = mat4x4f();
  var s22 = mat4x4f();
  var s23 = mat4x4f();
  var s30 = mat4x4f();
  var s31 = mat4x4f();
  var s32 = mat4x4f();
  var s33 = mat4x4f();
  for (var k = tile.begin; k < tile.end; k += 4u) {
    let mine = blockA(tile.row + 4u * lane, k);
    // The lane to broadcast from must be a constant, so the four are written out.
    let a0 = mat4x4f(
      subgroupBroadcast(mine[0], 0u),
      subgroupBroadcast(mine[1], 0u),
      subgroupBroadcast(mine[2], 0u),
      subgroupBroadcast(mine[3], 0u),
    );
    let a1 = mat4x4f(
      subgroupBroadcast(mine[0], 1u),
      subgroupBroadcast(mine[1], 1u),
      subgroupBroadcast(mine[2], 1u),
      subgroupBroadcast(mine[3], 1u),
    );
    let a2 = mat4x4f(
      subgroupBroadcast(mine[0], 2u),
      subgroupBroadcast(mine[1], 2u),
      subgroupBroadcast(mine[2], 2u),
      subgroupBroadcast(mine[3], 2u),
    );
    let a3 = mat4x4f(
      subgroupBroadcast(mine[0], 3u),
      subgroupBroadcast(mine[1], 3u),
      subgroupBroadcast(mine[2], 3u),
      subgroupBroadcast(mine[3], 3u),
    );
    let b0 = blockB(k, tile.column + column);
    let b1 = blockB(k, tile.column + 16u + column);
    let b2 = blockB(k, tile.column + 32u + column);
    let b3 = blockB(k, tile.column + 48u + column);
    s00 += b0 * a0;
    s01 += b1 * a0;
    s02 += b2 * a0;
    s03 += b3 * a0;
    s10 += b0 * a1;
    s11 += b1 * a1;
    s12 += b2 * a1;
    s13 += b3 * a1;
    s20 += b0 * a2;
    s21 += b1 * a2;
    s22 += b2 * a2;
    s23 += b3 * a2;
    s30 += b0 * a3;
    s31 += b1 * a3;
    s32 += b2 * a3;
    s33 += b3 * a3;
  }
  // One copy of the epilogue for all blocks: it is much longer than the sums.
  var sums = array(
    s00, s01, s02, s03,
    s10, s11, s12, s13,
    s20, s21, s22, s23,
    s30, s31, s32, s33,
  );
  for (var i = 0u; i < 16u; i++) { finishBlock(tile, i / 4u * 4u, i % 4u * 16u + column, sums[i]); }
}
