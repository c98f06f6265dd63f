// Gradients of keys and values, of the tokens' rows and of each sequence's prompt slots alike:
// dk = scale * sum of p * (dy . v - delta) * q and dv = sum of p * dy over the queries that see the key and the heads that
// share it, in order. A thread serves four rows or four slots of one key/value head, one to a vector component.
//   1 q, k and v and 2 prompt as in the forward kernel   3 step inputs
//   4 log-sum-exp, 5 delta [queries, heads]   6 dy [queries, heads * headWidth]
//   7 dk and dv: row r starts at dk + r * kWidth, dv + r * vWidth
//   8 partial [sequences * promptLength, 2 * keyValueHeads * headWidth]
@group(0) @binding(4) var<storage, read> logSumExps: array<f32>;
@group(0) @binding(5) var<storage, read> deltas: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(8) var<storage, read_write> partial: array<f32>;

var<private> keyRow: array<vec4f, headWidth>;
var<private> valueRow: array<vec4f, headWidth>;
var<private> dKey: array<vec4f, headWidth>;
var<private> dValue: array<vec4f, headWidth>;

// Adds up what the queries from `starts` to `ends` of each key give to it, weighted by the keys' gates.
fn accumulate(starts: vec4u, ends: vec4u, gates: vec4f, keyValueHead: u32) {
  let sharing = heads / keyValueHeads;
  let end = max(max(ends.x, ends.y), max(ends.z, ends.w));
  for (var row = min(min(starts.x, starts.y), min(starts.z, starts.w)); row < end; row++) {
    let seen = (vec4u(row) >= starts) & (vec4u(row) < ends) & (gates > vec4f());
    for (var head = keyValueHead * sharing; head < (keyValueHead + 1u) * sharing; head++) {
      let query = sizes.q + row * sizes.qWidth + head * headWidth;
      let upstream = (row * heads + head) * headWidth;
      var score = vec4f();
      var dProbability = vec4f();
      for (var c = 0u; c < sizes.columns; c++) {
        score += keyRow[c] * operands[query + c];
        dProbability += valueRow[c] * dy[upstream + c];
      }
      let logSumExp = logSumExps[row * heads + head];
      let probability = select(vec4f(), gates * exp(score * sizes.scale - logSumExp), seen);
      let dScore = probability * (dProbability - deltas[row * heads + head]);
      for (var c = 0u; c < sizes.columns; c++) {
        dKey[c] += dScore * operands[query + c];
        dValue[c] += probability * dy[upstream + c];
      }
    }
  }
}

fn tokenRows(keys: vec4u, keyValueHead: u32) {
  let inside = keys < vec4u(sizes.rows);
  let safeKeys = min(keys, vec4u(sizes.rows - 1u));
  let sequences = inputs4(sizes.keySequence, safeKeys);
  let key = sizes.k + safeKeys * sizes.kWidth + keyValueHead * headWidth;
  let value = sizes.v + safeKeys * sizes.vWidth + keyValueHead * headWidth;
  for (var c = 0u; c < sizes.columns; c++) {
    keyRow[c] = vec4f(operands[key.x + c], operands[key.y + c], operands[key.z + c], operands[key.w + c]);
    valueRow[c] = vec4f(operands[value.x + c], operands[value.y + c], operands[value.z + c], operands[value.w + c]);
  }
  let ends = select(vec4u(), inputs4(sizes.queryOffsets, sequences + 1u), inside);
  accumulate(queryStarts(safeKeys, sequences), ends, vec4f(1.0), keyValueHead);
  for (var r = 0u; r < 4u; r++) {
    if (!inside[r]) { break; }
    let column = keyValueHead * headWidth;
    for (var c = 0u; c < sizes.columns; c++) {
      gradients[sizes.dk + keys[r] * sizes.kWidth + column + c] = dKey[c][r] * sizes.scale;
      gradients[sizes.dv + keys[r] * sizes.vWidth + column + c] = dValue[c][r];
    }
  }
}

fn promptSlots(sequence: u32, slots: vec4u, keyValueHead: u32) {
  let safeSlots = min(slots, vec4u(sizes.promptLength - 1u));
  let at = (setOf(sequence) * sizes.promptLength + safeSlots) * sizes.promptWidth + keyValueHead * headWidth;
  for (var c = 0u; c < sizes.columns; c++) {
    let key = at + sizes.keyColumn + c;
    let value = at + sizes.valueColumn + c;
    keyRow[c] = vec4f(prompt[key.x], prompt[key.y], prompt[key.z], prompt[key.w]);
    valueRow[c] = vec4f(prompt[value.x], prompt[value.y], prompt[value.z], prompt[value.w]);
  }
  let gates = vec4f(gateOf(safeSlots.x), gateOf(safeSlots.y), gateOf(safeSlots.z), gateOf(safeSlots.w));
  let start = vec4u(input(sizes.queryOffsets, sequence));
  accumulate(start, vec4u(input(sizes.queryOffsets, sequence + 1u)), gates, keyValueHead);
  let width = keyValueHeads * headWidth;
  for (var s = 0u; s < 4u; s++) {
    if (slots[s] >= sizes.promptLength) { break; }
    let first = (sequence * sizes.promptLength + slots[s]) * 2u * width + keyValueHead * headWidth;
    for (var c = 0u; c < sizes.columns; c++) {
      partial[first + c] = dKey[c][s] * sizes.scale;
      partial[first + width + c] = dValue[c][s];
    }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let keyValueHead = i % keyValueHeads;
  let item = i / keyValueHeads;
  let quads = (sizes.rows + 3u) / 4u;
  if (item < quads) {
    tokenRows(item * 4u + QUAD, keyValueHead);
    return;
  }
  let slotQuads = (sizes.partialLength + 3u) / 4u;
  if (slotQuads == 0u || item - quads >= sizes.sequences * slotQuads) { return; }
  promptSlots((item - quads) / slotQuads, (item - quads) % slotQuads * 4u + QUAD, keyValueHead);
}
