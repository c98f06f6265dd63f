// dq = scale * sum over visible keys of p * (dy . v - delta) * k, one query row and head per thread; probabilities p are
// recomputed from the log-sum-exp.
//   1 q, 2 k, 3 v, 4 prompt as in the forward kernel   5 log-sum-exp and delta [rows, heads], in one buffer
//   6 dy [rows, heads * headWidth]   7 step inputs   8 dq [rows, heads * headWidth]
override heads: u32;
override keyValueHeads: u32;
override headWidth: u32;
struct Sizes {
  rows: u32, scale: f32, causal: u32, promptLength: u32, promptWidth: u32, keyColumn: u32, valueColumn: u32,
  queryOffsets: u32, querySequence: u32, keyOffsets: u32, keySequence: u32, promptSet: u32, gate: u32,
  logSumExp: u32, delta: u32,
}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> prompt: array<f32>;
@group(0) @binding(5) var<storage, read> statistics: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read> inputs: array<i32>;
@group(0) @binding(8) var<storage, read_write> dq: array<f32>;

const ABSENT = 0xffffffffu;

fn input(offset: u32, i: u32) -> u32 { return u32(inputs[offset + i]); }

// Factor of a slot on its probability; 0 removes it.
fn gateOf(slot: u32) -> f32 {
  if (sizes.gate == ABSENT) { return 1.0; }
  return bitcast<f32>(inputs[sizes.gate + slot]);
}

// First element of a slot of the set that the sequence uses.
fn slotStart(sequence: u32, slot: u32) -> u32 {
  var promptSet = 0u;
  if (sizes.promptSet != ABSENT) { promptSet = input(sizes.promptSet, sequence); }
  return (promptSet * sizes.promptLength + slot) * sizes.promptWidth;
}

// End of the keys that a query row sees: its sequence's, or up to its own position counted from the end if causal.
fn keyEnd(row: u32, sequence: u32) -> u32 {
  let end = input(sizes.keyOffsets, sequence + 1u);
  if (sizes.causal == 0u) { return end; }
  let behind = input(sizes.queryOffsets, sequence + 1u) - row;
  return u32(max(i32(input(sizes.keyOffsets, sequence)), i32(end) - i32(behind) + 1));
}

var<private> query: array<f32, 128>;
var<private> upstream: array<f32, 128>;
var<private> result: array<f32, 128>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let row = i / heads;
  let head = i % heads;
  if (row >= sizes.rows) { return; }
  let sequence = input(sizes.querySequence, row);
  let width = keyValueHeads * headWidth;
  let headColumn = head / (heads / keyValueHeads) * headWidth;
  let logSumExp = statistics[sizes.logSumExp + i];
  let delta = statistics[sizes.delta + i];
  for (var c = 0u; c < headWidth; c++) {
    query[c] = q[i * headWidth + c];
    upstream[c] = dy[i * headWidth + c];
  }
  for (var slot = 0u; slot < sizes.promptLength; slot++) {
    let gate = gateOf(slot);
    if (gate <= 0.0) { continue; }
    let start = slotStart(sequence, slot) + headColumn;
    var score = 0.0;
    var dProbability = 0.0;
    for (var c = 0u; c < headWidth; c++) {
      score += query[c] * prompt[start + sizes.keyColumn + c];
      dProbability += upstream[c] * prompt[start + sizes.valueColumn + c];
    }
    let dScore = gate * exp(score * sizes.scale - logSumExp) * (dProbability - delta);
    for (var c = 0u; c < headWidth; c++) { result[c] += dScore * prompt[start + sizes.keyColumn + c]; }
  }
  let end = keyEnd(row, sequence);
  for (var key = input(sizes.keyOffsets, sequence); key < end; key++) {
    let start = key * width + headColumn;
    var score = 0.0;
    var dProbability = 0.0;
    for (var c = 0u; c < headWidth; c++) {
      score += query[c] * k[start + c];
      dProbability += upstream[c] * v[start + c];
    }
    let dScore = exp(score * sizes.scale - logSumExp) * (dProbability - delta);
    for (var c = 0u; c < headWidth; c++) { result[c] += dScore * k[start + c]; }
  }
  for (var c = 0u; c < headWidth; c++) { dq[i * headWidth + c] = result[c] * sizes.scale; }
}
