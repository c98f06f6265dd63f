// dq = scale * sum over visible keys of p * (dy . v - delta) * k; probabilities p are recomputed from the log-sum-exp. A
// thread serves four query rows of one head, one to a vector component.
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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let rows = i / heads * 4u + QUAD;
  let head = i % heads;
  if (rows.x >= sizes.rows) { return; }
  let inside = rows < vec4u(sizes.rows);
  let safeRows = min(rows, vec4u(sizes.rows - 1u));
  let sequences = inputs4(sizes.querySequence, safeRows);
  let at = safeRows * heads + head;
  let logSumExp = vec4f(logSumExps[at.x], logSumExps[at.y], logSumExps[at.z], logSumExps[at.w]);
  let source = sizes.q + safeRows * sizes.qWidth + head * headWidth;
  var delta = vec4f();
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
    for (var slot = 0u; slot < sizes.promptLength; slot++) {
      let gate = gateOf(slot);
      if (gate <= 0.0) { continue; }
      let start = (promptSets[r] * sizes.promptLength + slot) * sizes.promptWidth + headColumn;
      var score = vec4f();
      var dProbability = vec4f();
      for (var c = 0u; c < sizes.columns; c++) {
        score += query[c] * prompt[start + sizes.keyColumn + c];
        dProbability += upstream[c] * prompt[start + sizes.valueColumn + c];
      }
      let dScore = gate * select(vec4f(), exp(score * sizes.scale - logSumExp), seen) * (dProbability - delta);
      for (var c = 0u; c < sizes.columns; c++) { result[c] += dScore * prompt[start + sizes.keyColumn + c]; }
    }
  }
  let starts = inputs4(sizes.keyOffsets, sequences);
  let ends = select(vec4u(), keyEnds(safeRows, sequences), inside);
  let end = max(max(ends.x, ends.y), max(ends.z, ends.w));
  for (var key = starts.x; key < end; key++) {
    let seen = (vec4u(key) >= starts) & (vec4u(key) < ends);
    let keyStart = sizes.k + key * sizes.kWidth + headColumn;
    let valueStart = sizes.v + key * sizes.vWidth + headColumn;
    var score = vec4f();
    var dProbability = vec4f();
    for (var c = 0u; c < sizes.columns; c++) {
      score += query[c] * operands[keyStart + c];
      dProbability += upstream[c] * operands[valueStart + c];
    }
    let dScore = select(vec4f(), exp(score * sizes.scale - logSumExp), seen) * (dProbability - delta);
    for (var c = 0u; c < sizes.columns; c++) { result[c] += dScore * operands[keyStart + c]; }
  }
  for (var r = 0u; r < 4u; r++) {
    if (!inside[r]) { break; }
    let first = sizes.dq + rows[r] * sizes.qWidth + head * headWidth;
    for (var c = 0u; c < sizes.columns; c++) { gradients[first + c] = result[c][r] * sizes.scale; }
    deltas[at[r]] = delta[r];
  }
}
