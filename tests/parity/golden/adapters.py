"""Adapters as PEFT itself saves them, with texts and the logits they must give.

The logits come from the independent encoder fed with the saved file, not from PEFT, so that the adapter files, PEFT and
the encoder check each other.
"""

import json
import shutil

import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from .case import Case
from .encoder import Batch, Prompt, pooled_output, split_prefix
from .files import FIXTURES, write_json_lines
from .models import Subject

TEXTS = [
    {"text": "the film was really great."},
    {"text": "a long, dull and poor story"},
    {"text": "He never likes the music!", "text_pair": "the music is not good"},
    {"text": "unable to see the plot; it was dullness"},
    {"text": "love"},
    {"text": "is this small book good?", "text_pair": "yes, it is very fine."},
]


def write_adapter(subject: Subject, case: Case) -> None:
    """Save a trained case with PEFT's own save_pretrained, then the texts and the expected logits beside it."""
    folder = FIXTURES / "peft-adapters" / case.name
    shutil.rmtree(folder, ignore_errors=True)
    case.peft_model.save_pretrained(str(folder), save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    write_json_lines(folder.parent / "texts.jsonl", TEXTS)
    write_json_lines(folder.parent / f"{case.name}.logits.jsonl", expected_rows(subject, case.method, folder))


@torch.no_grad()
def expected_rows(subject, method, folder):
    """One {logits, label} per text, in the shape that the studio's `predict --json` prints."""
    saved = load_file(str(folder / "adapter_model.safetensors"))
    settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    rows, length = saved["prompt_embeddings"], settings["num_virtual_tokens"]
    layers = list(range(subject.config().num_hidden_layers))
    soft = method in ("prompt-tuning", "p-tuning")
    prompt = Prompt(length, rows=rows) if soft else Prompt(length, prefixes=split_prefix(rows, layers))
    pooled = pooled_output(subject.weights(), subject.config(), text_batch(subject), prompt)
    logits = pooled @ saved["base_model.classifier.weight"].T + saved["base_model.classifier.bias"]
    return [{"logits": row, "label": int(row.argmax())} for row in logits]


def text_batch(subject):
    tokenizer = AutoTokenizer.from_pretrained(subject.folder)
    encoded = [tokenizer(row["text"], row.get("text_pair")) for row in TEXTS]
    return Batch([row["input_ids"] for row in encoded], [row["token_type_ids"] for row in encoded], labels=[])
