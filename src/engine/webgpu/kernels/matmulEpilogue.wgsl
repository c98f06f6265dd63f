// Part of every matmul kernel: what happens to a sum before it is stored. bias [n]; residual, slopes, y and kept [m, n].
// slopes holds the pre-activations whose derivative multiplies y; kept receives the pre-activations of y itself.
// Activations: 0 none, 1 gelu (exact), 2 gelu-tanh, 3 tanh, 4 relu.
override hasBias: bool;
override activation: u32;
override hasResidual: bool;
override derivative: u32;

const SQRT_HALF = 0.70710678118654752;
const INVERSE_SQRT_2PI = 0.39894228040143268;
const SQRT_2_OVER_PI = 0.79788456080286536;
const CUBIC = 0.044715;

// Abramowitz & Stegun 7.1.26, |error| <= 1.5e-7.
fn erf(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - series * exp(-x * x));
}

// Some drivers overflow inside tanh, which is 1 in f32 long before 15.
fn safeTanh(x: vec4f) -> vec4f { return tanh(clamp(x, vec4f(-15.0), vec4f(15.0))); }

fn activate(v: vec4f) -> vec4f {
  if (activation == 1u) { return 0.5 * v * (1.0 + erf(v * SQRT_HALF)); }
  if (activation == 2u) { return 0.5 * v * (1.0 + safeTanh(SQRT_2_OVER_PI * (v + CUBIC * v * v * v))); }
  if (activation == 3u) { return safeTanh(v); }
  return max(v, vec4f());
}

fn slope(v: vec4f) -> vec4f {
  if (derivative == 1u) {
    return 0.5 * (1.0 + erf(v * SQRT_HALF)) + v * INVERSE_SQRT_2PI * exp(-0.5 * v * v);
  }
  if (derivative == 2u) {
    let t = safeTanh(SQRT_2_OVER_PI * (v + CUBIC * v * v * v));
    return 0.5 * (1.0 + t) + 0.5 * v * (1.0 - t * t) * SQRT_2_OVER_PI * (1.0 + 3.0 * CUBIC * v * v);
  }
  if (derivative == 3u) {
    let t = safeTanh(v);
    return 1.0 - t * t;
  }
  return select(vec4f(), vec4f(1.0), v > vec4f());
}

// Finishes four columns of a row; what lies outside the result is dropped.
fn finish(part: u32, row: u32, column: u32, sum: vec4f) {
  if (row >= sizes.m || column >= sizes.n) { return; }
  let columns = min(4u, sizes.n - column);
  let at = row * sizes.n + column;
  var value = sum;
  if (hasBias) { value += loadBias(column); }
  if (activation != 0u) {
    storeKept(at, columns, value);
    value = activate(value);
  }
  if (hasResidual) { value += loadResidual(at); }
  if (derivative != 0u) { value *= slope(loadSlopes(at)); }
  storeY(part * sizes.m * sizes.n + at, columns, value);
}

