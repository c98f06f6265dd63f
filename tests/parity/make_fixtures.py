"""Makes every golden value under tests/parity/fixtures with torch, transformers and PEFT, in float32 on the CPU.

Run `python tests/parity/make_fixtures.py`. All draws are seeded by name, so a second run writes the same files. Nothing
is downloaded. No test of the studio needs Python: tests read the files that this script has left behind.
"""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers.utils import logging

from golden.adamw import write_adamw
from golden.adapters import write_adapter
from golden.breakage import write_breakage
from golden.cases import build_case, case_names
from golden.dtypes import write_dtypes
from golden.gpt2_record import write_gpt2
from golden.gpt2_tokenizer import write_gpt2_tokenizers
from golden.gpt2_model import make_tiny_gpt2
from golden.inspection import write_inspection
from golden.models import Subject, find_built_in, make_tiny_bert
from golden.multi_task import write_multi_task
from golden.peft_kinds import write_peft_kinds
from golden.record import record_case
from golden.replay import replay_case
from golden.scores import write_answer_scores, write_classification_scores, write_tag_scores
from golden.task_record import write_task_cases
from golden.tokenizer import write_tokenizer
from golden.trained_adapters import write_trained_adapters

ADAPTERS = ("prefix-tuning", "prompt-tuning", "p-tuning")
BROKEN = ("prefix-tuning", "prompt-tuning")


def main() -> None:
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    write_dtypes()
    write_adamw()
    write_classification_scores()
    write_answer_scores()
    write_tag_scores()
    tiny = make_tiny_bert()
    make_tiny(tiny)
    write_task_cases(tiny)
    write_inspection(tiny)
    write_multi_task(tiny)
    write_gpt2()
    write_kinds(tiny)
    write_gpt2_tokenizers()
    built_in = find_built_in()
    if built_in is None:
        print("SKIPPED: encoder-l4-d128 is not there; its fixtures and tokenizer.json stay as they were.")
        return
    print(f"tokenizer.json: {write_tokenizer(built_in)} texts")
    for name in case_names(built_in):
        make_case(built_in, name)
    write_task_cases(built_in)
    write_trained_adapters(built_in)


def write_kinds(tiny: Subject) -> None:
    """Adapters of every kind, on the tiny models with their batches."""
    # A text of one token has nothing to continue.
    ids = [row for row in make_tiny_gpt2()[0].batch.ids if len(row) > 1]
    write_peft_kinds({"tiny-bert": (tiny.batch.ids, tiny.batch.types), "tiny-gpt2": (ids, [[0] * len(row) for row in ids])})


def make_tiny(subject: Subject) -> None:
    """All cases of tiny-bert, and what is made for it alone: PEFT's adapters and the distances of faults."""
    golden = {}
    for name in case_names(subject):
        case, start, document = make_case(subject, name)
        if name in ADAPTERS:
            write_adapter(subject, case)
        if name in BROKEN:
            golden[name] = (document, start)
    for method, distances in write_breakage(subject, golden).items():
        for fault, distance in distances.items():
            print(f"{subject.name}/{method} with {fault}: logits move by {distance:.2g}")


def make_case(subject: Subject, name: str):
    """Build, record and replay one case; returns it trained, with its starting values and its document."""
    case = build_case(subject, name)
    start = {key: tensor.detach().clone() for key, tensor in case.trainables.items()}
    document = record_case(subject, case)
    off = replay_case(subject, name)
    shares = ", ".join(f"{what} {share:.1e}" for what, share in off.items())
    largest = document["expected"]["logits"].abs().max()
    print(
        f"{subject.name}/{name}: loss {document['losses'][0]:.3f} to {document['losses'][-1]:.3f}, "
        f"largest logit {largest:.2f}, gradient {document['gradientNorm']:.2f}; float64 off by {shares} of tolerance"
    )
    return case, start, document


if __name__ == "__main__":
    main()
