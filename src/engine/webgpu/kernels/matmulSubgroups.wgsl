// y = op(a) * op(b) + bias for software adapters with subgroups of four lanes, where a load costs as much as ten products:
// a subgroup computes 16 rows x 32 columns, eight columns to a lane; each lane loads a quarter of a's values and the others
// get them by broadcast. Sums run over k in order, so a row's bits do not depend on m.
//   1 a [m, k] or [k, m]   2 b [k, n] or [n, k]   3 bias [n]   4 y [m, n]
enable subgroups;
override transposeA: bool;
override transposeB: bool;
override hasBias: bool;
struct Sizes { m: u32, n: u32, k: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

const ROWS = 16u;
const COLUMNS = 32u;
const QUAD = vec4u(0u, 1u, 2u, 3u);

// Four rows of a at one k; rows beyond the last read that one again and are not stored.
fn readA(row: u32, k: u32, inside: bool) -> vec4f {
  let rows = min(row + QUAD, vec4u(sizes.m - 1u));
  let at = select(rows * sizes.k + k, k * sizes.m + rows, transposeA);
  return select(vec4f(), vec4f(a[at.x], a[at.y], a[at.z], a[at.w]), inside);
}

fn startsB(column: u32) -> vec4u {
  return min(column + QUAD, vec4u(sizes.n - 1u)) * select(1u, sizes.k, transposeB);
}

// Four columns of b at one k.
fn readB(starts: vec4u, k: u32) -> vec4f {
  let at = starts + min(k, sizes.k - 1u) * select(sizes.n, 1u, transposeB);
  return vec4f(b[at.x], b[at.y], b[at.z], b[at.w]);
}

fn outer(left: vec4f, right: vec4f) -> mat4x4f {
  return mat4x4f(left.x * right, left.y * right, left.z * right, left.w * right);
}

// Results of the lane: rows in fours, its four columns of the left and of the right half.
var<private> l0: mat4x4f;
var<private> l1: mat4x4f;
var<private> l2: mat4x4f;
var<private> l3: mat4x4f;
var<private> r0: mat4x4f;
var<private> r1: mat4x4f;
var<private> r2: mat4x4f;
var<private> r3: mat4x4f;

// Adds the products of 16 rows at one k.
fn accumulate(rows: mat4x4f, left: vec4f, right: vec4f) {
  l0 += outer(rows[0], left);
  l1 += outer(rows[1], left);
  l2 += outer(rows[2], left);
  l3 += outer(rows[3], left);
  r0 += outer(rows[0], right);
  r1 += outer(rows[1], right);
  r2 += outer(rows[2], right);
  r3 += outer(rows[3], right);
}

fn store(row: u32, column: u32, values: mat4x4f) {
  for (var r = 0u; r < 4u; r++) {
    for (var c = 0u; c < 4u; c++) {
      if (row + r < sizes.m && column + c < sizes.n) {
        var value = values[r][c];
        if (hasBias) { value += bias[column + c]; }
        y[(row + r) * sizes.n + column + c] = value;
      }
    }
  }
}

@compute @workgroup_size(16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = (group.x + group.y * groups.x) * 4u + thread / 4u;
  let columnTiles = (sizes.n + COLUMNS - 1u) / COLUMNS;
  let row = tile / columnTiles * ROWS;
  let column = tile % columnTiles * COLUMNS + 4u * lane;
  let leftStarts = startsB(column);
  let rightStarts = startsB(column + 16u);
  for (var k = 0u; k < sizes.k; k += 4u) {
    let inside = k + lane < sizes.k;
    let mine = min(k + lane, sizes.k - 1u);
    let a0 = readA(row, mine, inside);
    let a1 = readA(row + 4u, mine, inside);
    let a2 = readA(row + 8u, mine, inside);
    let a3 = readA(row + 12u, mine, inside);
    // The lane to broadcast from must be a constant, so the four values of k are written out.
    let k0 = mat4x4f(subgroupBroadcast(a0, 0u), subgroupBroadcast(a1, 0u), subgroupBroadcast(a2, 0u), subgroupBroadcast(a3, 0u));
    accumulate(k0, readB(leftStarts, k), readB(rightStarts, k));
    let k1 = mat4x4f(subgroupBroadcast(a0, 1u), subgroupBroadcast(a1, 1u), subgroupBroadcast(a2, 1u), subgroupBroadcast(a3, 1u));
    accumulate(k1, readB(leftStarts, k + 1u), readB(rightStarts, k + 1u));
    let k2 = mat4x4f(subgroupBroadcast(a0, 2u), subgroupBroadcast(a1, 2u), subgroupBroadcast(a2, 2u), subgroupBroadcast(a3, 2u));
    accumulate(k2, readB(leftStarts, k + 2u), readB(rightStarts, k + 2u));
    let k3 = mat4x4f(subgroupBroadcast(a0, 3u), subgroupBroadcast(a1, 3u), subgroupBroadcast(a2, 3u), subgroupBroadcast(a3, 3u));
    accumulate(k3, readB(leftStarts, k + 3u), readB(rightStarts, k + 3u));
  }
  store(row, column, l0);
  store(row + 4u, column, l1);
  store(row + 8u, column, l2);
  store(row + 12u, column, l3);
  store(row, column + 16u, r0);
  store(row + 4u, column + 16u, r1);
  store(row + 8u, column + 16u, r2);
  store(row + 12u, column + 16u, r3);
}
