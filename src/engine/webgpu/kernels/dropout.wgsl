// y = x / (1 - share) where the hash of (key, stream, example, position, column) is not below the threshold, else 0.
//   1 x [rows, width]   2 step inputs (key [2], example [rows], position [rows])   3 y [rows, width]
struct Sizes { rows: u32, width: u32, key: u32, example: u32, position: u32, stream: u32, threshold: u32, factor: f32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> inputs: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

fn mixed(hash: u32, counter: u32) -> u32 {
  var value = hash ^ counter;
  value = (value ^ (value >> 16u)) * 0x7feb352du;
  value = (value ^ (value >> 15u)) * 0x846ca68bu;
  return value ^ (value >> 16u);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.rows * sizes.width) { return; }
  let row = i / sizes.width;
  var hash = mixed(0x9e3779b9u, inputs[sizes.key]);
  hash = mixed(hash, inputs[sizes.key + 1u]);
  hash = mixed(hash, sizes.stream);
  hash = mixed(hash, inputs[sizes.example + row]);
  hash = mixed(hash, inputs[sizes.position + row]);
  hash = mixed(hash, i % sizes.width);
  y[i] = select(x[i] * sizes.factor, 0.0, hash < sizes.threshold);
}
