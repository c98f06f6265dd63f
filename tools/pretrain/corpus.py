"""The text the built-in models are trained on: sources, their shares, their licences, and which lines are held out.

This file reads lines. It knows nothing of tokens; tokenization and files of ids are in prepare.py.
"""

import lzma
import random
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One text file. `share` is the part of all training rows drawn from it, so a small source is seen several times."""

    name: str
    share: float
    licence: str
    description: str


SOURCES = [
    Source("wikipedia", 0.44, "CC BY-SA 3.0", "paragraphs of English Wikipedia, 2013 dump"),
    Source("novels", 0.23, "public domain", "100 English novels"),
    Source("movie-reviews", 0.15, "CC BY 4.0", "Cornell movie reviews"),
    Source("pros-cons", 0.04, "CC BY 4.0", "Liu's pros and cons of products"),
    Source("comments", 0.05, "CC BY 4.0", "WNUT-17 raw comments (YouTube, Reddit, Stack Overflow), unfiltered"),
    Source("dialogues", 0.06, "CC BY-SA 4.0", "utterances of the Schema-Guided Dialogue data"),
    Source("public-domain", 0.03, "public domain", "speeches and other texts in the public domain"),
]

# The mixture whose first texts measure held-out loss: source -> (characters to take, times to repeat).
HELD_OUT_MIX = {
    "wikipedia": (75e6, 1),
    "novels": (40e6, 1),
    "movie-reviews": (1e9, 4),
    "pros-cons": (1e9, 3),
    "comments": (1e9, 2),
    "dialogues": (9e6, 1),
    "public-domain": (3e6, 1),
}

SHORTEST_LINE = 20
BLOCK_LINES = 50
BLOCK_SHARE = 0.004


def clean(line):
    """One line as it is trained on: no surrounding blanks, no HTML line breaks."""
    return re.sub(r"<br\s*/?>", " ", line.strip())


def read_lines(folder, name):
    """All lines of a source longer than SHORTEST_LINE characters, in the order of the file (`.txt.xz` or `.txt`)."""
    packed, plain = Path(folder) / f"{name}.txt.xz", Path(folder) / f"{name}.txt"
    if not packed.exists() and not plain.exists():
        raise FileNotFoundError(f"Expected {packed} or {plain}. Put one text per line there, or name another --corpus.")
    opened = lzma.open(packed, "rt", encoding="utf-8", errors="ignore") if packed.exists() else plain.open(encoding="utf-8")
    with opened as file:
        return [clean(line) for line in file if len(line.strip()) > SHORTEST_LINE]


def present_sources(folder):
    """The sources a folder holds; fails when it holds none."""
    found = [s for s in SOURCES if any((Path(folder) / f"{s.name}.{end}").exists() for end in ("txt.xz", "txt"))]
    if not found:
        raise FileNotFoundError(f"Expected text files in {folder}, such as wikipedia.txt.xz; found none.")
    return found


def take_characters(lines, characters):
    """Lines from the beginning until more than `characters` characters are taken."""
    taken, total = [], 0
    for line in lines:
        taken.append(line)
        total += len(line)
        if total > characters:
            break
    return taken


def mixed_texts(lines_of, seed=0):
    """The shuffled mixture of HELD_OUT_MIX; its first texts are the held-out ones. Deterministic for a given corpus."""
    stream, texts = random.Random(seed), []
    for name, (characters, repeats) in HELD_OUT_MIX.items():
        if name not in lines_of:
            continue
        shuffled = list(lines_of[name])
        stream.shuffle(shuffled)
        texts += take_characters(shuffled, characters) * repeats
    stream.shuffle(texts)
    return texts


def ordered_blocks(lines, seed):
    """Indices of lines in a few blocks of neighbouring lines, held out to measure next-sentence prediction."""
    blocks = len(lines) // BLOCK_LINES
    chosen = random.Random(seed).sample(range(blocks), max(1, round(blocks * BLOCK_SHARE))) if blocks else []
    return {line for block in chosen for line in range(block * BLOCK_LINES, (block + 1) * BLOCK_LINES)}
