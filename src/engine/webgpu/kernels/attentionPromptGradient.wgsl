// What each sequence adds to the gradient of a prompt slot's key and value: the sums of the key/value gradient over the
// sequence's queries; one sequence, slot and key/value head per thread.
//   1 q [queries, heads * headWidth]   2 prompt [sets * promptLength, promptWidth]   3 log-sum-exp and delta [queries, heads]
//   4 dy [queries, heads * headWidth]   5 step inputs   6 partial [rows * promptLength, 2 * keyValueHeads * headWidth]
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
@group(0) @binding(2) var<storage, read> prompt: array<f32>;
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read> inputs: array<i32>;
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;

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
  let keyValueHead = i % keyValueHeads;
  let slot = i / keyValueHeads % sizes.promptLength;
  let sequence = i / (keyValueHeads * sizes.promptLength);
  if (sequence >= sizes.rows) { return; }
  let width = keyValueHeads * headWidth;
  let sharing = heads / keyValueHeads;
  let promptStart = slotStart(sequence, slot) + keyValueHead * headWidth;
  let gate = gateOf(slot);
  for (var c = 0u; c < headWidth; c++) {
    keyRow[c] = prompt[promptStart + sizes.keyColumn + c];
    valueRow[c] = prompt[promptStart + sizes.valueColumn + c];
  }
  let end = select(0u, input(sizes.queryOffsets, sequence + 1u), gate > 0.0);
  for (var row = input(sizes.queryOffsets, sequence); row < end; row++) {
    for (var head = keyValueHead * sharing; head < (keyValueHead + 1u) * sharing; head++) {
      let at = row * heads + head;
      let start = at * headWidth;
      var score = 0.0;
      var dProbability = 0.0;
      for (var c = 0u; c < headWidth; c++) {
        score += q[start + c] * keyRow[c];
        dProbability += dy[start + c] * valueRow[c];
      }
      let probability = gate * exp(score * sizes.scale - statistics[sizes.logSumExp + at]);
      let dScore = probability * (dProbability - statistics[sizes.delta + at]);
      for (var c = 0u; c < headWidth; c++) {
        dKey[c] += dScore * q[start + c];
        dValue[c] += probability * dy[start + c];
      }
    }
  }
  let first = (sequence * sizes.promptLength + slot) * 2u * width + keyValueHead * headWidth;
  for (var c = 0u; c < headWidth; c++) {
    partial[first + c] = dKey[c] * sizes.scale;
    partial[first + width + c] = dValue[c];
  }
}
