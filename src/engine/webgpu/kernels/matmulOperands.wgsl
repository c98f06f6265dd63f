// Part of every matmul kernel: the sizes, and op(a) [m, k] and op(b) [k, n] in blocks of 4 x 4. loadA and loadB, which are
// written for the operands' storage, give four neighbours of a stored line. What lies beyond k becomes 0; what lies beyond m
// or n is whatever stands there, and reaches only results that nobody stores.
override transposeA: bool;
override transposeB: bool;
// Whether k may end inside a block or a tile of the kernel's depth.
override ragged: bool;
// A part of a sum covers `chunk` of k, a multiple of the depth of every kernel; unsplit sums have one part.
struct Sizes { m: u32, n: u32, k: u32, chunk: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;

const QUAD = vec4u(0u, 1u, 2u, 3u);

fn quadA(line: u32, column: u32) -> vec4f {
  let values = loadA(line * select(sizes.k, sizes.m, transposeA) + column);
  if (!ragged) { return values; }
  return select(vec4f(), values, select(column + QUAD, vec4u(line), transposeA) < vec4u(sizes.k));
}

fn quadB(line: u32, column: u32) -> vec4f {
  let values = loadB(line * select(sizes.n, sizes.k, transposeB) + column);
  if (!ragged) { return values; }
  return select(vec4f(), values, select(vec4u(line), column + QUAD, transposeB) < vec4u(sizes.k));
}

// Four rows of op(a), each a column of the block, at k to k + 3.
fn blockA(row: u32, k: u32) -> mat4x4f {
  if (transposeA) {
    return transpose(mat4x4f(quadA(k, row), quadA(k + 1u, row), quadA(k + 2u, row), quadA(k + 3u, row)));
  }
  return mat4x4f(quadA(row, k), quadA(row + 1u, k), quadA(row + 2u, k), quadA(row + 3u, k));
}

// op(b) at k to k + 3, each a column of the block, in four columns. blockB * blockA is a block of y by rows.
fn blockB(k: u32, column: u32) -> mat4x4f {
  if (transposeB) {
    return transpose(mat4x4f(quadB(column, k), quadB(column + 1u, k), quadB(column + 2u, k), quadB(column + 3u, k)));
  }
  return mat4x4f(quadB(k, column), quadB(k + 1u, column), quadB(k + 2u, column), quadB(k + 3u, column));
}

// A tile of the result and the stretch of k that its part of the sum covers; a surplus tile lies outside the result.
struct Tile { row: u32, column: u32, part: u32, begin: u32, end: u32 }

fn tileAt(index: u32, rows: u32, columns: u32) -> Tile {
  let columnTiles = (sizes.n + columns - 1u) / columns;
  let tiles = (sizes.m + rows - 1u) / rows * columnTiles;
  let part = index / tiles;
  let place = index % tiles;
  let begin = part * sizes.chunk;
  let row = select(place / columnTiles * rows, sizes.m, part > 0u && begin >= sizes.k);
  return Tile(row, place % columnTiles * columns, part, begin, min(sizes.k, begin + sizes.chunk));
}

fn finishBlock(tile: Tile, row: u32, column: u32, sums: mat4x4f) {
  for (var r = 0u; r < 4u; r++) { finish(tile.part, tile.row + row + r, tile.column + column, sums[r]); }
}
