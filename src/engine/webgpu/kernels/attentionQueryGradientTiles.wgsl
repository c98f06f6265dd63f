// The gradient of queries for GPUs: a workgroup per tile of query rows and head, keys and values in tiles through workgroup
// memory; delta = dy . y on the way. Bindings as in attentionQueryGradient.wgsl.
@group(0) @binding(4) var<storage, read> logSumExps: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> y: array<f32>;
@group(0) @binding(7) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(8) var<storage, read_write> deltas: array<f32>;

var<workgroup> queries: array<vec4f, tileRows * quads>;
var<workgroup> upstream: array<vec4f, tileRows * quads>;
var<workgroup> keyTile: array<vec4f, tileKeys * quads>;
var<workgroup> valueTile: array<vec4f, tileKeys * quads>;
var<workgroup> dScores: array<f32, tileRows * tileKeys>;
var<workgroup> deltaParts: array<vec4f, tileRows * 4u>;

fn upstreamQuad(start: u32, quad: u32) -> vec4f {
  var values = vec4f();
  for (var c = 0u; c < 4u && 4u * quad + c < headWidth; c++) { values[c] = dy[start + 4u * quad + c]; }
  return values;
}

fn resultQuad(start: u32, quad: u32) -> vec4f {
  var values = vec4f();
  for (var c = 0u; c < 4u && 4u * quad + c < headWidth; c++) { values[c] = y[start + 4u * quad + c]; }
  return values;
}

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) thread: u32) {
  let index = group.x + group.y * groups.x;
  let head = index % heads;
  let tile = tileAt(sizes.queryOffsets, index / heads);
  if (tile.first >= tile.end) { return; }
  let own = thread / 4u;
  let lane = thread % 4u;
  let row = min(tile.first + own, tile.end - 1u);
  let at = row * heads + head;
  for (var i = thread; i < tileRows * quads; i += threads) {
    let source = min(tile.first + i / quads, tile.end - 1u);
    queries[i] = quadOf(sizes.q + source * sizes.qWidth + head * headWidth, i % quads);
    upstream[i] = upstreamQuad((source * heads + head) * headWidth, i % quads);
  }
  var part = vec4f();
  for (var c = lane; c < quads; c += 4u) { part += upstreamQuad(at * headWidth, c) * resultQuad(at * headWidth, c); }
  deltaParts[thread] = part;
  workgroupBarrier();
  let parts = deltaParts[4u * own] + deltaParts[4u * own + 1u] + deltaParts[4u * own + 2u] + deltaParts[4u * own + 3u];
  let delta = dot(parts, vec4f(1.0));
  let logSumExp = logSumExps[at];
  let keys = keysOf(tile.sequence, head);
  let visible = visibleKeys(row, tile.sequence);
  let end = visibleKeys(tile.end - 1u, tile.sequence);
  var result: array<vec4f, ownQuads>;
  for (var first = 0u; first < end; first += tileKeys) {
    for (var i = thread; i < tileKeys * quads; i += threads) {
      let key = min(first + i / quads, end - 1u);
      keyTile[i] = keyQuad(keys, key, i % quads);
      valueTile[i] = valueQuad(keys, key, i % quads);
    }
    workgroupBarrier();
    for (var k = lane; k < tileKeys; k += 4u) {
      var score = vec4f();
      var dProbability = vec4f();
      for (var c = 0u; c < quads; c++) {
        score += queries[own * quads + c] * keyTile[k * quads + c];
        dProbability += upstream[own * quads + c] * valueTile[k * quads + c];
      }
      let factor = factorOf(first + k, visible);
      let probability = select(0.0, factor * exp(dot(score, vec4f(1.0)) * sizes.scale - logSumExp), factor > 0.0);
      dScores[own * tileKeys + k] = probability * (dot(dProbability, vec4f(1.0)) - delta);
    }
    workgroupBarrier();
    for (var k = 0u; k < tileKeys; k++) {
      let dScore = dScores[own * tileKeys + k];
      for (var i = 0u; i < ownQuads; i++) { result[i] += dScore * keyTile[k * quads + min(lane + 4u * i, quads - 1u)]; }
    }
    workgroupBarrier();
  }
  if (tile.first + own >= tile.end) { return; }
  let place = sizes.dq + row * sizes.qWidth + head * headWidth;
  for (var i = 0u; i < ownQuads; i++) {
    let column = 4u * (lane + 4u * i);
    for (var c = 0u; c < 4u && column + c < headWidth; c++) { gradients[place + column + c] = result[i][c] * sizes.scale; }
  }
  if (lane == 0u) { deltas[at] = delta; }
}
