"""Token ids on the training device, and where rows may begin. Every draw comes from a generator that the caller gives.

The files are those of prepare.py. Ids lie in memory as int16, so a vocabulary has fewer than 32,768 entries.
"""

import json
from pathlib import Path

import numpy as np
import torch

MARGIN = 600


def read_ids(path):
    """Ids of a uint16 file as a one-dimensional int16 tensor that owns its memory."""
    return torch.from_numpy(np.fromfile(path, dtype=np.uint16).astype(np.int16))


class TokenStore:
    """All sources of a prepared folder. `starts` are positions behind a sentence's or a text's end, sorted."""

    def __init__(self, folder, device, part="tokens"):
        self.folder = Path(folder)
        if not (self.folder / "data.json").exists():
            raise FileNotFoundError(f"Expected {folder}/data.json, which prepare.py writes at its end. Prepare the text again.")
        data = json.loads((self.folder / "data.json").read_text(encoding="utf-8"))
        if data["vocabulary"] > 32_767:
            raise ValueError(f"Expected a vocabulary below 32,768, got {data['vocabulary']}. Train a smaller tokenizer.")
        self.vocabulary, self.special, self.digests = data["vocabulary"], data["special"], data["sha256"]
        self.ids = read_ids(self.folder / f"{part}.bin")
        ranges = ranges_of(data["sources"], part)
        ends = torch.zeros(self.vocabulary, dtype=torch.bool)
        ends[list(self.special["ends"])] = True
        starts = sentence_starts(self.ids, ends)
        bounds = torch.tensor([[begin, max(begin + 1, end - MARGIN)] for begin, end, _ in ranges])
        limits = torch.searchsorted(starts, bounds)
        usable = limits[:, 1] > limits[:, 0]
        if not usable.any():
            raise ValueError(f"Expected a source of more than {MARGIN} tokens in {folder}. Prepare more text.")
        self.device = torch.device(device)
        self.limits = limits[usable].to(device)
        self.shares = torch.tensor([share for _, _, share in ranges])[usable].to(device)
        self.ids, self.starts, self.ends = self.ids.to(device), starts.to(device), ends.to(device)
        self.frequencies = torch.bincount(self.ids.long(), minlength=self.vocabulary)

    def draw_sources(self, rows, generator):
        """A source per row, by share. Returns indices into `limits`, [rows]."""
        return torch.multinomial(self.shares, rows, replacement=True, generator=generator)

    def draw_starts(self, sources, generator):
        """A sentence start within each row's source, [rows]; at least MARGIN tokens follow in that source."""
        low, high = self.limits[sources].unbind(1)
        at = low + (torch.rand(len(sources), generator=generator, device=self.device) * (high - low)).long()
        return self.starts[torch.minimum(at, high - 1)]


def ranges_of(sources, part):
    """(begin, end, share) of every source in tokens.bin or ordered.bin."""
    if part == "tokens":
        return [(s["begin"], s["end"], s["share"]) for s in sources]
    begins = np.cumsum([0] + [s["ordered"] for s in sources])
    return [(int(begins[i]), int(begins[i + 1]), s["share"]) for i, s in enumerate(sources)]


def sentence_starts(ids, ends):
    """Positions whose predecessor ends a sentence or a text, and position 0."""
    found = torch.nonzero(ends[ids.long()]).squeeze(1) + 1
    return torch.cat([torch.zeros(1, dtype=torch.long), found[found < len(ids)]])
