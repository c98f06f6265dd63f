/** Two friendly words that name a run. Not an identifier: runs are told apart by their id. */

const ADJECTIVES = [
  "amber", "bold", "brave", "bright", "brisk", "calm", "clear", "clever", "cosy", "crisp", "curious", "daring", "eager",
  "early", "fair", "fleet", "gentle", "glad", "golden", "happy", "honest", "jolly", "keen", "kind", "light", "lively",
  "lucky", "mellow", "merry", "mild", "neat", "nimble", "patient", "plucky", "proud", "quick", "quiet", "ready", "rosy",
  "silver", "sly", "steady", "sunny", "swift", "tidy", "vivid", "warm", "wise",
] as const;

const ANIMALS = [
  "badger", "beaver", "bee", "bison", "crane", "cricket", "deer", "dolphin", "dove", "eagle", "falcon", "ferret",
  "finch", "fox", "gecko", "goose", "hare", "hawk", "hedgehog", "heron", "ibex", "jay", "kestrel", "kite", "lark",
  "linnet", "lynx", "magpie", "marten", "mole", "moth", "newt", "otter", "owl", "panda", "plover", "puffin", "quail",
  "raven", "robin", "seal", "sparrow", "stork", "swan", "tern", "toad", "vole", "wren",
] as const;

/** A name like "brisk-otter" that is not among `taken`; after many tries it gets a number. */
export function friendlyName(taken: ReadonlySet<string>, random: () => number = Math.random): string {
  for (let attempt = 0; attempt < 50; attempt++) {
    const name = twoWords(random);
    if (!taken.has(name)) return name;
  }
  return `${twoWords(random)}-${taken.size + 1}`;
}

function twoWords(random: () => number): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? words[0];
  return `${pick(ADJECTIVES)}-${pick(ANIMALS)}`;
}
