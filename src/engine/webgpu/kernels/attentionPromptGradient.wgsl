// What each sequence adds to the gradient of a prompt slot's key and value: the key/value gradient summed over the
// sequence's queries. A thread serves four slots of one sequence and key/value head, one to a vector component.
//   1 q [queries, heads * headWidth]   2 prompt [sets * promptLength, promptWidth]   3 log-sum-exp and delta [queries, heads]
//   4 dy [queries, heads * headWidth]   5 step inputs   6 partial [rows * promptLength, 2 * keyValueHeads * headWidth]
override heads: u32;
override keyValueHeads: u32;
// Replaced by the width of the model's heads: a private array cannot have the size of an override.
const headWidth = 128u;
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
const QUAD = vec4u(0u, 1u, 2u, 3u);

fn input(offset: u32, i: u32) -> u32 { return u32(inputs[offset + i]); }

// Factor of a slot on its probability; 0 removes it.
fn gateOf(slot: u32) -> f32 {
  if (sizes.gate == ABSENT) { return 1.0; }
  return bitcast<f32>(inputs[sizes.gate + slot]);
}

var<private> keyRow: array<vec4f, headWidth>;
var<private> valueRow: array<vec4f, headWidth>;
var<private> dKey: array<vec4f, headWidth>;
var<private> dValue: array<vec4f, headWidth>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let quads = (sizes.promptLength + 3u) / 4u;
  let keyValueHead = i % keyValueHeads;
  let slots = i / keyValueHeads % quads * 4u + QUAD;
  let sequence = i / (keyValueHeads * quads);
  if (sequence >= sizes.rows) { return; }
  let safeSlots = min(slots, vec4u(sizes.promptLength - 1u));
  var promptSet = 0u;
  if (sizes.promptSet != ABSENT) { promptSet = input(sizes.promptSet, sequence); }
  let at = (promptSet * sizes.promptLength + safeSlots) * sizes.promptWidth + keyValueHead * headWidth;
  let gates = vec4f(gateOf(safeSlots.x), gateOf(safeSlots.y), gateOf(safeSlots.z), gateOf(safeSlots.w));
  for (var c = 0u; c < headWidth; c++) {
    let key = at + sizes.keyColumn + c;
    let value = at + sizes.valueColumn + c;
    keyRow[c] = vec4f(prompt[key.x], prompt[key.y], prompt[key.z], prompt[key.w]);
    valueRow[c] = vec4f(prompt[value.x], prompt[value.y], prompt[value.z], prompt[value.w]);
  }
  let sharing = heads / keyValueHeads;
  let end = input(sizes.queryOffsets, sequence + 1u);
  for (var row = input(sizes.queryOffsets, sequence); row < end; row++) {
    for (var head = keyValueHead * sharing; head < (keyValueHead + 1u) * sharing; head++) {
      let start = (row * heads + head) * headWidth;
      var score = vec4f();
      var dProbability = vec4f();
      for (var c = 0u; c < headWidth; c++) {
        score += keyRow[c] * q[start + c];
        dProbability += valueRow[c] * dy[start + c];
      }
      let logSumExp = statistics[sizes.logSumExp + row * heads + head];
      let probability = select(vec4f(), gates * exp(score * sizes.scale - logSumExp), gates > vec4f());
      let dScore = probability * (dProbability - statistics[sizes.delta + row * heads + head]);
      for (var c = 0u; c < headWidth; c++) {
        dKey[c] += dScore * q[start + c];
        dValue[c] += probability * dy[start + c];
      }
    }
  }
  let width = keyValueHeads * headWidth;
  for (var s = 0u; s < 4u; s++) {
    if (slots[s] >= sizes.promptLength) { break; }
    let first = (sequence * sizes.promptLength + slots[s]) * 2u * width + keyValueHead * headWidth;
    for (var c = 0u; c < headWidth; c++) {
      partial[first + c] = dKey[c][s] * sizes.scale;
      partial[first + width + c] = dValue[c][s];
    }
  }
}
