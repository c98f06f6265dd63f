// One AdamW update (decoupled weight decay, epsilon outside the root), bias corrections given by the host.
//   1 step inputs (settings)   2 control (clip factor, skip)   3 group of each 64 floats   4 gradients
//   5 values   6 first moments   7 second moments, all [floats]
struct Sizes { floats: u32, settings: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> inputs: array<u32>;
@group(0) @binding(2) var<storage, read> control: array<f32>;
@group(0) @binding(3) var<storage, read> groupOf: array<u32>;
@group(0) @binding(4) var<storage, read> gradients: array<f32>;
@group(0) @binding(5) var<storage, read_write> values: array<f32>;
@group(0) @binding(6) var<storage, read_write> firstMoments: array<f32>;
@group(0) @binding(7) var<storage, read_write> secondMoments: array<f32>;

const NO_GROUP = 0xffffffffu;
const GLOBALS = 9u;

fn setting(word: u32) -> f32 { return bitcast<f32>(inputs[sizes.settings + word]); }

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.floats || control[1] != 0.0) { return; }
  let owner = groupOf[i / 64u];
  if (owner == NO_GROUP) { return; }
  let own = GLOBALS + 4u * owner;
  if (inputs[sizes.settings + own + 2u] != 1u) { return; }
  let gradient = gradients[i] * control[0];
  // Settings: 0 beta1, 1 1-beta1, 2 beta2, 3 1-beta2, 4 epsilon;
  // per group: 0 factor of the weight decay, 1 step size over the first bias correction, 2 active, 3 root of the second.
  let first = setting(0u) * firstMoments[i] + setting(1u) * gradient;
  let second = setting(2u) * secondMoments[i] + setting(3u) * gradient * gradient;
  firstMoments[i] = first;
  secondMoments[i] = second;
  values[i] = values[i] * setting(own) - setting(own + 1u) * first / (sqrt(second) / setting(own + 3u) + setting(4u));
}
