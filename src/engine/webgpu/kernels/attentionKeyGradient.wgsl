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

// Probabilities of the keys for one query; 0 without a gate.
fn probabilityOf(score: vec4f, at: u32, gates: vec4f) -> vec4f {
  return select(vec4f(), gates * exp(score * sizes.scale - logSumExps[at]), gates > vec4f());
}

// Adds up what the queries from `starts` to `ends` of each key give to it, under the keys' gates; four queries at a time.
fn accumulate(starts: vec4u, ends: vec4u, gates: vec4f, keyValueHead: u32) {
  let end = max(max(ends.x, ends.y), max(ends.z, ends.w));
  for (var first = min(min(starts.x, starts.y), min(starts.z, starts.w)); first < end; first += 4u) {
    let seen = keyGates(first, starts, ends);
    let rows = min(first + QUAD, vec4u(end - 1u));
    for (var sharer = 0u; sharer < heads / keyValueHeads; sharer++) {
      let head = keyValueHead * (heads / keyValueHeads) + sharer;
      let at = rows * heads + head;
      let q = sizes.q + rows * sizes.qWidth + head * headWidth;
      let o = at * headWidth;
      var s = mat4x4f();
      var dp = mat4x4f();
      for (var c = 0u; c < sizes.columns; c++) {
        let k = keyRow[c];
        let v = valueRow[c];
        s += mat4x4f(k * operands[q.x + c], k * operands[q.y + c], k * operands[q.z + c], k * operands[q.w + c]);
        dp += mat4x4f(v * dy[o.x + c], v * dy[o.y + c], v * dy[o.z + c], v * dy[o.w + c]);
      }
      let p0 = probabilityOf(s[0], at.x, gates * seen[0]);
      let p1 = probabilityOf(s[1], at.y, gates * seen[1]);
      let p2 = probabilityOf(s[2], at.z, gates * seen[2]);
      let p3 = probabilityOf(s[3], at.w, gates * seen[3]);
      let d0 = p0 * (dp[0] - deltas[at.x]);
      let d1 = p1 * (dp[1] - deltas[at.y]);
      let d2 = p2 * (dp[2] - deltas[at.z]);
      let d3 = p3 * (dp[3] - deltas[at.w]);
      for (var c = 0u; c < sizes.columns; c++) {
        let dk = dKey[c] + d0 * operands[q.x + c] + d1 * operands[q.y + c];
        dKey[c] = dk + d2 * operands[q.z + c] + d3 * operands[q.w + c];
        let dv = dValue[c] + p0 * dy[o.x + c] + p1 * dy[o.y + c];
        dValue[c] = dv + p2 * dy[o.z + c] + p3 * dy[o.w + c];
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
  accumulate(vec4u(input(sizes.queryOffsets, sequence)), vec4u(input(sizes.queryOffsets, sequence + 1u)), gates, keyValueHead);
  for (var s = 0u; s < 4u; s++) {
    if (slots[s] >= sizes.promptLength) { break; }
    let first = (sequence * sizes.promptLength + slots[s]) * 2u * keyValueHeads * headWidth + keyValueHead * headWidth;
    for (var c = 0u; c < sizes.columns; c++) {
      partial[first + c] = dKey[c][s] * sizes.scale;
      partial[first + keyValueHeads * headWidth + c] = dValue[c][s];
    }
  }
}

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 16u + lane;
  let quads = (sizes.rows + 3u) / 4u;
  let slotQuads = (sizes.partialLength + 3u) / 4u;
  let items = quads + sizes.sequences * slotQuads;
  // Neighbouring threads serve neighbouring rows of one head, so that most of them load the same query at once.
  let item = i % items;
  let keyValueHead = i / items;
  if (items == 0u || keyValueHead >= keyValueHeads) { return; }
  if (item < quads) {
    tokenRows(item * 4u + QUAD, keyValueHead);
    return;
  }
  promptSlots((item - quads) / slotQuads, (item - quads) % slotQuads * 4u + QUAD, keyValueHead);
}
