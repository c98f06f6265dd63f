// Attention with an online softmax (Dao et al. 2022): prompt slots first, then the keys of each row's sequence. A thread
// serves four query rows of one head, one to a vector component, so that they share every key it loads, and takes four keys
// at a time, one after the other into the sums; what a row does not see is masked and leaves its bits alone.
//   1 q, k and v: row r of q starts at q + r * qWidth, and so on   2 prompt [sets * promptLength, promptWidth]
//   3 step inputs   4 y [rows, heads * headWidth]   5 logSumExp [rows, heads]
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> logSumExp: array<f32>;

// The rows' queries, their weighted sums of values so far, the largest scores so far and the sums of exp(score - largest);
// and by what the last key shrank both sums, which is 1 where no larger score came.
var<private> query: array<vec4f, headWidth>;
var<private> result: array<vec4f, headWidth>;
var<private> largest = vec4f(-1.0e30);
var<private> total = vec4f();
var<private> shrink: vec4f;

// Weights of a key with these scores, under the largest scores with it; 0 where its gate is closed.
fn weigh(score: vec4f, gate: vec4f) -> vec4f {
  let seen = gate > vec4f();
  let grows = seen & (score > largest);
  shrink = select(vec4f(1.0), exp(largest - score), grows);
  largest = select(largest, score, grows);
  let weight = gate * select(vec4f(), exp(score - largest), seen);
  total = total * shrink + weight;
  return weight;
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
    for (var slot = 0u; slot < sizes.promptLength; slot += 4u) {
      let gates = slotGates(slot, seen);
      let start = slotStarts(promptSets[r], slot) + headColumn;
      let key = start + sizes.keyColumn;
      let value = start + sizes.valueColumn;
      var s = mat4x4f();
      for (var c = 0u; c < sizes.columns; c++) {
        let q = query[c];
        s += mat4x4f(q * prompt[key.x + c], q * prompt[key.y + c], q * prompt[key.z + c], q * prompt[key.w + c]);
      }
      let w0 = weigh(s[0] * sizes.scale, gates[0]);
      let h0 = shrink;
      let w1 = weigh(s[1] * sizes.scale, gates[1]);
      let h1 = shrink;
      let w2 = weigh(s[2] * sizes.scale, gates[2]);
      let h2 = shrink;
      let w3 = weigh(s[3] * sizes.scale, gates[3]);
      let h3 = shrink;
      for (var c = 0u; c < sizes.columns; c++) {
        let two = (result[c] * h0 + w0 * prompt[value.x + c]) * h1 + w1 * prompt[value.y + c];
        result[c] = (two * h2 + w2 * prompt[value.z + c]) * h3 + w3 * prompt[value.w + c];
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
    for (var c = 0u; c < sizes.columns; c++) {
      let q = query[c];
      s += mat4x4f(q * operands[key.x + c], q * operands[key.y + c], q * operands[key.z + c], q * operands[key.w + c]);
    }
    let w0 = weigh(s[0] * sizes.scale, gates[0]);
    let h0 = shrink;
    let w1 = weigh(s[1] * sizes.scale, gates[1]);
    let h1 = shrink;
    let w2 = weigh(s[2] * sizes.scale, gates[2]);
    let h2 = shrink;
    let w3 = weigh(s[3] * sizes.scale, gates[3]);
    let h3 = shrink;
    for (var c = 0u; c < sizes.columns; c++) {
      let two = (result[c] * h0 + w0 * operands[value.x + c]) * h1 + w1 * operands[value.y + c];
      result[c] = (two * h2 + w2 * operands[value.z + c]) * h3 + w3 * operands[value.w + c];
    }
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
