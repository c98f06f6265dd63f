// Copies one buffer to another, 16 bytes per thread and round: the memory rate that shares of GB/s are taken of.

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

override threads: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  for (var i = id.x; i < arrayLength(&source); i += threads) {
    target_[i] = source[i];
  }
}
