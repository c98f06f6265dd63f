// In front of crossEntropy.wgsl and segmentCrossEntropy.wgsl: the softmax of logits in stretches that are joined in a fixed tree.
// `lanes` threads share a softmax; `groupRows` softmaxes share a workgroup.
override lanes: u32;
override groupRows: u32;
// A name of its own, because Firefox ends at an array whose size is this expression.
override groupThreads = lanes * groupRows;

const LOWEST = -3.0e38;

// A stretch of logits: the largest, where that is first found, and the sum of exp(logit - largest).
struct Stretch { largest: f32, at: u32, sum: f32 }
var<workgroup> stretches: array<Stretch, groupThreads>;

// The stretch with one more logit behind it.
fn lengthen(stretch: Stretch, value: f32, at: u32) -> Stretch {
  if (value > stretch.largest) { return Stretch(value, at, stretch.sum * exp(stretch.largest - value) + 1.0); }
  return Stretch(stretch.largest, stretch.at, stretch.sum + exp(value - stretch.largest));
}

fn join(a: Stretch, b: Stretch) -> Stretch {
  let bWins = b.largest > a.largest || (b.largest == a.largest && b.at < a.at);
  let largest = max(a.largest, b.largest);
  return Stretch(largest, select(a.at, b.at, bWins), a.sum * exp(a.largest - largest) + b.sum * exp(b.largest - largest));
}

fn joinLanes(value: Stretch, local: vec2u) -> Stretch {
  if (lanes == 1u) { return value; }
  let base = local.y * lanes;
  stretches[base + local.x] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.x < half) { stretches[base + local.x] = join(stretches[base + local.x], stretches[base + local.x + half]); }
  }
  workgroupBarrier();
  return stretches[base];
}

