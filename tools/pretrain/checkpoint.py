"""Checkpoints and logs that survive an interruption at any moment: written beside, flushed, then renamed."""

import json
import os
from pathlib import Path

import torch


def save_atomically(path, state):
    """Write a checkpoint so that `path` always holds either the old or the new one, whole."""
    path = Path(path)
    beside = path.with_suffix(".writing")
    with beside.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def load(path):
    """A checkpoint's state on the CPU, or None when there is none."""
    return torch.load(path, map_location="cpu", weights_only=True) if Path(path).exists() else None


class Log:
    """JSON lines. After an interruption, lines of steps behind the checkpoint are dropped: those steps come again."""

    def __init__(self, path, step):
        self.path = Path(path)
        kept = [row for row in read_log(self.path) if row.get("step", 0) <= step]
        beside = self.path.with_suffix(".writing")
        beside.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
        os.replace(beside, self.path)

    def add(self, **row):
        """Append one line, and print it."""
        line = json.dumps(row)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        print(line, flush=True)


def read_log(path):
    """The rows of a log; a last line cut off by an interruption is left out."""
    rows = []
    for line in Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows
