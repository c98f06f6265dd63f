// y = f(x), elementwise. kind: 0 gelu (exact), 1 gelu-tanh, 2 tanh, 3 relu.
//   1 x [rows, width]   2 y [rows, width]
override kind: u32;
struct Sizes { rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

const SQRT_HALF = 0.70710678118654752;
const INVERSE_SQRT_2PI = 0.39894228040143268;
const SQRT_2_OVER_PI = 0.79788456080286536;
const CUBIC = 0.044715;

// Abramowitz & Stegun 7.1.26, |error| <= 1.5e-7.
fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - series * exp(-x * x));
}

// Some drivers overflow inside tanh, which is 1 in f32 long before 15.
fn safeTanh(x: f32) -> f32 { return tanh(clamp(x, -15.0, 15.0)); }

fn activate(v: f32) -> f32 {
  if (kind == 0u) { return 0.5 * v * (1.0 + erf(v * SQRT_HALF)); }
  if (kind == 1u) { return 0.5 * v * (1.0 + safeTanh(SQRT_2_OVER_PI * (v + CUBIC * v * v * v))); }
  if (kind == 2u) { return safeTanh(v); }
  return max(v, 0.0);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i >= sizes.rows * sizes.width) { return; }
  y[i] = activate(x[i]);
}
