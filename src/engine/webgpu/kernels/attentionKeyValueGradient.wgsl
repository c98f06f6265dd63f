// dk = scale * sum of p * (dy . v - delta) * q and dv = sum of p * dy over the queries that see the key and the heads that
// share it, in order; one key row and key/value head per thread.
//   1 q [queries, heads * headWidth]   2 k, 3 v [rows, keyValueHeads * headWidth]   4 log-sum-exp and delta [queries, heads]
//   5 dy [queries, heads * headWidth]   6 step inputs   7 dk and dv [rows, keyValueHeads * headWidth], in one buffer
override heads: u32;
override keyValueHeads: u32;
override headWidth: u32;
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

fn input(offset: u32, i: u32) -> u32 { return u32(inputs[offset + i]); }

// First query that sees a key: all of its sequence, or those not before it counted from the end if causal.
fn queryStart(key: u32, sequence: u32) -> u32 {
  let start = input(sizes.queryOffsets, sequence);
  if (sizes.causal == 0u) { return start; }
  let behind = i32(input(sizes.keyOffsets, sequence + 1u) - key);
  return u32(max(i32(start), i32(input(sizes.queryOffsets, sequence + 1u)) - behind));
}

var<private> keyRow: array<f32, 128>;
var<private> valueRow: array<f32, 128>;
var<private> dKey: array<f32, 128>;
var<private> dValue: array<f32, 128>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let key = i / keyValueHeads;
  let keyValueHead = i % keyValueHeads;
  if (key >= sizes.rows) { return; }
  let sequence = input(sizes.keySequence, key);
  let sharing = heads / keyValueHeads;
  for (var c = 0u; c < headWidth; c++) {
    keyRow[c] = k[i * headWidth + c];
    valueRow[c] = v[i * headWidth + c];
  }
  let end = input(sizes.queryOffsets, sequence + 1u);
  for (var row = queryStart(key, sequence); row < end; row++) {
    for (var head = keyValueHead * sharing; head < (keyValueHead + 1u) * sharing; head++) {
      let at = row * heads + head;
      let start = at * headWidth;
      var score = 0.0;
      var dProbability = 0.0;
      for (var c = 0u; c < headWidth; c++) {
        score += q[start + c] * keyRow[c];
        dProbability += dy[start + c] * valueRow[c];
      }
      let probability = exp(score * sizes.scale - statistics[sizes.logSumExp + at]);
      let dScore = probability * (dProbability - statistics[sizes.delta + at]);
      for (var c = 0u; c < headWidth; c++) {
        dKey[c] += dScore * q[start + c];
        dValue[c] += probability * dy[start + c];
      }
    }
  }
  for (var c = 0u; c < headWidth; c++) {
    gradients[sizes.dk + i * headWidth + c] = dKey[c] * sizes.scale;
    gradients[sizes.dv + i * headWidth + c] = dValue[c];
  }
}
