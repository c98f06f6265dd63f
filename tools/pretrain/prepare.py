"""Stage 1: turn the corpus into files of token ids. It trains no model.

    python tools/pretrain/prepare.py --corpus DIR --out DIR [--tokenizer MODEL_DIR | --train wordpiece|bpe]

Writes tokens.bin (uint16, all sources one after the other, each text closed by the separator), held-out.bin (the first
texts of a shuffled mixture), ordered.bin (held-out neighbouring lines), data.json and the tokenizer's files.
No held-out line, nor a repetition of one, is in tokens.bin. --keep leaves out a part of large sources where the files have to
be small; the held-out text stays the same.
"""

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from corpus import SOURCES, mixed_texts, ordered_blocks, present_sources, read_lines
from tokenizer import reuse, special_ids, train_bpe, train_wordpiece

HELD_OUT_TOKENS = 256 * 62
TEXTS_AT_ONCE = 20_000
DEFAULT_TOKENIZER = Path(__file__).resolve().parents[2] / "public/models/encoder-l4-d128"


def encode(tokenizer, separator, lines):
    """uint16 ids of many lines, each closed by the separator."""
    parts = []
    for begin in range(0, len(lines), TEXTS_AT_ONCE):
        for encoding in tokenizer.encode_batch(lines[begin : begin + TEXTS_AT_ONCE], add_special_tokens=False):
            parts.append(np.array(encoding.ids + [separator], dtype=np.uint16))
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint16)


def held_out_head(tokenizer, separator, texts, tokens):
    """The first texts whose ids fill `tokens` positions, and those ids."""
    ids, used = [], []
    for text in texts:
        if len(ids) >= tokens:
            break
        used.append(text)
        ids += tokenizer.encode(text, add_special_tokens=False).ids + [separator]
    if len(ids) < tokens:
        raise ValueError(f"Expected at least {tokens} held-out tokens, the corpus has {len(ids)}. Lower --held-out.")
    return set(used), np.array(ids[:tokens], dtype=np.uint16)


def open_tokenizer(options, texts, out):
    """The tokenizer that the options ask for; its files are in `out` afterwards."""
    if options.train == "wordpiece":
        return train_wordpiece(texts[: len(texts) // 4], options.vocabulary, out)
    if options.train == "bpe":
        return train_bpe(texts[: len(texts) // 4], options.vocabulary, out)
    return reuse(options.tokenizer, out)


def write_source(file, tokenizer, separator, source, lines, held_out, keep=1.0):
    """Append the ids of the first part, `keep`, of one source; returns its entry for data.json and its held-out
    neighbouring lines' ids."""
    ordered = ordered_blocks(lines, seed=source.name)
    kept_back = held_out | {lines[i] for i in ordered}
    kept = lines[: round(keep * len(lines))]
    ids = encode(tokenizer, separator, [line for line in kept if line not in kept_back])
    begin = file.tell() // 2
    file.write(ids.tobytes())
    entry = {**asdict(source), "begin": begin, "end": begin + len(ids), "lines": len(kept)}
    return entry, encode(tokenizer, separator, [lines[i] for i in sorted(ordered)])


def digest(path):
    """SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def prepare(options):
    """Write all files of the stage."""
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "data.json").unlink(missing_ok=True)
    sources = present_sources(options.corpus)
    lines_of = {source.name: read_lines(options.corpus, source.name) for source in sources}
    texts = mixed_texts(lines_of)
    tokenizer = open_tokenizer(options, texts, out)
    special = special_ids(tokenizer)
    used, head = held_out_head(tokenizer, special.separator, texts, options.held_out)
    head.tofile(out / "held-out.bin")
    entries, ordered = [], []
    with (out / "tokens.bin").open("wb") as file:
        for source in sources:
            keep = options.keep.get(source.name, 1.0)
            entry, ids = write_source(file, tokenizer, special.separator, source, lines_of[source.name], used, keep)
            entries.append({**entry, "ordered": len(ids)})
            ordered.append(ids)
            print(f"{source.name}: {entry['end'] - entry['begin']:,} tokens", flush=True)
    np.concatenate(ordered).tofile(out / "ordered.bin")
    data = {"vocabulary": tokenizer.get_vocab_size(), "special": asdict(special), "sources": entries}
    data["sha256"] = {name: digest(out / name) for name in ("tokens.bin", "held-out.bin", "ordered.bin")}
    (out / "data.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def parts_to_keep(text):
    """{source: part between 0 and 1} from "source=part,source=part"."""
    parts = dict(entry.split("=") for entry in text.split(",") if entry)
    known = {source.name for source in SOURCES}
    if not parts.keys() <= known or any(not 0 < float(part) <= 1 for part in parts.values()):
        raise ValueError(f"Expected --keep source=part with a source of {', '.join(sorted(known))}, 0 < part <= 1; got {text}.")
    return {name: float(part) for name, part in parts.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, help=f"folder with {', '.join(s.name for s in SOURCES)} as .txt.xz or .txt")
    parser.add_argument("--out", required=True)
    parser.add_argument("--tokenizer", default=str(DEFAULT_TOKENIZER), help="model folder whose tokenizer is used")
    parser.add_argument("--train", choices=["wordpiece", "bpe"], help="train a new tokenizer instead")
    parser.add_argument("--vocabulary", type=int, default=8192)
    parser.add_argument("--held-out", type=int, default=HELD_OUT_TOKENS, help="tokens of held-out.bin")
    parser.add_argument("--keep", default="", help="parts of sources to train on, such as wikipedia=0.5,novels=0.5")
    options = parser.parse_args()
    options.keep = parts_to_keep(options.keep)
    prepare(options)


if __name__ == "__main__":
    main()
