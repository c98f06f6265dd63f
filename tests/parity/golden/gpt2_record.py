"""Writing a causal model's cases down, replaying them in float64 and measuring how far faults move the logits."""

import json

import torch
from safetensors.torch import load_file

from .cases import Case
from .files import FIXTURES, write_json, write_tensors
from .gpt2_cases import CLASSIFIER_CASES, LANGUAGE_CASES, build_causal_case, merged_updates
from .gpt2_decoder import FAULTS, hidden_rows
from .gpt2_model import CausalSubject, make_tiny_gpt2
from .method_replay import changes_of
from .record import ADAMW, cross_entropy, global_norm, sample_indices, stored_tensors, train
from .replay import LOGIT_TOLERANCE, LOSS_TOLERANCE, MARGIN, gradient_error, logit_error, prompt_of

# A fault must move the logits by this many tolerances.
SIZE = 10
PROMPT_CASES = ("prompt-tuning", "prefix-tuning")


def write_gpt2() -> None:
    """Write the tiny GPT-2 with all cases of both tasks and the distances of faults, and check all of them."""
    classifier, language_model = make_tiny_gpt2()
    distances, tolerances = {}, {}
    for subject, names in ((classifier, CLASSIFIER_CASES), (language_model, LANGUAGE_CASES)):
        for name in names:
            case = build_causal_case(subject, name)
            start = {key: tensor.detach().clone() for key, tensor in case.trainables.items()}
            document = record_causal_case(subject, case)
            off = replay_causal_case(subject, name)
            print(summary(subject, name, document, off))
            if name in PROMPT_CASES:
                key = f"{subject.task}/{name}"
                tolerances[key] = LOGIT_TOLERANCE * max(1.0, torch.tensor(document["expected"]["logits"]).abs().max().item())
                distances[key] = fault_distances(subject, document, start, tolerances[key])
    write_json(
        FIXTURES / classifier.name / "breakage.json",
        {"model": classifier.name, "tolerance": tolerances, "largestLogitChange": distances},
    )


def summary(subject, name, document, off):
    shares = ", ".join(f"{what} {share:.1e}" for what, share in off.items())
    largest = torch.tensor(document["expected"]["logits"]).abs().max()
    return (
        f"{subject.name}/{subject.task}/{name}: loss {document['losses'][0]:.3f} to {document['losses'][-1]:.3f}, "
        f"largest logit {largest:.2f}, gradient {document['gradientNorm']:.2f}; float64 off by {shares} of tolerance"
    )


def case_path(subject, name, ending):
    return FIXTURES / subject.name / subject.task / f"{name}.{ending}"


def record_causal_case(subject: CausalSubject, case: Case) -> dict:
    """Run the case, write its JSON and safetensors, and return the JSON document."""
    initial = {name: tensor.detach().clone() for name, tensor in case.trainables.items()}
    logits = case.logits()
    loss = cross_entropy(logits, subject.batch.labels)
    gradients = dict(zip(case.trainables, torch.autograd.grad(loss, list(case.trainables.values()))))
    losses = train(case.trainables, case.logits, subject, subject.learning_rate(case.name))
    assert losses[0] == loss.item(), "The first training step differs from the recorded one."
    samples = sample_indices(gradients)
    document = {
        "model": subject.name,
        "task": subject.task,
        "case": case.name,
        "method": case.method,
        "reparameterisation": "none" if case.mlp_width is None else "mlp",
        "promptLength": case.prompt_length,
        "layers": case.layers,
        "hiddenSize": case.mlp_width,
        "classCount": logits.shape[1],
        "labels": subject.batch.labels,
        "batch": {"ids": subject.batch.ids, "types": [[0] * len(row) for row in subject.batch.ids]}
        | ({} if subject.batch.first_labels is None else {"firstLabels": subject.batch.first_labels}),
        "trainables": {name: list(tensor.shape) for name, tensor in case.trainables.items()},
        "loss": loss.item(),
        "losses": losses,
        "optimizer": {"learningRate": subject.learning_rate(case.name), **ADAMW},
        "expected": {"logits": logits.detach().tolist()},
        "gradientNorm": global_norm(gradients.values()),
        "largestGradients": {name: tensor.abs().max().item() for name, tensor in gradients.items()},
        "gradientSamples": samples,
    }
    if case.settings is not None:
        document["settings"] = case.settings
    write_json(case_path(subject, case.name, "json"), document)
    write_tensors(case_path(subject, case.name, "safetensors"), stored_tensors(initial, gradients, samples))
    return document


