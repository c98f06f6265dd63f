"""Running a case and writing it down: logits, loss and gradients at the start, then the losses of ten AdamW steps."""

import torch
import torch.nn.functional as functional

from .case import Case
from .files import FIXTURES, write_json, write_tensors
from .models import CLASS_COUNT, Subject

STEPS = 10
ADAMW = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.01, "clip": 1.0}
WHOLE_GRADIENT_LIMIT = 200_000
SAMPLES = 64


def record_case(subject: Subject, case: Case) -> dict:
    """Run the case, write its JSON and safetensors, and return the JSON document."""
    initial = {name: tensor.detach().clone() for name, tensor in case.trainables.items()}
    logits = case.logits()
    loss = cross_entropy(logits, subject.batch.labels)
    gradients = dict(zip(case.trainables, torch.autograd.grad(loss, list(case.trainables.values()))))
    losses = train(case.trainables, case.logits, subject, subject.learning_rate(case.name))
    assert losses[0] == loss.item(), "The first training step differs from the recorded one."
    samples = sample_indices(gradients)
    document = describe(subject, case) | {
        "loss": loss.item(),
        "losses": losses,
        "optimizer": {"learningRate": subject.learning_rate(case.name), **ADAMW},
        "expected": {"logits": logits.detach()},
        "gradientNorm": global_norm(gradients.values()),
        "largestGradients": {name: tensor.abs().max().item() for name, tensor in gradients.items()},
        "gradientSamples": samples,
    }
    write_json(FIXTURES / subject.name / f"{case.name}.json", document)
    write_tensors(FIXTURES / subject.name / f"{case.name}.safetensors", stored_tensors(initial, gradients, samples))
    return document


def describe(subject, case):
    """The part of the document that says what is trained on what."""
    batch = {"ids": subject.batch.ids, "types": subject.batch.types}
    if subject.texts is not None:
        batch["texts"] = subject.texts
    return {
        "model": subject.name,
        "case": case.name,
        "method": case.method,
        **({} if case.settings is None else {"settings": case.settings}),
        "reparameterisation": "none" if case.mlp_width is None else "mlp",
        "promptLength": case.prompt_length,
        "layers": case.layers,
        "hiddenSize": case.mlp_width,
        "classCount": CLASS_COUNT,
        "labels": subject.batch.labels,
        "batch": batch,
        "trainables": {name: list(tensor.shape) for name, tensor in case.trainables.items()},
    }


def stored_tensors(initial, gradients, samples):
    """`initial.*` of all that is not in the model's own file, and `gradient.*`, whole or at the sampled places."""
    tensors = {f"initial.{name}": tensor for name, tensor in initial.items() if not name.startswith(("bert.", "transformer."))}
    for name, gradient in gradients.items():
        tensors[f"gradient.{name}"] = gradient.flatten()[samples[name]] if name in samples else gradient
    return tensors


def sample_indices(gradients):
    """Which flat indices to keep of each gradient; empty where all gradients together are small enough to keep whole.

    Some are spread evenly over the tensor, as many over its non-zero entries: most rows of an embedding table are zero.
    """
    if sum(tensor.numel() for tensor in gradients.values()) <= WHOLE_GRADIENT_LIMIT:
        return {}
    return {name: sample_of(tensor.flatten()) for name, tensor in gradients.items()}


def sample_of(gradient):
    everywhere = torch.arange(gradient.numel())
    return sorted(set(spread(everywhere)) | set(spread(gradient.nonzero().flatten())))


def spread(indices):
    """At most SAMPLES of the indices, evenly spaced, first and last included."""
    if len(indices) <= SAMPLES:
        return indices.tolist()
    return [indices[at * (len(indices) - 1) // (SAMPLES - 1)].item() for at in range(SAMPLES)]


def cross_entropy(logits, labels):
    """Mean cross entropy over the labels."""
    return functional.cross_entropy(logits, torch.tensor(labels))


def global_norm(tensors):
    return torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(tensor) for tensor in tensors])).item()


def train(trainables, logits, subject, learning_rate):
    """Ten clipped AdamW steps on the batch; entry i is the loss before update i. Every trainable decays."""
    parameters = list(trainables.values())
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
        loss = cross_entropy(logits(), subject.batch.labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, ADAMW["clip"], foreach=False)
        optimizer.step()
        losses.append(loss.item())
    return losses
