// Gradients of keys and values, of token rows and prompt slots alike, for GPUs: a workgroup per tile of them and key/value
// head, queries in tiles through workgroup memory. Bindings as in attentionKeyGradient.wgsl.
@group(0) @binding(4) var<storage, read> logSumExps: array<f32>;
@group(0) @binding(5) var<storage, read> deltas: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(8) var<storage, read_write> partial: array<f32>;

var<workgroup> keyRows: array<vec4f, tileRows * quads>;
var<workgroup> valueRows: array<vec4f, tileRows * quads>;
var<workgroup> queryTile: array<vec4f, tileKeys * quads>;
var<workgroup> upstreamTile: array<vec4f, tileKeys * quads>;
// (probability, gradient of the score) of each key and query.
var<workgroup> pairs: array<vec2f, tileRows * tileKeys>;

fn upstreamQuad(start: u32, quad: u32) -> vec4f {
  var values = vec4f();
  for (var c = 0u; c < 4u && 4u * quad + c < headWidth; c++) { values[c] = dy[start + 4u * quad + c]; }
  return values;
}

// Keys first to end of a sequence, counted with its prompt slots in front.
fn keyTileAt(index: u32) -> Tile {
  var tokenTiles = 0u;
  if (sizes.rows > 0u) { tokenTiles = (sizes.rows + tileRows - 1u) / tileRows + sizes.sequences; }
  if (index < tokenTiles) {
    let tile = tileAt(sizes.keyOffsets, index);
    let shift = sizes.promptLength - input(sizes.keyOffsets, tile.sequence);
    return Tile(tile.sequence, tile.first + shift, tile.end + shift);
  }
  let slotTiles = (sizes.partialLength + tileRows - 1u) / tileRows;
  if (slotTiles == 0u || index - tokenTiles >= sizes.sequences * slotTiles) { return Tile(); }
  let first = (index - tokenTiles) % slotTiles * tileRows;
  return Tile((index - tokenTiles) / slotTiles, first, min(first + tileRows, sizes.partialLength));
}

// First query that sees a key of the sequence, counted with its slots in front; all see the slots.
fn firstQuery(key: u32, sequence: u32) -> u32 {
  if (key < sizes.promptLength) { return input(sizes.queryOffsets, sequence); }
  let row = input(sizes.keyOffsets, sequence) + key - sizes.promptLength;
  return queryStarts(vec4u(row), vec4u(sequence)).x;
}

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) thread: u32) {
  let index = group.x + group.y * groups.x;
  let keyValueHead = index % keyValueHeads;
  let sharing = heads / keyValueHeads;
  let tile = keyTileAt(index / keyValueHeads);
  if (tile.first >= tile.end) { return; }
  let own = thread / 4u;
  let lane = thread % 4u;
  let key = min(tile.first + own, tile.end - 1u);
  let keys = keysOf(tile.sequence, keyValueHead * sharing);
  for (var i = thread; i < tileRows * quads; i += threads) {
    let source = min(tile.first + i / quads, tile.end - 1u);
    keyRows[i] = keyQuad(keys, source, i % quads);
    valueRows[i] = valueQuad(keys, source, i % quads);
  }
  let factor = factorOf(key, tile.end);
  let seenFrom = firstQuery(key, tile.sequence);
  let start = firstQuery(tile.first, tile.sequence);
  let end = input(sizes.queryOffsets, tile.sequence + 1u);
  var dKey: array<vec4f, ownQuads>;
  var dValue: array<vec4f, ownQuads>;
  for (var head = keyValueHead * sharing; head < (keyValueHead + 1u) * sharing; head++) {
    for (var first = start; first < end; first += tileKeys) {
      for (var i = thread; i < tileKeys * quads; i += threads) {
        let row = min(first + i / quads, end - 1u);
        queryTile[i] = quadOf(sizes.q + row * sizes.qWidth + head * headWidth, i % quads);
        upstreamTile[i] = upstreamQuad((row * heads + head) * headWidth, i % quads);
      }
      workgroupBarrier();
      for (var q = lane; q < tileKeys; q += 4u) {
        var score = vec4f();
        var dProbability = vec4f();
        for (var c = 0u; c < quads; c++) {
          score += keyRows[own * quads + c] * queryTile[q * quads + c];
          dProbability += valueRows[own * quads + c] * upstreamTile[q * quads + c];
        }
        let at = min(first + q, end - 1u) * heads + head;
        let seen = factor > 0.0 && first + q >= seenFrom && first + q < end;
        let probability = select(0.0, factor * exp(dot(score, vec4f(1.0)) * sizes.scale - logSumExps[at]), seen);
        pairs[own * tileKeys + q] = vec2f(probability, probability * (dot(dProbability, vec4f(1.0)) - deltas[at]));
      }
      workgroupBarrier();
      for (var q = 0u; q < tileKeys; q++) {
        let pair = pairs[own * tileKeys + q];
        for (var i = 0u; i < ownQuads; i++) {
          let quad = q * quads + min(lane + 4u * i, quads - 1u);
          dKey[i] += pair.y * queryTile[quad];
          dValue[i] += pair.x * upstreamTile[quad];
        }
      }
      workgroupBarrier();
    }
  }
  if (tile.first + own >= tile.end) { return; }
  let width = keyValueHeads * headWidth;
  for (var i = 0u; i < ownQuads; i++) {
    for (var c = 4u * (lane + 4u * i); c < min(4u * (lane + 4u * i) + 4u, headWidth); c++) {
      let column = keys.column + c;
      if (key < sizes.promptLength) {
        let at = (tile.sequence * sizes.promptLength + key) * 2u * width + column;
        partial[at] = dKey[i][c % 4u] * sizes.scale;
        partial[at + width] = dValue[i][c % 4u];
      } else {
        let row = keys.start + key - sizes.promptLength;
        gradients[sizes.dk + row * sizes.kWidth + column] = dKey[i][c % 4u] * sizes.scale;
        gradients[sizes.dv + row * sizes.vWidth + column] = dValue[i][c % 4u];
      }
    }
  }
}
