/** Which tokens two texts keep that are too long together, as transformers' `longest_first` does. Knows no tokenizer. */

/** Shortens in place to `room` tokens together; true when something was cut. */
export function cut(first: number[], second: number[] | undefined, room: number): boolean {
  if (room < 1) throw new Error(`There is room for ${Math.max(room, 0)} text tokens; shorten the prompt.`);
  if (first.length + (second?.length ?? 0) <= room) return false;
  const [firstKept, secondKept] = second === undefined ? [room, 0] : keptLengths(first.length, second.length, room);
  first.length = firstKept;
  if (second !== undefined) second.length = secondKept;
  return true;
}

/**
 * What two texts that are too long together keep of `room`. An odd token stays with the longer text, of equals with the
 * second, as in the Rust tokenizers behind transformers (tokenizers/src/utils/truncation.rs).
 */
function keptLengths(first: number, second: number, room: number): [number, number] {
  const shorter = Math.min(first, second, Math.floor(room / 2));
  return first > second ? [room - shorter, shorter] : [shorter, room - shorter];
}
