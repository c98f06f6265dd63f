// y = op(a) * op(b) and an epilogue: the form for GPUs. A workgroup of rowThreads x columnThreads shares tiles of depth 16
// through workgroup memory; a thread computes 4 x 4 results, twice as many rows when `tall`, twice as many columns when
// `wide`. Sums run over k in order, so a row's bits do not depend on m.
//   1 a   2 b   3 bias   4 residual   5 slopes   6 y   7 kept
override rowThreads: u32;
override columnThreads: u32;
override tall: bool;
override wide: bool;
override rowQuads = rowThreads * select(1u, 2u, tall);
override columnQuads = columnThreads * select(1u, 2u, wide);

const DEPTH = 16u;

// Both tiles lie k-major: [DEPTH, quads], four neighbouring rows of op(a) or columns of op(b) to a quad. The sizes have
// names because Firefox ends at a size that is an expression here.
override aTileQuads = DEPTH * rowQuads;
override bTileQuads = DEPTH * columnQuads;
var<workgroup> aTile: array<vec4f, aTileQuads>;
var<workgroup> bTile: array<vec4f, bTileQuads>;

// Where block `i` of a tile lies (quad, first k), so that neighbouring threads read neighbouring addresses.
fn placeOf(i: u32, quads: u32, depthIsContiguous: bool) -> vec2u {
  if (depthIsContiguous) { return vec2u(i / (DEPTH / 4u), 4u * (i % (DEPTH / 4u))); }
  return vec2u(i % quads, 4u * (i / quads));
}

fn stageA(i: u32, row: u32, k: u32) {
  let place = placeOf(i, rowQuads, !transposeA);
  let block = transpose(blockA(row + 4u * place.x, k + place.y));
  let at = place.y * rowQuads + place.x;
  aTile[at] = block[0];
  aTile[at + rowQuads] = block[1];
  aTile[at + 2u * rowQuads] = block[2];
  aTile[at + 3u * rowQuads] = block[3];
}

fn stageB(i: u32, k: u32, column: u32) {
  let place = placeOf(i, columnQuads, transposeB);
  let block = blockB(k + place.y, column + 4u * place.x);
  let at = place.y * columnQuads + place.x;
  bTile[at] = block[0];
  bTile[at + columnQuads] = block[1];
  bTile[at + 2u * columnQuads] = block[2];
  bTile[at + 3u * columnQuads] = block[3];
}

fn outer(left: vec4f, right: vec4f) -> mat4x4f {
  return mat4x4f(left.x * right, left.y * right, left.z * right, left.w * right);
}

@compute @workgroup_size(rowThreads * columnThreads)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = tileAt(group.x + group.y * groups.x, 4u * rowQuads, 4u * columnQuads);
  let aBlocks = rowQuads * DEPTH / 4u;
  let staged = aBlocks + columnQuads * DEPTH / 4u;
  let myRows = thread / columnThreads;
  let myColumns = thread % columnThreads;
  var sums = mat4x4f();
  var lower = mat4x4f();
  var right = mat4x4f();
  var lowerRight = mat4x4f();
  for (var k = tile.begin; k < tile.end; k += DEPTH) {
    for (var i = thread; i < staged; i += rowThreads * columnThreads) {
      if (i < aBlocks) { stageA(i, tile.row, k); } else { stageB(i - aBlocks, k, tile.column); }
    }
    workgroupBarrier();
    for (var d = 0u; d < DEPTH; d++) {
      let a0 = aTile[d * rowQuads + myRows];
      let b0 = bTile[d * columnQuads + myColumns];
      sums += outer(a0, b0);
      if (tall) { lower += outer(aTile[d * rowQuads + rowThreads + myRows], b0); }
      if (wide) {
        let b1 = bTile[d * columnQuads + columnThreads + myColumns];
        right += outer(a0, b1);
        if (tall) { lowerRight += outer(aTile[d * rowQuads + rowThreads + myRows], b1); }
      }
    }
    workgroupBarrier();
  }
  // One copy of the epilogue for all blocks: it is much longer than the sums.
  var blocks = array(sums, lower, right, lowerRight);
  for (var i = 0u; i < 4u; i++) {
    let isLower = i % 2u == 1u;
    let isRight = i >= 2u;
    if ((isLower && !tall) || (isRight && !wide)) { continue; }
    let row = 4u * (myRows + select(0u, rowThreads, isLower));
    let column = 4u * (myColumns + select(0u, columnThreads, isRight));
    finishBlock(tile, row, column, blocks[i]);
  }
}
