"""How far the logits move when one thing is broken.

Parity means something only if a mistake would show. For tiny-bert, every fault of the encoder must move the golden
logits by at least ten times the tolerance; the distances are written down so that tests can repeat the comparison.
"""

import torch

from .encoder import FAULTS, pooled_output
from .files import FIXTURES, write_json
from .models import Subject
from .replay import LOGIT_TOLERANCE, prompt_of

SIZE = 10


def write_breakage(subject: Subject, documents: dict) -> dict:
    """Write breakage.json for a model; `documents` maps a method to its case document and starting trainables."""
    tolerances, distances = {}, {}
    for method, (document, trainables) in documents.items():
        golden = torch.as_tensor(document["expected"]["logits"])
        tolerances[method] = LOGIT_TOLERANCE * max(1.0, golden.abs().max().item())
        distances[method] = {
            fault: fault_distance(subject, document, trainables, golden, fault) for fault in faults_of(method)
        }
        for fault, distance in distances[method].items():
            ratio = distance / tolerances[method]
            assert ratio >= SIZE, f"{method}: {fault} moves the logits by only {ratio:.1f} times the tolerance."
    write_json(
        FIXTURES / subject.name / "breakage.json",
        {"model": subject.name, "tolerance": tolerances, "largestLogitChange": distances},
    )
    return distances


def faults_of(method):
    """A prefix has no row of its own to pool, so the pooling fault is the soft prompt's alone."""
    return [fault for fault in FAULTS if method == "prompt-tuning" or fault != "cls-pooling"]


def fault_distance(subject, document, trainables, golden, fault):
    """Largest change of any logit; the faultless run must first agree with the golden logits."""
    assert (run(subject, document, trainables, None) - golden).abs().max() < LOGIT_TOLERANCE
    return (run(subject, document, trainables, fault) - golden).abs().max().item()


@torch.no_grad()
def run(subject, document, trainables, fault):
    prompt = prompt_of(document, trainables)
    pooled = pooled_output(subject.weights(), subject.config(), subject.batch, prompt, fault)
    return pooled @ trainables["classifier.weight"].T + trainables["classifier.bias"]
