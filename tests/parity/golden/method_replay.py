"""What the methods of `methods` and `thudm` do to the independent encoder, written from the maths: prompts from networks, low-rank
updates, adapters. Weights of the model that are trained need nothing here; they replace the frozen ones by name."""

import torch
import torch.nn.functional as functional

from .encoder import Changes, Prompt

ACTIVATIONS = {"gelu": functional.gelu, "relu": torch.relu, "tanh": torch.tanh}


def changes_of(settings, trainables):
    """The changes inside the layers; none for methods that only choose weights or put something in front."""
    if settings["kind"] == "lora":
        return Changes(linear=lambda *place: low_rank(settings, trainables, *place))
    if settings["kind"] == "adapters":
        return Changes(block=lambda *place: adapted(settings, trainables, *place))
    return Changes()


def low_rank(settings, trainables, layer, role, x, y):
    """y + (alpha / r) x A^T B^T."""
    down, up = (trainables.get(f"lora.{layer}.{role}.{part}") for part in "AB")
    return y if down is None else y + settings["alpha"] / settings["rank"] * (x @ down.T @ up.T)


def adapted(settings, trainables, layer, kind, output, residual, norm):
    """output + U f(D z), with z the output itself or, for Pfeiffer, the normalised sum with the residual."""
    name = f"adapter.{layer}.{kind}"
    if f"{name}.down.weight" not in trainables:
        return output
    read = norm(residual + output) if settings["placement"] == "pfeiffer" else output
    inner = ACTIVATIONS[settings["activation"]](affine(trainables, f"{name}.down", read))
    return output + affine(trainables, f"{name}.up", inner)


def encoded_prompt(settings, trainables):
    """The virtual tokens that P-Tuning's network makes; which network it is, its tensors tell."""
    rows = trainables["prompt.embedding"]
    if "lstm" in settings["reparameterisation"]:
        for layer in range(2):
            name = f"prompt.lstm.{layer}"
            backward = lstm(trainables, f"{name}.backward", rows.flip(0)).flip(0)
            rows = torch.cat([lstm(trainables, f"{name}.forward", rows), backward], dim=1)
    for place in (0, 2, 4):
        if f"prompt.mlp.{place}.weight" in trainables:
            rows = affine(trainables, f"prompt.mlp.{place}", rows if place == 0 else torch.relu(rows))
    inside = settings.get("placement") == "template"
    return Prompt(length=settings["promptLength"], rows=rows, inside=inside)


def lstm(trainables, name, rows):
    """One direction, step by step; gates in the order input, forget, cell, output."""
    state = cell = torch.zeros(trainables[f"{name}.state.weight"].shape[1], dtype=rows.dtype)
    states = []
    for row in rows:
        gates = affine(trainables, f"{name}.input", row) + affine(trainables, f"{name}.state", state)
        enter, keep, candidate, leave = gates.chunk(4)
        cell = torch.sigmoid(keep) * cell + torch.sigmoid(enter) * torch.tanh(candidate)
        state = torch.sigmoid(leave) * torch.tanh(cell)
        states.append(state)
    return torch.stack(states)


def affine(trainables, name, rows):
    return rows @ trainables[f"{name}.weight"].T + trainables[f"{name}.bias"]
