// d logits = weight * (exp(logit - log-sum-exp of its sequence and column) - onehot(label)), one thread per element.
//   1 logits [rows, classes]   2 log-sum-exp [targets, 1]   3 step inputs (offsets, labels, weights, sequence)   4 gradient
struct Sizes { rows: u32, classes: u32, offsets: u32, labels: u32, weights: u32, sequence: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> logSumExp: array<f32>;
@group(0) @binding(3) var<storage, read> inputs: array<i32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let i = (group.x + group.y * groups.x) * 64u + local.x;
  if (i >= sizes.rows * sizes.classes) { return; }
  let row = i / sizes.classes;
  let sequence = u32(inputs[sizes.sequence + row]);
  let place = sequence * sizes.classes + i % sizes.classes;
  let label = u32(inputs[sizes.offsets + sequence] + inputs[sizes.labels + place]);
  let weight = bitcast<f32>(inputs[sizes.weights + place]);
  gradient[i] = weight * (exp(logits[i] - logSumExp[place]) - select(0.0, 1.0, row == label));
}
