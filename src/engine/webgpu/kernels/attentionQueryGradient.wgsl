// dq = scale * sum over visible keys of p * (dy . v - delta) * k; probabilities p are recomputed from the log-sum-exp. A
// thread serves four query rows of one head, one to a vector component.
//   1 q, 2 k, 3 v, 4 prompt as in the forward kernel   5 log-sum-exp and delta [rows, heads], in one buffer
//   6 dy [rows, heads * headWidth]   7 step inputs   8 dq [rows, heads * headWidth]
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
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> prompt: array<f32>;
@group(0) @binding(5) var<storage, read> statistics: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read> inputs: array<i32>;
@group(0) @binding(8) var<storage, read_write> dq: array<f32>;

const ABSENT = 0xffffffffu;
const QUAD = vec4u(0u, 1u, 2u, 3u);

fn input(offset: u32, i: u32) -> u32 { return u32(inputs[offset + i]); }

fn inputs4(offset: u32, i: vec4u) -> vec4u {
  return vec4u(input(offset, i.x), input(offset, i.y), input(offset, i.z), input(offset, i.w));
}

fn statistics4(offset: u32, i: vec4u) -> vec4f {
  return vec4f(statistics[offset + i.x], statistics[offset + i.y], statistics[offset + i.z], statistics[offset + i.w]);
}

// Factor of a slot on its probability; 0 removes it.
fn gateOf(slot: u32) -> f32 {
  if (sizes.gate == ABSENT) { return 1.0; }
  return bitcast<f32>(inputs[sizes.gate + slot]);
}

// Prompt set of each row.
fn setsOf(sequences: vec4u) -> vec4u {
  if (sizes.promptSet == ABSENT) { return vec4u(); }
  return inputs4(sizes.promptSet, sequences);
}

// End of the keys that each row sees: its sequence's, or up to its own position counted from the end if causal.
fn keyEnds(rows: vec4u, sequences: vec4u) -> vec4u {
  let ends = inputs4(sizes.keyOffsets, sequences + 1u);
  if (sizes.causal == 0u) { return ends; }
  let behind = inputs4(sizes.queryOffsets, sequences + 1u) - rows;
  return vec4u(max(vec4i(inputs4(sizes.keyOffsets, sequences)), vec4i(ends) - vec4i(behind) + 1));
}

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
  let logSumExp = statistics4(sizes.logSumExp, safeRows * heads + head);
  let delta = statistics4(sizes.delta, safeRows * heads + head);
  let at = (safeRows * heads + head) * headWidth;
  for (var c = 0u; c < headWidth; c++) {
    query[c] = vec4f(q[at.x + c], q[at.y + c], q[at.z + c], q[at.w + c]);
    upstream[c] = vec4f(dy[at.x + c], dy[at.y + c], dy[at.z + c], dy[at.w + c]);
  }
  let headColumn = head / (heads / keyValueHeads) * headWidth;
  let promptSets = setsOf(sequences);
  // One round per prompt set that the rows use.
  var waiting = inside;
  for (var r = 0u; r < 4u; r++) {
    if (!waiting[r]) { continue; }
    let seen = waiting & (promptSets == vec4u(promptSets[r]));
    waiting &= !seen;
    for (var slot = 0u; slot < sizes.promptLength; slot++) {
      let gate = gateOf(slot);
      if (gate <= 0.0) { continue; }
      let start = (promptSets[r] * sizes.promptLength + slot) * sizes.promptWidth + headColumn;
      var score = vec4f();
      var dProbability = vec4f();
      for (var c = 0u; c < headWidth; c++) {
        score += query[c] * prompt[start + sizes.keyColumn + c];
        dProbability += upstream[c] * prompt[start + sizes.valueColumn + c];
      }
      let dScore = gate * select(vec4f(), exp(score * sizes.scale - logSumExp), seen) * (dProbability - delta);
      for (var c = 0u; c < headWidth; c++) { result[c] += dScore * prompt[start + sizes.keyColumn + c]; }
    }
  }
  let starts = inputs4(sizes.keyOffsets, sequences);
  let ends = select(vec4u(), keyEnds(safeRows, sequences), inside);
  let end = max(max(ends.x, ends.y), max(ends.z, ends.w));
  for (var key = starts.x; key < end; key++) {
    let seen = (vec4u(key) >= starts) & (vec4u(key) < ends);
    let start = key * keyValueHeads * headWidth + headColumn;
    var score = vec4f();
    var dProbability = vec4f();
    for (var c = 0u; c < headWidth; c++) {
      score += query[c] * k[start + c];
      dProbability += upstream[c] * v[start + c];
    }
    let dScore = select(vec4f(), exp(score * sizes.scale - logSumExp), seen) * (dProbability - delta);
    for (var c = 0u; c < headWidth; c++) { result[c] += dScore * k[start + c]; }
  }
  for (var r = 0u; r < 4u; r++) {
    if (!inside[r]) { break; }
    for (var c = 0u; c < headWidth; c++) { dq[at[r] + c] = result[c][r] * sizes.scale; }
  }
}
