"""Loads adapters the studio wrote into real PEFT and compares the logits with the studio's.

    python tests/parity/load_adapters.py --exports DIR
    python tests/parity/load_adapters.py --model DIR --adapter DIR/adapter --texts FILE.jsonl --logits FILE.jsonl

`--exports` is a folder that `tests/parity/peftExports.test.ts` left behind: an adapter of every kind with the studio's
answers (PEFT_EXPORTS=DIR npx vitest run --project kernels tests/parity/peftExports.test.ts).

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

from golden.peft_kinds import run_saved

TOLERANCE = 1e-4


class BadInput(Exception):
    """Something the caller can put right; the message says what."""


def main() -> int:
    options = parse_arguments()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        if options.exports is not None:
            return compare_exports(options.exports)
        if None in (options.model, options.adapter, options.texts, options.logits):
            raise BadInput("Expected --exports DIR, or --model, --adapter, --texts and --logits together.")
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
        "--exports", type=Path, help="folder of adapters with expected.json, as peftExports.test.ts leaves it"
    )
    parser.add_argument(
        "--model", type=Path, help="folder of the frozen model, as Hugging Face writes it"
    )
    parser.add_argument(
        "--adapter", type=Path, help="folder with adapter_config.json and its safetensors"
    )
    parser.add_argument("--texts", type=Path, help="JSON Lines with text and, for pairs, text_pair")
    parser.add_argument("--logits", type=Path, help="JSON Lines with logits, in the order of the texts")
    return parser.parse_args()


def compare_exports(folder: Path) -> int:
    """Every adapter of the folder through PEFT; prints each difference and returns 1 when one is too large."""
    adapters = sorted(path for path in folder.iterdir() if (path / "expected.json").is_file())
    if not adapters:
        raise BadInput(f"Expected folders with expected.json in {folder}; there are none.")
    worst = 0.0
    for adapter in adapters:
        document = json.loads((adapter / "expected.json").read_text(encoding="utf-8"))
        rows = [value for text in run_saved(adapter, document) for row in text for value in row]
        difference = relative_difference(torch.tensor(rows), torch.tensor(document["answers"]))
        worst = max(worst, difference)
        print(f"{adapter.name}: {len(rows)} numbers, largest relative difference {difference:.2e}")
    print(f"{len(adapters)} adapters: worst {worst:.2e}, {'within' if worst <= TOLERANCE else 'ABOVE'} {TOLERANCE:g}")
    return 0 if worst <= TOLERANCE else 1


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
