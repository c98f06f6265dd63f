// Multiply-adds on registers alone: 8 independent chains of vec4 per thread, so that latency is hidden. What it reaches is
// the peak that shares of GFLOP/s are taken of. 64 operations per thread and round. Not `fma`, which software emulates.

@group(0) @binding(0) var<storage, read_write> result: array<vec4f>;

override rounds: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = vec4f(0.999);
  let start = vec4f(f32(id.x & 7u));
  var a = start;
  var b = start + 1;
  var c = start + 2;
  var d = start + 3;
  var e = start + 4;
  var f = start + 5;
  var g = start + 6;
  var h = start + 7;
  for (var i = 0u; i < rounds; i++) {
    a = a * factor + start;
    b = b * factor + start;
    c = c * factor + start;
    d = d * factor + start;
    e = e * factor + start;
    f = f * factor + start;
    g = g * factor + start;
    h = h * factor + start;
  }
  result[id.x] = a + b + c + d + e + f + g + h;
}
