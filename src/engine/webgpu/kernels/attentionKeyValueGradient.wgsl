// dk = scale * sum of p * (dy . v - delta) * q and dv = sum of p * dy over the queries that see the key and the heads that
// share it, in order. A thread serves four key rows of one key/value head, one to a vector component.
//   1 q [queries, heads * headWidth]   2 k, 3 v [rows, keyValueHeads * headWidth]   4 log-sum-exp and delta [queries, heads]
//   5 dy [queries, heads * headWidth]   6 step inputs   7 dk and dv [rows, keyValueHeads * headWidth], in one buffer
override heads: u32;
override keyValueHeads: u32;
// Replaced by the width of the model's heads: a private array cannot have the size of an override.
const headWidth = 128u;
struct Sizes {
  rows: u32, scale: f32, causal: u32, promptLength: u32, promptWidth: u32, keyColumn: u32, valueColumn: u32,
  queryOffsets: u32, querySequence: u32, keyOffsets: u32, keySequence: u32, promptSet: u32, gate: u32,
  logSumExp: u32, delta: u32, dk: u32, dv: u32,
}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> statistics: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> inputs: array<i32>;
@group(0) @binding(7) var<storage, read_write> gradients: array<f32>;

const QUAD = vec4u(0u, 1u, 2u, 3u);

fn input(offset: u32, i: u32) -> u32 { return u32(inputs[offset + i]); }

fn inputs4(offset: u32, i: vec4u) -> vec4u {
  return vec4u(input(offset, i.x), input(offset, i.y), input(offset, i.z), input(offset, i.w));
}

// First query that sees each key: the first of its sequence, or the one at its own position from the end if causal.
fn queryStarts(keys: vec4u, sequences: vec4u) -> vec4u {
  let starts = inputs4(sizes.queryOffsets, sequences);
  if (sizes.causal == 0u) { return starts; }
  let behind = vec4i(inputs4(sizes.keyOffsets, sequences + 1u) - keys);
  return vec4u(max(vec4i(starts), vec4i(inputs4(sizes.queryOffsets, sequences + 1u)) - behind));
}

var<private> keyRow: array<vec4f, headWidth>;
var<private> valueRow: array<vec4f, headWidth>;
var<private> dKey: array<vec4f, headWidth>;
var<private> dValue: array<vec4f, headWidth>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let keys = i / keyValueHeads * 4u + QUAD;
  let keyValueHead = i % keyValueHeads;
  if (keys.x >= sizes.rows) { return; }
  let inside = keys < vec4u(sizes.rows);
  let safeKeys = min(keys, vec4u(sizes.rows - 1u));
  let sequences = inputs4(sizes.keySequence, safeKeys);
  let at = (safeKeys * keyValueHeads + keyValueHead) * headWidth;
  for (var c = 0u; c < headWidth; c++) {
    keyRow[c] = vec4f(k[at.x + c], k[at.y + c], k[at.z + c], k[at.w + c]);
    valueRow[c] = vec4f(v[at.x + c], v[at.y + c], v[at.z + c], v[at.w + c]);
  }
  let sharing = heads / keyValueHeads;
  let starts = queryStarts(safeKeys, sequences);
  let ends = select(vec4u(), inputs4(sizes.queryOffsets, sequences + 1u), inside);
  let end = max(max(ends.x, ends.y), max(ends.z, ends.w));
  for (var row = min(min(starts.x, starts.y), min(starts.z, starts.w)); row < end; row++) {
    let seen = (vec4u(row) >= starts) & (vec4u(row) < ends);
    for (var head = keyValueHead * sharing; head < (keyValueHead + 1u) * sharing; head++) {
      let start = (row * heads + head) * headWidth;
      var score = vec4f();
      var dProbability = vec4f();
      for (var c = 0u; c < headWidth; c++) {
        score += keyRow[c] * q[start + c];
        dProbability += valueRow[c] * dy[start + c];
      }
      let logSumExp = statistics[sizes.logSumExp + row * heads + head];
      let probability = select(vec4f(), exp(score * sizes.scale - logSumExp), seen);
      let dScore = probability * (dProbability - statistics[sizes.delta + row * heads + head]);
      for (var c = 0u; c < headWidth; c++) {
        dKey[c] += dScore * q[start + c];
        dValue[c] += probability * dy[start + c];
      }
    }
  }
  for (var r = 0u; r < 4u; r++) {
    if (!inside[r]) { break; }
    for (var c = 0u; c < headWidth; c++) {
      gradients[sizes.dk + at[r] + c] = dKey[c][r] * sizes.scale;
      gradients[sizes.dv + at[r] + c] = dValue[c][r];
    }
  }
}
