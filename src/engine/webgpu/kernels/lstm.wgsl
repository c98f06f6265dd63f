// One direction of an LSTM layer. One workgroup walks the steps: first every gate row adds its recurrent product to x,
// then every unit updates its cell. Gates in PyTorch's order: input, forget, cell, output.
//   1 x [rows, 4h]   2 weight [4h, h]   3 bias [4h]
//   4 y [rows, h]   5 gates [rows, 4h]   6 cells [rows, h]   7 previous [rows, h]
override lanes: u32;
override reverse: bool;
struct Sizes { rows: u32, hidden: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> gates: array<f32>;
@group(0) @binding(6) var<storage, read_write> cells: array<f32>;
@group(0) @binding(7) var<storage, read_write> previous: array<f32>;

// Some drivers overflow inside tanh, which is 1 in f32 long before 15.
fn safeTanh(v: f32) -> f32 { return tanh(clamp(v, -15.0, 15.0)); }

fn sigmoid(v: f32) -> f32 { return 1.0 / (1.0 + exp(-clamp(v, -80.0, 80.0))); }

fn rowAt(step: u32) -> u32 { return select(step, sizes.rows - 1u - step, reverse); }

@compute @workgroup_size(lanes)
fn main(@builtin(local_invocation_index) lane: u32) {
  let hidden = sizes.hidden;
  for (var j = lane; j < hidden; j += lanes) { previous[rowAt(0u) * hidden + j] = 0.0; }
  for (var step = 0u; step < sizes.rows; step++) {
    let row = rowAt(step);
    storageBarrier();
    for (var r = lane; r < 4u * hidden; r += lanes) {
      var sum = x[row * 4u * hidden + r] + bias[r];
      for (var k = 0u; k < hidden; k++) { sum += weight[r * hidden + k] * previous[row * hidden + k]; }
      let isCell = r / hidden == 2u;
      gates[row * 4u * hidden + r] = select(sigmoid(sum), safeTanh(sum), isCell);
    }
    storageBarrier();
    for (var j = lane; j < hidden; j += lanes) {
      let at = row * 4u * hidden + j;
      var before = 0.0;
      if (step > 0u) { before = cells[rowAt(step - 1u) * hidden + j]; }
      let cell = gates[at + hidden] * before + gates[at] * gates[at + 2u * hidden];
      let state = gates[at + 3u * hidden] * safeTanh(cell);
      cells[row * hidden + j] = cell;
      y[row * hidden + j] = state;
      if (step + 1u < sizes.rows) { previous[rowAt(step + 1u) * hidden + j] = state; }
    }
  }
}
