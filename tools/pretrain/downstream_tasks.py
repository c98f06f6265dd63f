"""The data sets that models are compared on, as token ids with labels, and how predictions are scored. No training."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch

IGNORED = -100
CHOOSE_ROWS = 400
LONGEST = 128

# task -> (kind, file of the reported figure)
TASKS = {
    "sst2": ("text", "dev.jsonl"),
    "ag-news": ("text", "test.jsonl"),
    "snips-intents": ("text", "test.jsonl"),
    "snips-slots": ("tags", "test.jsonl"),
}


@dataclass(frozen=True)
class Example:
    """Token ids with [CLS] and [SEP]; the label's index, or one per token with IGNORED behind a word's first token."""

    ids: list
    label: object


@dataclass(frozen=True)
class Task:
    """A data set: `fit` trains, `choose` picks the learning rate, `report` is scored once per reported run.

    `rows` are the same three parts as they stand in the files.
    """

    name: str
    kind: str
    labels: list
    fit: list
    choose: list
    report: list
    rows: dict


def read_rows(path):
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]


def text_example(tokenizer, row, index):
    """A text and its class."""
    return Example(tokenizer(row["text"], truncation=True, max_length=LONGEST)["input_ids"], index[row["label"]])


def tags_example(tokenizer, row, index):
    """Words and their tags; a tag that train never shows is IGNORED in training and missed in scoring."""
    encoded = tokenizer(row["tokens"], is_split_into_words=True, truncation=True, max_length=LONGEST)
    words, label, last = encoded.word_ids(), [], None
    for word in words:
        first = word is not None and word != last
        label.append(index.get(row["tags"][word], IGNORED) if first else IGNORED)
        last = word
    return Example(encoded["input_ids"], label)


def load_task(name, folder, tokenizer):
    """Read one data set. Every k-th row of train chooses, so that the part does not depend on the order of the file."""
    kind, report = TASKS[name]
    train, held = read_rows(Path(folder) / name / "train.jsonl"), read_rows(Path(folder) / name / report)
    named = lambda row: [row["label"]] if kind == "text" else row["tags"]
    labels = sorted({label for row in train for label in named(row)})
    index = {label: i for i, label in enumerate(labels)}
    make = text_example if kind == "text" else tags_example
    stride = max(2, len(train) // CHOOSE_ROWS)
    parts = {"fit": [row for i, row in enumerate(train) if i % stride], "choose": train[::stride], "report": held}
    encoded = {part: [make(tokenizer, row, index) for row in rows] for part, rows in parts.items()}
    return Task(name, kind, labels, **encoded, rows=parts)


def collate(examples, device):
    """Padded ids [B, T], mask [B, T], labels [B] or [B, T]."""
    length = max(len(e.ids) for e in examples)
    pad = lambda values, fill: values + [fill] * (length - len(values))
    ids = torch.tensor([pad(e.ids, 0) for e in examples], device=device)
    mask = torch.tensor([pad([1] * len(e.ids), 0) for e in examples], device=device)
    single = isinstance(examples[0].label, int)
    labels = torch.tensor([e.label if single else pad(e.label, IGNORED) for e in examples], device=device)
    return ids, mask, labels


def spans(tags):
    """(type, begin, end) of every entity in BIO tags; an I- of another type begins a new entity."""
    found, begin, kind = set(), None, None
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        if begin is not None and (prefix != "I" or name != kind):
            found.add((kind, begin, i))
            begin = None
        if begin is None and prefix in ("B", "I"):
            begin, kind = i, name
    return found


def entity_f1(golden, predicted):
    """Micro F1 over whole entities of all sentences."""
    pairs = [(spans(g), spans(p)) for g, p in zip(golden, predicted, strict=True)]
    right = sum(len(g & p) for g, p in pairs)
    total = sum(len(g) + len(p) for g, p in pairs)
    return 2 * right / total if total else 0.0


def score(task, logits, labels):
    """Accuracy, or entity F1 for tags; lists of tensors, one per batch."""
    if task.kind == "text":
        hits = sum((l.argmax(-1) == y).sum().item() for l, y in zip(logits, labels, strict=True))
        return hits / sum(len(y) for y in labels)
    golden, predicted = [], []
    for scores, target in zip(logits, labels, strict=True):
        for row, tags in zip(scores.argmax(-1), target, strict=True):
            golden.append([task.labels[t] for t in tags[tags != IGNORED]])
            predicted.append([task.labels[t] for t in row[tags != IGNORED]])
    return entity_f1(golden, predicted)
