// Ends a step or one of its micro-batches: total loss and hits so far, gradient norm, clip factor, and whether the update is skipped. One workgroup.
//   1 step inputs (settings)   2 loss [rows, 1]   3 correct [rows, 1]   4 partials [count, 2]
//   5 control (clip factor, skip)   6 ring [slots, 4] (loss, correct, norm, skip)
struct Sizes { rows: u32, partialCount: u32, settings: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<u32>;
@group(0) @binding(2) var<storage, read> loss: array<f32>;
@group(0) @binding(3) var<storage, read> correct: array<f32>;
@group(0) @binding(4) var<storage, read> partials: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> control: array<f32>;
@group(0) @binding(6) var<storage, read_write> ring: array<vec4f>;

const CLIP_NORM = 5u;
const RING_SLOT = 6u;
const IS_FIRST = 7u;
const EXPONENT = 0x7f800000u;

var<workgroup> sums: array<vec4f, 64>;

fn isFinite(value: f32) -> bool { return (bitcast<u32>(value) & EXPONENT) != EXPONENT; }

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = vec4f();
  for (var row = lane; row < sizes.rows; row += 64u) { sum += vec4f(loss[row], correct[row], 0.0, 0.0); }
  for (var i = lane; i < sizes.partialCount; i += 64u) { sum += vec4f(0.0, 0.0, partials[i]); }
  sums[lane] = sum;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane != 0u) { return; }
  let total = sums[0];
  let skip = total.w > 0.0 || !isFinite(total.z);
  let norm = sqrt(total.z);
  let limit = bitcast<f32>(inputs[sizes.settings + CLIP_NORM]);
  var factor = 1.0;
  if (limit > 0.0) { factor = min(1.0, limit / (norm + 1e-6)); }
  control[0] = factor;
  control[1] = select(0.0, 1.0, skip);
  let slot = inputs[sizes.settings + RING_SLOT];
  var losses = total.xy;
  if (inputs[sizes.settings + IS_FIRST] == 0u) { losses += ring[slot].xy; }
  ring[slot] = vec4f(losses, norm, select(0.0, 1.0, skip));
}
