// y = op(a) * op(b) + bias. A workgroup of 256 threads computes 64 x 64 results from tiles of depth 16 that it shares
// through workgroup memory, 4 x 4 per thread: the form for GPUs. Sums run over k in order.
//   1 a [m, k] or [k, m]   2 b [k, n] or [n, k]   3 bias [n]   4 y [m, n]
override transposeA: bool;
override transposeB: bool;
override hasBias: bool;
struct Sizes { m: u32, n: u32, k: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

const TILE = 64u;
const DEPTH = 16u;

// Both tiles lie k-major: [DEPTH, TILE], four neighbours to an element.
var<workgroup> aTile: array<vec4f, 256>;
var<workgroup> bTile: array<vec4f, 256>;

fn readA(row: u32, k: u32) -> f32 {
  if (row >= sizes.m || k >= sizes.k) { return 0.0; }
  return a[select(row * sizes.k + k, k * sizes.m + row, transposeA)];
}

fn readB(k: u32, column: u32) -> f32 {
  if (column >= sizes.n || k >= sizes.k) { return 0.0; }
  return b[select(k * sizes.n + column, column * sizes.k + k, transposeB)];
}

// The thread's place in a tile that is loaded: neighbouring threads read neighbouring addresses.
fn quadOf(lane: u32, depthIsContiguous: bool) -> vec2u {
  if (depthIsContiguous) { return vec2u(lane % DEPTH, lane / DEPTH); }
  return vec2u(lane / DEPTH, lane % DEPTH);
}

fn store(row: u32, column: u32, values: vec4f) {
  if (row >= sizes.m || column >= sizes.n) { return; }
  for (var c = 0u; c < min(4u, sizes.n - column); c++) {
    var value = values[c];
    if (hasBias) { value += bias[column + c]; }
    y[row * sizes.n + column + c] = value;
  }
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let columnTiles = (sizes.n + TILE - 1u) / TILE;
  let index = group.x + group.y * groups.x;
  let firstRow = index / columnTiles * TILE;
  let firstColumn = index % columnTiles * TILE;
  let aQuad = quadOf(lane, !transposeA);
  let bQuad = quadOf(lane, transposeB);
  let myRows = lane / 16u;
  let myColumns = lane % 16u;
  var sums = array<vec4f, 4>();
  for (var k = 0u; k < sizes.k; k += DEPTH) {
    let row = firstRow + 4u * aQuad.y;
    let column = firstColumn + 4u * bQuad.y;
    let ka = k + aQuad.x;
    let kb = k + bQuad.x;
    aTile[aQuad.x * 16u + aQuad.y] = vec4f(readA(row, ka), readA(row + 1u, ka), readA(row + 2u, ka), readA(row + 3u, ka));
    bTile[bQuad.x * 16u + bQuad.y] = vec4f(readB(kb, column), readB(kb, column + 1u), readB(kb, column + 2u), readB(kb, column + 3u));
    workgroupBarrier();
    for (var d = 0u; d < DEPTH; d++) {
      let left = aTile[d * 16u + myRows];
      let right = bTile[d * 16u + myColumns];
      sums[0] += left.x * right;
      sums[1] += left.y * right;
      sums[2] += left.z * right;
      sums[3] += left.w * right;
    }
    workgroupBarrier();
  }
  let row = firstRow + 4u * myRows;
  let column = firstColumn + 4u * myColumns;
  store(row, column, sums[0]);
  store(row + 1u, column, sums[1]);
  store(row + 2u, column, sums[2]);
  store(row + 3u, column, sums[3]);
}
