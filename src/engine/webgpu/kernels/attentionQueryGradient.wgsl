// dq = scale * sum over visible keys of p * (dy . v - delta) * k; probabilities p are recomputed from the log-sum-exp. A
// thread serves four query rows of one head, one to a vector component, and takes four keys at a time.
// Also delta = dy . y of each row and head, which the other gradients need as well.
//   1 q, k and v and 2 prompt as in the forward kernel   3 step inputs   4 log-sum-exp [rows, heads]
//   5 dy, 6 y [rows, heads * headWidth]   7 dq: row r starts at dq + r * qWidth   8 delta [rows, heads]
@group(0) @binding(4) var<storage, read> logSumExps: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> y: array<f32>;
@group(0) @binding(7) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(8) var<storage, read_write> deltas: array<f32>;

var<private> query: array<vec4f, headWidth>;
var<private> upstream: array<vec4f, headWidth>;
var<private> result: array<vec4f, headWidth>;
var<private> logSumExp: vec4f;
var<private> delta = vec4f();

// Gradients of a key's scores, from the scores and from the gradients of its probabilities.
fn dScore(score: vec4f, dProbability: vec4f, gate: vec4f) -> vec4f {
  let probability = gate * select(vec4f(), exp(score * sizes.scale - logSumExp), gate > vec4f());
  return probability * (dProbability - delta);
}

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 16u + lane;
  // Neighbouring threads serve neighbouring rows of one head, so that most of them load the same key at once.
  let quads = (sizes.rows + 3u) / 4u;
  let rows = i % quads * 4u + QUAD;
  let head = i / quads;
  if (head >= heads || rows.x >= sizes.rows) { return; }
  let inside = rows < vec4u(sizes.rows);
  let safeRows = min(rows, vec4u(sizes.rows - 1u));
  let sequences = inputs4(sizes.querySequence, safeRows);
  let at = safeRows * heads + head;
  logSumExp = vec4f(logSumExps[at.x], logSumExps[at.y], logSumExps[at.z], logSumExps[at.w]);
  let source = sizes.q + safeRows * sizes.qWidth + head * headWidth;
  for (var c = 0u; c < sizes.columns; c++) {
    query[c] = vec4f(operands[source.x + c], operands[source.y + c], operands[source.z + c], operands[source.w + c]);
    let o = at * headWidth + c;
    upstream[c] = vec4f(dy[o.x], dy[o.y], dy[o.z], dy[o.w]);
    delta += upstream[c] * vec4f(y[o.x], y[o.y], y[o.z], y[o.w]);
  }
  let headColumn = head / (heads / keyValueHeads) * headWidth;
  let promptSets = vec4u(setOf(sequences.x), setOf(sequences.y), setOf(sequences.z), setOf(sequences.w));
  // One round per prompt set that the rows use.
  var waiting = inside;
  while (any(waiting)) {
    let r = firstOf(waiting);
    let seen = waiting & (promptSets == vec4u(promptSets[r]));
    waiting &= !seen;
    for (var slot = 0u; slot < sizes.promptLength; slot += 4u) {
      let gates = slotGates(slot, seen);
      let start = slotStarts(promptSets[r], slot) + headColumn;
      let key = start + sizes.keyColumn;
      let value = start + sizes.valueColumn;
      var s = mat4x4f();
      var p = mat4x4f();
      for (var c = 0u; c < sizes.columns; c++) {
        let q = query[c];
        let u = upstream[c];
        s += mat4x4f(q * prompt[key.x + c], q * prompt[key.y + c], q * prompt[key.z + c], q * prompt[key.w + c]);
        p += mat4x4f(u * prompt[value.x + c], u * prompt[value.y + c], u * prompt[value.z + c], u * prompt[value.w + c]);
      }
      let d0 = dScore(s[0], p[0], gates[0]);
      let d1 = dScore(s[1], p[1], gates[1]);
      let d2 = dScore(s[2], p[2], gates[2]);
      let d3 = dScore(s[3], p[3], gates[3]);
      for (var c = 0u; c < sizes.columns; c++) {
        let two = result[c] + d0 * prompt[key.x + c] + d1 * prompt[key.y + c];
        result[c] = two + d2 * prompt[key.z + c] + d3 * prompt[key.w + c];
      }
    }
  }
  let starts = inputs4(sizes.keyOffsets, sequences);
  let ends = select(vec4u(), keyEnds(safeRows, sequences), inside);
  let end = max(max(ends.x, ends.y), max(ends.z, ends.w));
  for (var first = starts.x; first < end; first += 4u) {
    let gates = keyGates(first, starts, ends);
    let keys = min(first + QUAD, vec4u(end - 1u));
    let key = sizes.k + keys * sizes.kWidth + headColumn;
    let value = sizes.v + keys * sizes.vWidth + headColumn;
    var s = mat4x4f();
    var p = mat4x4f();
    for (var c = 0u; c < sizes.columns; c++) {
      let q = query[c];
      let u = upstream[c];
      s += mat4x4f(q * operands[key.x + c], q * operands[key.y + c], q * operands[key.z + c], q * operands[key.w + c]);
      p += mat4x4f(u * operands[value.x + c], u * operands[value.y + c], u * operands[value.z + c], u * operands[value.w + c]);
    }
    let d0 = dScore(s[0], p[0], gates[0]);
    let d1 = dScore(s[1], p[1], gates[1]);
    let d2 = dScore(s[2], p[2], gates[2]);
    let d3 = dScore(s[3], p[3], gates[3]);
    for (var c = 0u; c < sizes.columns; c++) {
      let two = result[c] + d0 * operands[key.x + c] + d1 * operands[key.y + c];
      result[c] = two + d2 * operands[key.z + c] + d3 * operands[key.w + c];
    }
  }
  for (var r = 0u; r < 4u; r++) {
    if (!inside[r]) { break; }
    let first = sizes.dq + rows[r] * sizes.qWidth + head * headWidth;
    for (var c = 0u; c < sizes.columns; c++) { gradients[first + c] = result[c][r] * sizes.scale; }
    deltas[at[r]] = delta[r];
  }
}
