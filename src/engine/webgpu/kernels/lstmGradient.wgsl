// Back-propagation through time for one direction of an LSTM layer: one workgroup walks the steps from the last to the
// first. `carry` holds the gradient of each unit's cell on its way to the step before.
//   1 dy [rows, h]   2 gates [rows, 4h]   3 cells [rows, h]   4 weight [4h, h]   5 dx [rows, 4h]   6 carry [1, h]
override lanes: u32;
override reverse: bool;
struct Sizes { rows: u32, hidden: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> gates: array<f32>;
@group(0) @binding(3) var<storage, read> cells: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
@group(0) @binding(6) var<storage, read_write> carry: array<f32>;

fn safeTanh(v: f32) -> f32 { return tanh(clamp(v, -15.0, 15.0)); }

fn rowAt(step: u32) -> u32 { return select(step, sizes.rows - 1u - step, reverse); }

@compute @workgroup_size(lanes)
fn main(@builtin(local_invocation_index) lane: u32) {
  let hidden = sizes.hidden;
  for (var j = lane; j < hidden; j += lanes) { carry[j] = 0.0; }
  for (var back = 0u; back < sizes.rows; back++) {
    let step = sizes.rows - 1u - back;
    let row = rowAt(step);
    storageBarrier();
    for (var j = lane; j < hidden; j += lanes) {
      var dState = dy[row * hidden + j];
      if (back > 0u) {
        let after = rowAt(step + 1u) * 4u * hidden;
        for (var r = 0u; r < 4u * hidden; r++) { dState += weight[r * hidden + j] * dx[after + r]; }
      }
      let at = row * 4u * hidden + j;
      let i = gates[at];
      let f = gates[at + hidden];
      let g = gates[at + 2u * hidden];
      let o = gates[at + 3u * hidden];
      let squashed = safeTanh(cells[row * hidden + j]);
      var before = 0.0;
      if (step > 0u) { before = cells[rowAt(step - 1u) * hidden + j]; }
      let dCell = dState * o * (1.0 - squashed * squashed) + carry[j];
      dx[at] = dCell * g * i * (1.0 - i);
      dx[at + hidden] = dCell * before * f * (1.0 - f);
      dx[at + 2u * hidden] = dCell * i * (1.0 - g * g);
      dx[at + 3u * hidden] = dState * squashed * o * (1.0 - o);
      carry[j] = dCell * f;
    }
  }
}
