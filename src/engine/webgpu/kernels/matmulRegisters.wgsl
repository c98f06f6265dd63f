// y = op(a) * op(b) + bias. Each thread keeps a tile of 4 x 4 results in registers and reads straight from storage: the
// form for software adapters, where barriers are dear. Sums run over k in order, so a row's bits do not depend on m.
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

fn startsOf(first: u32, last: u32, stride: u32) -> vec4u {
  return min(first + vec4u(0u, 1u, 2u, 3u), vec4u(last)) * stride;
}

fn store(row: u32, column: u32, values: vec4f) {
  if (row >= sizes.m) { return; }
  for (var c = 0u; c < min(4u, sizes.n - column); c++) {
    var value = values[c];
    if (hasBias) { value += bias[column + c]; }
    y[row * sizes.n + column + c] = value;
  }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let columnTiles = (sizes.n + 3u) / 4u;
  let row = i / columnTiles * 4u;
  let column = i % columnTiles * 4u;
  if (row >= sizes.m) { return; }
  // Tiles at the edge read their last row or column again and do not store it.
  let aStart = startsOf(row, sizes.m - 1u, select(sizes.k, 1u, transposeA));
  let bStart = startsOf(column, sizes.n - 1u, select(1u, sizes.k, transposeB));
  let aStep = select(1u, sizes.m, transposeA);
  let bStep = select(sizes.n, 1u, transposeB);
  var y0 = vec4f();
  var y1 = vec4f();
  var y2 = vec4f();
  var y3 = vec4f();
  for (var k = 0u; k < sizes.k; k++) {
    let at = aStart + k * aStep;
    let bt = bStart + k * bStep;
    let right = vec4f(b[bt.x], b[bt.y], b[bt.z], b[bt.w]);
    y0 += a[at.x] * right;
    y1 += a[at.y] * right;
    y2 += a[at.z] * right;
    y3 += a[at.w] * right;
  }
  store(row, column, y0);
  store(row + 1u, column, y1);
  store(row + 2u, column, y2);
  store(row + 3u, column, y3);
}
