// y[r] = sum over up to four tables of table_k[index_k[r]]; an index of -1 adds nothing.
// half: the table's values are in half precision, two to a word.
//   1..4 tables [any, width]   5 step inputs   6 y [rows, width]
override half0: bool;
override half1: bool;
override half2: bool;
override half3: bool;
struct Sizes { rows: u32, width: u32, index0: u32, index1: u32, index2: u32, index3: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> table0: array<u32>;
@group(0) @binding(2) var<storage, read> table1: array<u32>;
@group(0) @binding(3) var<storage, read> table2: array<u32>;
@group(0) @binding(4) var<storage, read> table3: array<u32>;
@group(0) @binding(5) var<storage, read> inputs: array<i32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

const ABSENT = 0xffffffffu;

fn lookUp(index: u32, row: u32) -> i32 {
  if (index == ABSENT) { return -1; }
  return inputs[index + row];
}

// Where element `i` of a table lies, and its value in that word.
fn wordOf(i: u32, half: bool) -> u32 { return select(i, i / 2u, half); }

fn valueIn(word: u32, i: u32, half: bool) -> f32 {
  if (half) { return unpack2x16float(word)[i % 2u]; }
  return bitcast<f32>(word);
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
  let column = i % sizes.width;
  var sum = 0.0;
  let row0 = lookUp(sizes.index0, row);
  if (row0 >= 0) {
    let at = u32(row0) * sizes.width + column;
    sum += valueIn(table0[wordOf(at, half0)], at, half0);
  }
  let row1 = lookUp(sizes.index1, row);
  if (row1 >= 0) {
    let at = u32(row1) * sizes.width + column;
    sum += valueIn(table1[wordOf(at, half1)], at, half1);
  }
  let row2 = lookUp(sizes.index2, row);
  if (row2 >= 0) {
    let at = u32(row2) * sizes.width + column;
    sum += valueIn(table2[wordOf(at, half2)], at, half2);
  }
  let row3 = lookUp(sizes.index3, row);
  if (row3 >= 0) {
    let at = u32(row3) * sizes.width + column;
    sum += valueIn(table3[wordOf(at, half3)], at, half3);
  }
  y[i] = sum;
}
