"""Replaying a case from its files alone, in float64, with the independent encoder.

If this holds, a fixture carries all that another engine needs, the two implementations agree (so the encoder equals
PEFT when every layer is prompted, which is what backs it where only some are), and the case is well enough conditioned
that float32 rounding stays far below the tolerances the studio is held to.
"""

import json

import torch
from safetensors.torch import load_file

from .encoder import Batch, Prompt, pooled_output, split_prefix
from .files import FIXTURES
from .method_replay import changes_of, encoded_prompt
from .models import Subject
from .record import cross_entropy, train

LOGIT_TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 1e-3
LOSS_TOLERANCE = 1e-4
# The replay must do ten times better than what is asked of the studio.
MARGIN = 10


def replay_case(subject: Subject, name: str) -> dict:
    """Read a case, run it again and check it; returns how far off it was, as fractions of each tolerance."""
    folder = FIXTURES / subject.name
    document = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    stored = load_file(str(folder / f"{name}.safetensors"))
    trainables = starting_values(subject, document, stored)
    batch = Batch(ids=document["batch"]["ids"], types=document["batch"]["types"], labels=document["labels"])

    def logits():
        return replayed_logits(subject, document, trainables, batch)

    first = logits()
    loss = cross_entropy(first, batch.labels)
    gradients = dict(zip(trainables, torch.autograd.grad(loss, list(trainables.values()))))
    losses = train(trainables, logits, subject, document["optimizer"]["learningRate"])
    off = {
        "logits": logit_error(first, torch.tensor(document["expected"]["logits"])),
        "gradients": max(gradient_error(name, gradients[name], document, stored) for name in gradients),
        "losses": max(abs(a - b) for a, b in zip(losses, document["losses"])) / LOSS_TOLERANCE,
    }
    assert max(off.values()) * MARGIN <= 1, f"{subject.name}/{name} is off by these parts of the tolerances: {off}"
    return off


def starting_values(subject, document, stored):
    """Trainables in float64: from the case file, or from the model where the whole model is trained."""
    weights = subject.weights(torch.float64)
    values = {
        name: stored[f"initial.{name}"].double() if f"initial.{name}" in stored else weights[name]
        for name in document["trainables"]
    }
    return {name: tensor.clone().requires_grad_() for name, tensor in values.items()}


def replayed_logits(subject, document, trainables, batch):
    weights = subject.weights(torch.float64) | {
        key: value for key, value in trainables.items() if key.startswith("bert.")
    }
    changes = changes_of(document.get("settings", {"kind": document["method"]}), trainables)
    pooled = pooled_output(weights, subject.config(), batch, prompt_of(document, trainables), changes=changes)
    return pooled @ trainables["classifier.weight"].T + trainables["classifier.bias"]


def prompt_of(document, trainables):
    """The prompt a case describes: none, rows of input embeddings, or keys and values for its layers."""
    length = document["promptLength"]
    if document["method"] == "prompt-tuning":
        return Prompt(length=length, rows=trainables["prompt"])
    if document["method"] == "p-tuning":
        return encoded_prompt(document["settings"], trainables)
    if document["method"] != "prefix-tuning":
        return Prompt()
    rows = trainables["prompt"] if document["reparameterisation"] == "none" else projected(trainables)
    return Prompt(length=length, prefixes=split_prefix(rows, document["layers"]))


def projected(trainables):
    """The reparameterised prefix: linear, tanh, linear."""
    inner = torch.tanh(trainables["embedding"] @ trainables["mlp.0.weight"].T + trainables["mlp.0.bias"])
    return inner @ trainables["mlp.2.weight"].T + trainables["mlp.2.bias"]


def logit_error(actual, expected):
    """Largest difference as a fraction of the tolerance on logits."""
    return ((actual - expected).abs().max() / (LOGIT_TOLERANCE * max(1.0, expected.abs().max().item()))).item()


def gradient_error(name, actual, document, stored):
    """Largest difference of one gradient as a fraction of its tolerance."""
    expected = stored[f"gradient.{name}"]
    if name in document["gradientSamples"]:
        actual = actual.flatten()[document["gradientSamples"][name]]
    allowed = GRADIENT_TOLERANCE * document["largestGradients"][name] + 1e-6
    # What is stored of a gradient that is truly zero is rounding noise; the absolute part is all that can be asked.
    vanishing = actual.abs().max() < 1e-12
    return ((actual - expected).abs().max() / allowed / (MARGIN if vanishing else 1)).item()
