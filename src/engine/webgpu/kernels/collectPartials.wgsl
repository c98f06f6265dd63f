// Sums the partial prompt gradients of all sequences, for up to 48 layers at once: the partial of a layer holds, per
// sequence and slot, `blocks` column blocks of blockWidth, which belong to the target columns given for it.
//   1 partials, each [sequences * promptLength, blocks * blockWidth]   2 step inputs   3 y [sets * promptLength, width]
struct Sizes {
  sequences: u32, slots: u32, promptLength: u32, width: u32, blockWidth: u32, layers: u32, promptSet: u32, blocks: u32,
  places: array<vec4u, 12>,
  keyColumns: array<vec4u, 12>,
  valueColumns: array<vec4u, 12>,
}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read> inputs: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

const ABSENT = 0xffffffffu;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let partialWidth = sizes.blocks * sizes.blockWidth;
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let column = i % partialWidth;
  let slot = (i / partialWidth) % sizes.slots;
  let layer = i / (partialWidth * sizes.slots);
  if (layer >= sizes.layers) { return; }
  let promptSet = slot / sizes.promptLength;
  let place = sizes.places[layer / 4u][layer % 4u];
  var sum = 0.0;
  for (var sequence = 0u; sequence < sizes.sequences; sequence++) {
    var used = 0u;
    if (sizes.promptSet != ABSENT) { used = u32(inputs[sizes.promptSet + sequence]); }
    if (used == promptSet) {
      let row = sequence * sizes.promptLength + slot % sizes.promptLength;
      sum += partials[place + row * partialWidth + column];
    }
  }
  let isKey = column < sizes.blockWidth;
  let first = select(sizes.valueColumns[layer / 4u][layer % 4u], sizes.keyColumns[layer / 4u][layer % 4u], isKey);
  y[slot * sizes.width + first + column % sizes.blockWidth] = sum;
}
