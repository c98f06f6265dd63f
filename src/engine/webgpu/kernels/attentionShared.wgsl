// What the attention kernels share: their uniform block, their reading of step inputs, and which keys a query sees. It
// stands in front of each of them, behind `const headWidth`: an array cannot have the size of an override. `columns` is the
// same number for loops that must stay loops: Mesa's lavapipe unrolls what it can count, and compiles the result for minutes.
override heads: u32;
override keyValueHeads: u32;
struct Sizes {
  rows: u32, scale: f32, causal: u32, promptLength: u32, promptWidth: u32, keyColumn: u32, valueColumn: u32,
  queryOffsets: u32, querySequence: u32, keyOffsets: u32, keySequence: u32, promptSet: u32, gate: u32,
  q: u32, qWidth: u32, k: u32, kWidth: u32, v: u32, vWidth: u32,
  dq: u32, dk: u32, dv: u32, sequences: u32, partialLength: u32, columns: u32,
}
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> operands: array<f32>;
@group(0) @binding(2) var<storage, read> prompt: array<f32>;
@group(0) @binding(3) var<storage, read> inputs: array<i32>;

const ABSENT = 0xffffffffu;
const QUAD = vec4u(0u, 1u, 2u, 3u);

fn input(offset: u32, i: u32) -> u32 { return u32(inputs[offset + i]); }

fn inputs4(offset: u32, i: vec4u) -> vec4u {
  return vec4u(input(offset, i.x), input(offset, i.y), input(offset, i.z), input(offset, i.w));
}

// Factor of a slot on its probability; 0 removes it.
fn gateOf(slot: u32) -> f32 {
  if (sizes.gate == ABSENT) { return 1.0; }
  return bitcast<f32>(inputs[sizes.gate + slot]);
}

// Prompt set of a sequence.
fn setOf(sequence: u32) -> u32 {
  if (sizes.promptSet == ABSENT) { return 0u; }
  return input(sizes.promptSet, sequence);
}

// The first of four rows that is still to be served; one of them is.
fn firstOf(waiting: vec4<bool>) -> u32 {
  return select(select(select(3u, 2u, waiting.z), 1u, waiting.y), 0u, waiting.x);
}

// End of the keys that each row sees: its sequence's, or up to its own position counted from the end if causal.
fn keyEnds(rows: vec4u, sequences: vec4u) -> vec4u {
  let ends = inputs4(sizes.keyOffsets, sequences + 1u);
  if (sizes.causal == 0u) { return ends; }
  let behind = inputs4(sizes.queryOffsets, sequences + 1u) - rows;
  return vec4u(max(vec4i(inputs4(sizes.keyOffsets, sequences)), vec4i(ends) - vec4i(behind) + 1));
}

// First query that sees each key: the first of its sequence, or the one at its own position from the end if causal.
fn queryStarts(keys: vec4u, sequences: vec4u) -> vec4u {
  let starts = inputs4(sizes.queryOffsets, sequences);
  if (sizes.causal == 0u) { return starts; }
  let behind = vec4i(inputs4(sizes.keyOffsets, sequences + 1u) - keys);
  return vec4u(max(vec4i(starts), vec4i(inputs4(sizes.queryOffsets, sequences + 1u)) - behind));
}

// Gates of four keys from `first` on, each a column over the rows: 1 where the row sees the key.
fn keyGates(first: u32, starts: vec4u, ends: vec4u) -> mat4x4f {
  return mat4x4f(
    keyGate(first, starts, ends),
    keyGate(first + 1u, starts, ends),
    keyGate(first + 2u, starts, ends),
    keyGate(first + 3u, starts, ends),
  );
}

fn keyGate(key: u32, starts: vec4u, ends: vec4u) -> vec4f {
  return select(vec4f(), vec4f(1.0), (vec4u(key) >= starts) & (vec4u(key) < ends));
}

// The same for four slots, open to the rows that are `seen`.
fn slotGates(first: u32, seen: vec4<bool>) -> mat4x4f {
  let open = select(vec4f(), vec4f(1.0), seen);
  return mat4x4f(
    slotGate(first) * open,
    slotGate(first + 1u) * open,
    slotGate(first + 2u) * open,
    slotGate(first + 3u) * open,
  );
}

fn slotGate(slot: u32) -> f32 {
  if (slot >= sizes.promptLength) { return 0.0; }
  return max(0.0, gateOf(slot));
}

// Where the rows of four slots of a prompt set start; the last slot's where there are no more.
fn slotStarts(promptSet: u32, first: u32) -> vec4u {
  let slots = min(first + QUAD, vec4u(sizes.promptLength - 1u));
  return (promptSet * sizes.promptLength + slots) * sizes.promptWidth;
}
