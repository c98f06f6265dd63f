// Attention with an online softmax (Dao et al. 2022) for GPUs: a workgroup per tile of query rows and head, keys and values
// in tiles through workgroup memory. Bindings as in attention.wgsl.
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> logSumExp: array<f32>;

var<workgroup> queries: array<vec4f, tileRows * quads>;
var<workgroup> keyTile: array<vec4f, tileKeys * quads>;
var<workgroup> valueTile: array<vec4f, tileKeys * quads>;
var<workgroup> scores: array<f32, tileRows * tileKeys>;
var<workgroup> weights: array<f32, tileRows * tileKeys>;

const LOWEST = -1.0e30;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) thread: u32) {
  let index = group.x + group.y * groups.x;
  let head = index % heads;
  let tile = tileAt(sizes.queryOffsets, index / heads);
  if (tile.first >= tile.end) { return; }
  let row = min(tile.first + thread / 4u, tile.end - 1u);
  let lane = thread % 4u;
  let own = thread / 4u;
  for (var i = thread; i < tileRows * quads; i += threads) {
    let source = min(tile.first + i / quads, tile.end - 1u);
    queries[i] = quadOf(sizes.q + source * sizes.qWidth + head * headWidth, i % quads);
  }
  let keys = keysOf(tile.sequence, head);
  let visible = visibleKeys(row, tile.sequence);
  let end = visibleKeys(tile.end - 1u, tile.sequence);
  var largest = LOWEST;
  var total = 0.0;
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
      for (var c = 0u; c < quads; c++) { score += queries[own * quads + c] * keyTile[k * quads + c]; }
      let seen = factorOf(first + k, visible) > 0.0;
      scores[own * tileKeys + k] = select(LOWEST, dot(score, vec4f(1.0)) * sizes.scale, seen);
    }
    workgroupBarrier();
    let before = largest;
    for (var k = 0u; k < tileKeys; k++) { largest = max(largest, scores[own * tileKeys + k]); }
    for (var k = lane; k < tileKeys; k += 4u) {
      let factor = factorOf(first + k, visible);
      weights[own * tileKeys + k] = select(0.0, factor * exp(scores[own * tileKeys + k] - largest), factor > 0.0);
    }
    workgroupBarrier();
    let shrink = exp(before - largest);
    total *= shrink;
    for (var i = 0u; i < ownQuads; i++) { result[i] *= shrink; }
    for (var k = 0u; k < tileKeys; k++) {
      let weight = weights[own * tileKeys + k];
      total += weight;
      for (var i = 0u; i < ownQuads; i++) { result[i] += weight * valueTile[k * quads + min(lane + 4u * i, quads - 1u)]; }
    }
    workgroupBarrier();
  }
  if (tile.first + own >= tile.end) { return; }
  // A row that sees nothing gets a log-sum-exp under which every probability is 0.
  let sees = total > 0.0;
  let inverse = select(0.0, 1.0 / total, sees);
  let at = row * heads + head;
  for (var i = 0u; i < ownQuads; i++) {
    let column = 4u * (lane + 4u * i);
    for (var c = 0u; c < 4u && column + c < headWidth; c++) { y[at * headWidth + column + c] = result[i][c] * inverse; }
  }
  if (lane == 0u) { logSumExp[at] = select(1.0e30, largest + log(total), sees); }
}
