"""Text and data sets for the selftest, made from the built-in data of the studio. They are far too small to learn from."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def write_corpus(folder):
    """A corpus of two sources from the built-in data sets, and two data sets for the downstream stage."""
    folder.mkdir()
    rows = [json.loads(line) for path in sorted(ROOT.glob("public/data/*/train.jsonl")) for line in path.open(encoding="utf-8")]
    (folder / "wikipedia.txt").write_text("\n".join(map(text_of, rows)) + "\n", encoding="utf-8")
    reviews = [row["text"] for row in rows if row.get("label") in ("positive", "negative")] * 2
    (folder / "movie-reviews.txt").write_text("\n".join(reviews) + "\n", encoding="utf-8")


def text_of(row):
    """All the words of a row of any task, on one line."""
    return " ".join(row.get("tokens", [row[name] for name in ("text", "text_pair", "context", "question") if name in row]))


def write_tasks(folder):
    """Built-in sentiment under the name of a downstream task, and a tagging task that marks adjectives of praise."""
    rows = [json.loads(line) for line in (ROOT / "public/data/sentiment/train.jsonl").open(encoding="utf-8")]
    tagged = [{"tokens": row["text"].split(), "tags": praise(row["text"].split())} for row in rows]
    for name, part, chosen in (("sst2", "dev", rows), ("snips-slots", "test", tagged)):
        (folder / name).mkdir(parents=True)
        write = lambda file, lines: (folder / name / file).write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        write("train.jsonl", chosen[:120])
        write(f"{part}.jsonl", chosen[120:160])


def praise(words):
    """BIO tags of a few words."""
    return ["B-praise" if word.strip(".,").lower() in ("good", "best", "great", "fine") else "O" for word in words]
