// Attention with an online softmax (Dao et al. 2022): prompt slots first, then the keys of each row's sequence. A thread
// serves four query rows of one head, one to a vector component, so that they share every key it loads; what a row does
// not see is masked and leaves its bits alone.
//   1 q, k and v: row r of q starts at q + r * qWidth, and so on   2 prompt [sets * promptLength, promptWidth]
//   3 step inputs   4 y [rows, heads * headWidth]   5 logSumExp [rows, heads]
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> logSumExp: array<f32>;

// The rows' queries, their weighted sums of values so far, the largest scores so far and the sums of exp(score - largest).
var<private> query: array<vec4f, headWidth>;
var<private> result: array<vec4f, headWidth>;
var<private> largest = vec4f(-1.0e30);
var<private> total = vec4f();

// Weights of a key with these scores, after rescaling what is there to the new largest scores.
fn weigh(score: vec4f, seen: vec4<bool>) -> vec4f {
  let grows = seen & (score > largest);
  if (any(grows)) {
    let shrink = select(vec4f(1.0), exp(largest - score), grows);
    total *= shrink;
    for (var c = 0u; c < sizes.columns; c++) { result[c] *= shrink; }
    largest = select(largest, score, grows);
  }
  return select(vec4f(), exp(score - largest), seen);
}

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
  let source = sizes.q + safeRows * sizes.qWidth + head * headWidth;
  for (var c = 0u; c < sizes.columns; c++) {
    query[c] = vec4f(operands[source.x + c], operands[source.y + c], operands[source.z + c], operands[source.w + c]);
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
      for (var c = 0u; c < sizes.columns; c++) { score += query[c] * prompt[start + sizes.keyColumn + c]; }
      let weight = gate * weigh(score * sizes.scale, seen);
      total += weight;
      for (var c = 0u; c < sizes.columns; c++) { result[c] += weight * prompt[start + sizes.valueColumn + c]; }
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
    for (var c = 0u; c < sizes.columns; c++) { score += query[c] * operands[keyStart + c]; }
    let weight = weigh(score * sizes.scale, seen);
    total += weight;
    for (var c = 0u; c < sizes.columns; c++) { result[c] += weight * operands[valueStart + c]; }
  }
  for (var r = 0u; r < 4u; r++) {
    if (!inside[r]) { break; }
    // A row that sees nothing gets a log-sum-exp under which every probability is 0.
    let sees = total[r] > 0.0;
    let inverse = select(0.0, 1.0 / total[r], sees);
    let at = rows[r] * heads + head;
    for (var c = 0u; c < sizes.columns; c++) { y[at * headWidth + c] = result[c][r] * inverse; }
    logSumExp[at] = select(1.0e30, largest[r] + log(total[r]), sees);
  }
}
