"""Loads an adapter the studio wrote into real PEFT and compares the logits with those the studio printed.

    python tests/parity/load_adapters.py --model DIR --adapter DIR/adapter --texts FILE.jsonl --logits FILE.jsonl

`--texts` has one {"text", "text_pair"?} per line, `--logits` the lines that `cli predict --json` printed for them. It
prints the largest difference as a fraction of max(1, largest |logit|) and exits with 1 above 1e-4, with 2 on bad input.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from peft import PeftModel
from safetensors import safe_open
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

TOLERANCE = 1e-4


class BadInput(Exception):
    """Something the caller can put right; the message says what."""


def main() -> int:
    options = parse_arguments()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        texts, printed = read_lines(options.texts), read_lines(options.logits)
        if not texts or len(texts) != len(printed):
            raise BadInput(
                f"Expected as many logit lines as texts and at least one; got {len(printed)} and {len(texts)}."
            )
        expected = torch.tensor([row["logits"] for row in printed])
        actual = peft_logits(options.model, options.adapter, texts)
        difference = relative_difference(actual, expected)
    except BadInput as problem:
        print(problem, file=sys.stderr)
        return 2
    fine = difference <= TOLERANCE
    verdict = "within" if fine else "ABOVE"
    print(f"{len(texts)} texts: largest relative difference {difference:.2e}, {verdict} {TOLERANCE:g}")
    return 0 if fine else 1


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--model", type=Path, required=True, help="folder of the frozen model, as Hugging Face writes it"
    )
    parser.add_argument(
        "--adapter", type=Path, required=True, help="folder with adapter_config.json and its safetensors"
    )
    parser.add_argument("--texts", type=Path, required=True, help="JSON Lines with text and, for pairs, text_pair")
    parser.add_argument("--logits", type=Path, required=True, help="JSON Lines with logits, in the order of the texts")
    return parser.parse_args()


def read_lines(path: Path) -> list:
    if not path.is_file():
        raise BadInput(f"Expected a JSON Lines file at {path}; there is none.")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def class_count(adapter: Path) -> int:
    """The number of classes, from the head's weight [C, D]."""
    path = adapter / "adapter_model.safetensors"
    if not path.is_file():
        raise BadInput(f"Expected an adapter at {path}; there is none.")
    with safe_open(str(path), framework="pt") as file:
        heads = [name for name in file.keys() if name.endswith(("classifier.weight", "score.weight"))]
        if len(heads) != 1:
            raise BadInput(f"Expected one tensor named *classifier.weight or *score.weight in {path}; got {heads or list(file.keys())}.")
        return file.get_slice(heads[0]).get_shape()[0]


@torch.no_grad()
def peft_logits(model_folder: Path, adapter: Path, texts: list) -> torch.Tensor:
    """Logits [N, C] of PEFT on the CPU in float32, one text at a time so that no padding is involved."""
    base = AutoModelForSequenceClassification.from_pretrained(
        model_folder, num_labels=class_count(adapter), dtype=torch.float32, attn_implementation="eager"
    )
    model = PeftModel.from_pretrained(base, str(adapter)).eval()
    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    virtual = getattr(model.active_peft_config, "num_virtual_tokens", 0)
    room = base.config.max_position_embeddings - virtual
    rows = [
        tokenizer(row["text"], row.get("text_pair"), truncation=True, max_length=room, return_tensors="pt")
        for row in texts
    ]
    return torch.cat([model(**row).logits for row in rows])


def relative_difference(actual: torch.Tensor, expected: torch.Tensor) -> float:
    """Largest |difference| of any logit over max(1, largest |expected logit|); infinite where one is not finite."""
    if actual.shape != expected.shape:
        raise BadInput(f"Expected logits of shape {list(actual.shape)} from the studio; got {list(expected.shape)}.")
    if not expected.isfinite().all():
        return float("inf")
    return ((actual - expected).abs().max() / expected.abs().max().clamp(min=1)).item()


if __name__ == "__main__":
    sys.exit(main())