def replay_causal_case(subject: CausalSubject, name: str) -> dict:
    """Read a case, run it again in float64 and check it; returns how far off it was, as fractions of each tolerance."""
    document = json.loads(case_path(subject, name, "json").read_text(encoding="utf-8"))
    stored = load_file(str(case_path(subject, name, "safetensors")))
    weights = subject.weights(torch.float64)
    starts = {
        key: stored[f"initial.{key}"].double() if f"initial.{key}" in stored else weights[key]
        for key in document["trainables"]
    }
    trainables = {key: tensor.clone().requires_grad_() for key, tensor in starts.items()}

    def logits():
        return read_logits(subject, document, trainables, weights)

    first = logits()
    loss = cross_entropy(first, document["labels"])
    gradients = dict(zip(trainables, torch.autograd.grad(loss, list(trainables.values()))))
    losses = train(trainables, logits, subject, document["optimizer"]["learningRate"])
    off = {
        "logits": logit_error(first, torch.tensor(document["expected"]["logits"])),
        "gradients": max(gradient_error(key, gradients[key], document, stored) for key in gradients),
        "losses": max(abs(a - b) for a, b in zip(losses, document["losses"])) / LOSS_TOLERANCE,
    }
    assert max(off.values()) * MARGIN <= 1, f"{subject.task}/{name} is off by these parts of the tolerances: {off}"
    return off


def read_logits(subject, document, trainables, weights, fault=None):
    """Logits of the rows that are read, through the independent decoder."""
    own = {key: value for key, value in trainables.items() if key.startswith("transformer.")}
    named = weights | own
    for key, update in merged_updates(document.get("settings"), trainables).items():
        named[key] = named[key] + update
    prompt = prompt_of(document, trainables)
    changes = changes_of(document.get("settings", {"kind": document["method"]}), trainables)
    in_front = prompt.length if prompt.rows is not None else 0
    rows = []
    for index, ids in enumerate(subject.batch.ids):
        # The last token of a language model's text is a label only; causal rows are the same without it.
        seen = ids if subject.batch.first_labels is None else ids[:-1]
        hidden = hidden_rows(named, subject.config(), seen, prompt, fault, changes)
        pooled = [0] if fault == "first-row-pooling" else [in_front + row for row in subject.batch.read_rows(index)]
        rows.append(hidden[pooled])
    head = trainables.get("score.weight", named["transformer.wte.weight"])
    return torch.cat(rows) @ head.T


@torch.no_grad()
def fault_distances(subject, document, trainables, tolerance):
    """By fault, the largest change of any logit; the faultless run must first agree with the golden logits."""
    golden, weights = torch.tensor(document["expected"]["logits"]), subject.weights()
    assert (read_logits(subject, document, trainables, weights) - golden).abs().max() < tolerance
    distances = {}
    for fault in FAULTS:
        if fault == "first-row-pooling" and subject.task != "sequence-classification":
            continue
        moved = (read_logits(subject, document, trainables, weights, fault) - golden).abs().max().item()
        assert moved >= SIZE * tolerance, f"{subject.task}/{document['case']}: {fault} moves logits by {moved:.1e} only."
        distances[fault] = moved
        print(f"{subject.name}/{subject.task}/{document['case']} with {fault}: logits move by {moved:.2g}")
    return distances
