// What the attention kernels for GPUs share, behind attentionShared.wgsl: a workgroup holds a tile of rows of one sequence and
// head, four threads to a row, and walks over the other side in tiles that all its rows read from workgroup memory.
const quads = (headWidth + 3u) / 4u;
// 16 KiB of workgroup memory must do.
const tileRows = select(8u, 16u, quads <= 16u);
const tileKeys = select(select(4u, 8u, quads <= 16u), 16u, quads <= 8u);
const threads = tileRows * 4u;
// Quads of a row that one of its four threads adds up, the last of them possibly beyond the row.
const ownQuads = (quads + 3u) / 4u;

// A sequence and some of its rows; empty behind the last tile.
struct Tile { sequence: u32, first: u32, end: u32 }

// Tile number `index` of the rows of all sequences, whose offsets start at word `offsets`.
fn tileAt(offsets: u32, index: u32) -> Tile {
  var rest = index;
  for (var sequence = 0u; sequence < sizes.sequences; sequence++) {
    let start = input(offsets, sequence);
    let end = input(offsets, sequence + 1u);
    let count = (end - start + tileRows - 1u) / tileRows;
    if (rest < count) { return Tile(sequence, start + rest * tileRows, min(start + (rest + 1u) * tileRows, end)); }
    rest -= count;
  }
  return Tile();
}

// Four neighbouring columns of a head from `start` on, with zeros beyond its width.
fn quadOf(start: u32, quad: u32) -> vec4f {
  let at = start + 4u * quad;
  if (4u * quad + 4u <= headWidth) { return vec4f(operands[at], operands[at + 1u], operands[at + 2u], operands[at + 3u]); }
  var values = vec4f();
  for (var c = 0u; 4u * quad + c < headWidth; c++) { values[c] = operands[at + c]; }
  return values;
}

fn promptQuad(start: u32, quad: u32) -> vec4f {
  let at = start + 4u * quad;
  if (4u * quad + 4u <= headWidth) { return vec4f(prompt[at], prompt[at + 1u], prompt[at + 2u], prompt[at + 3u]); }
  var values = vec4f();
  for (var c = 0u; 4u * quad + c < headWidth; c++) { values[c] = prompt[at + c]; }
  return values;
}

// Keys a sequence's queries may see: its prompt slots, then its own rows.
struct Keys { promptRow: u32, start: u32, column: u32 }

fn keysOf(sequence: u32, head: u32) -> Keys {
  let promptRow = setOf(sequence) * sizes.promptLength;
  return Keys(promptRow, input(sizes.keyOffsets, sequence), head / (heads / keyValueHeads) * headWidth);
}

fn keyQuad(keys: Keys, key: u32, quad: u32) -> vec4f {
  if (key < sizes.promptLength) {
    return promptQuad((keys.promptRow + key) * sizes.promptWidth + sizes.keyColumn + keys.column, quad);
  }
  return quadOf(sizes.k + (keys.start + key - sizes.promptLength) * sizes.kWidth + keys.column, quad);
}

fn valueQuad(keys: Keys, key: u32, quad: u32) -> vec4f {
  if (key < sizes.promptLength) {
    return promptQuad((keys.promptRow + key) * sizes.promptWidth + sizes.valueColumn + keys.column, quad);
  }
  return quadOf(sizes.v + (keys.start + key - sizes.promptLength) * sizes.vWidth + keys.column, quad);
}

// Number of keys, slots included, up to the last one that this row of the sequence sees.
fn visibleKeys(row: u32, sequence: u32) -> u32 {
  let end = keyEnds(vec4u(row), vec4u(sequence)).x;
  return sizes.promptLength + end - input(sizes.keyOffsets, sequence);
}

// Factor of a key on its probability: its gate if it is a slot, 0 if it is not seen.
fn factorOf(key: u32, visible: u32) -> f32 {
  if (key >= visible) { return 0.0; }
  if (key < sizes.promptLength) { return max(gateOf(key), 0.0); }
  return 1.0;
}
