"""Recording the cases of `task_cases.py` as `record.py` does for classifiers, and replaying them in float64."""

import json

import torch
from safetensors.torch import load_file

from .files import FIXTURES, write_json, write_tensors
from .models import Subject
from .record import ADAMW, STEPS, global_norm, sample_indices, stored_tensors
from .replay import LOSS_TOLERANCE, MARGIN, gradient_error, logit_error
from .task_cases import METHOD_CASES, PROMPT_CASES, TaskCase, build_task_case, replayed_task_logits

LEARNING_RATES = {"prefix-tuning": 1e-2, "head-only": 2e-2, "others": 2e-4}


def write_task_cases(subject: Subject) -> None:
    """Write and check every case of this model."""
    for name in (*PROMPT_CASES, *(METHOD_CASES if subject.name == "tiny-bert" else ())):
        case = build_task_case(subject, name)
        document = record(subject, case)
        off = replay(subject, case)
        shares = ", ".join(f"{what} {share:.1e}" for what, share in off.items())
        print(f"{subject.name}/{name}: loss {document['losses'][0]:.3f} to {document['losses'][-1]:.3f}; off by {shares}")


def record(subject: Subject, case: TaskCase) -> dict:
    """Logits, loss and gradients at the start, then the losses of ten AdamW steps."""
    initial = {name: tensor.detach().clone() for name, tensor in case.trainables.items()}
    logits = case.logits()
    loss = case.loss(logits)
    gradients = gradients_of(loss, case.trainables)
    learning_rate = LEARNING_RATES.get(case.method, LEARNING_RATES["others"])
    losses = train(case, case.trainables, case.logits, learning_rate)
    samples = sample_indices(gradients)
    document = {
        "model": subject.name,
        "case": case.name,
        "method": case.method,
        **({} if case.settings is None else {"settings": case.settings}),
        "reparameterisation": "none",
        "promptLength": case.prompt_length,
        "layers": case.layers,
        "hiddenSize": None,
        "classCount": case.class_count,
        "labels": [label for row in case.labels for label in row],
        "batch": {"ids": case.batch.ids, "types": case.batch.types},
        "reading": {"task": case.task, "needed": case.needed, "labels": case.labels, "wordIds": case.word_ids},
        "trainables": {name: list(tensor.shape) for name, tensor in case.trainables.items()},
        "loss": loss.item(),
        "losses": losses,
        "optimizer": {"learningRate": learning_rate, **ADAMW},
        "expected": {"logits": logits.detach()},
        "gradientNorm": global_norm(gradients.values()) if gradients else 0.0,
        "largestGradients": {name: tensor.abs().max().item() for name, tensor in gradients.items()},
        "gradientSamples": samples,
    }
    write_json(FIXTURES / subject.name / f"{case.name}.json", document)
    tensors = stored_tensors(initial, gradients, samples)
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("initial.cls.")}
    model = {f"model.{name}": tensor for name, tensor in case.model_tensors.items()}
    write_tensors(FIXTURES / subject.name / f"{case.name}.safetensors", tensors | model)
    return document


def gradients_of(loss, trainables):
    """By name; none where nothing is trained."""
    return dict(zip(trainables, torch.autograd.grad(loss, list(trainables.values())))) if trainables else {}


def train(case, trainables, logits, learning_rate):
    """Ten clipped AdamW steps; entry i is the loss before update i. Without trainables the loss stays as it is."""
    parameters = list(trainables.values())
    if not parameters:
        return [case.loss(logits()).item()] * STEPS
    optimizer = torch.optim.AdamW(
        parameters,
        lr=learning_rate,
        betas=(ADAMW["beta1"], ADAMW["beta2"]),
        eps=ADAMW["epsilon"],
        weight_decay=ADAMW["weightDecay"],
        foreach=False,
    )
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = case.loss(logits())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, ADAMW["clip"], foreach=False)
        optimizer.step()
        losses.append(loss.item())
    return losses


def replay(subject, case):
    """Run the case again from its files with the independent encoder; stops when that disagrees."""
    folder = FIXTURES / subject.name
    document = json.loads((folder / f"{case.name}.json").read_text(encoding="utf-8"))
    stored = load_file(str(folder / f"{case.name}.safetensors"))
    checkpoint = subject.checkpoint(torch.float64)
    given = {name: stored.get(f"initial.{name}", stored.get(f"model.{name}")) for name in document["trainables"]}
    values = {name: checkpoint[name] if tensor is None else tensor.double() for name, tensor in given.items()}
    trainables = {name: tensor.clone().requires_grad_() for name, tensor in values.items()}

    def logits():
        return replayed_task_logits(subject, document, trainables, stored)

    first = logits()
    gradients = gradients_of(case.loss(first), trainables)
    losses = train(case, trainables, logits, document["optimizer"]["learningRate"])
    off = {
        "logits": logit_error(first, torch.tensor(document["expected"]["logits"])),
        "gradients": max((gradient_error(name, gradients[name], document, stored) for name in gradients), default=0.0),
        "losses": max(abs(a - b) for a, b in zip(losses, document["losses"])) / LOSS_TOLERANCE,
    }
    assert max(off.values()) * MARGIN <= 1, f"{subject.name}/{case.name} is off by these parts of the tolerances: {off}"
    return off
