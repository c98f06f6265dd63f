"""A BERT encoder in plain PyTorch, written from the maths and independent of transformers and PEFT.

It serves three purposes: prefixes on a subset of the layers (which PEFT cannot express), an independent replay of
every fixture in float64, and deliberately faulty forwards that show the fixtures would notice. It is not fast.
Letters: B sequences, T padded tokens, P virtual tokens, D width, H heads, d = D / H, L layers.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as functional

FAULTS = (
    "padding-visible",
    "first-slot-hidden",
    "positions-unshifted",
    "tanh-gelu",
    "scale-by-width",
    "cls-pooling",
)


@dataclass(frozen=True)
class Batch:
    """Token ids and types, unpadded as lists and padded as [B, T] tensors with a boolean mask of real tokens."""

    ids: list
    types: list
    labels: list

    @property
    def mask(self):
        lengths = torch.tensor([len(row) for row in self.ids])
        return torch.arange(int(lengths.max()))[None, :] < lengths[:, None]

    def padded(self, rows):
        width = max(len(row) for row in rows)
        return torch.tensor([row + [0] * (width - len(row)) for row in rows])


@dataclass(frozen=True)
class Prompt:
    """What is put in front: `rows` [P, D] as input embeddings, or `prefixes` {layer: (K [P, D], V [P, D])}. Rows that stand
    `inside` take the places of the ids -1, -2, … instead."""

    length: int = 0
    rows: torch.Tensor | None = None
    prefixes: dict | None = None
    inside: bool = False


@dataclass(frozen=True)
class Changes:
    """What a method does inside the layers: `linear(layer, role, x, y)` replaces the output of a linear layer, and
    `block(layer, kind, output, residual, norm)` the output of a block before its residual connection."""

    linear: Callable = lambda layer, role, x, y: y
    block: Callable = lambda layer, kind, output, residual, norm: output


# The roles of a layer's linear layers, as the studio names them, and the names of their weights.
ROLES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention-output": "attention.output.dense",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
}


def pooled_output(weights, config, batch, prompt=Prompt(), fault=None, changes=Changes()):
    """Pooler output [B, D] of the first row of each sequence (the first virtual token where there is a soft prompt).

    `weights` are named as in a Hugging Face BERT checkpoint (`bert.` prefix). `fault` names one of FAULTS to commit.
    """
    hidden = encoded(weights, config, batch, prompt, fault, changes)
    row = prompt.length if fault == "cls-pooling" and prompt.rows is not None else 0
    return torch.tanh(linear(weights, "bert.pooler.dense", hidden[:, row]))


def encoded(weights, config, batch, prompt=Prompt(), fault=None, changes=Changes()):
    """The last layer's output [B, T or P+T, D] of all rows, padding included."""
    hidden, visible = embed(weights, config, batch, prompt, fault)
    for layer in range(config.num_hidden_layers):
        prefix = (prompt.prefixes or {}).get(layer)
        hidden = encoder_layer(weights, config, layer, hidden, visible, prefix, fault, changes)
    return hidden


def embed(weights, config, batch, prompt, fault):
    """Input embeddings [B, T or P+T, D] after layer norm, and the mask of visible rows of the same length."""
    ids = batch.padded(batch.ids)
    words = weights["bert.embeddings.word_embeddings.weight"][ids.clamp(min=0)]
    if prompt.inside:
        words = torch.where(ids[..., None] < 0, prompt.rows[(-1 - ids).clamp(min=0)], words)
        prompt = Prompt()
    types = batch.padded(batch.types)
    visible = torch.ones_like(batch.mask) if fault == "padding-visible" else batch.mask
    shift = 0 if fault == "positions-unshifted" else prompt.length
    positions = shift + torch.arange(words.shape[1])
    if prompt.rows is not None:
        count = words.shape[0]
        words = torch.cat([prompt.rows.expand(count, -1, -1), words], dim=1)
        types = torch.cat([torch.zeros(count, prompt.length, dtype=types.dtype), types], dim=1)
        positions = torch.cat([torch.arange(prompt.length), positions])
        visible = torch.cat([slots_visible(count, prompt.length, fault), visible], dim=1)
    total = (
        words
        + weights["bert.embeddings.position_embeddings.weight"][positions]
        + weights["bert.embeddings.token_type_embeddings.weight"][types]
    )
    return layer_norm(weights, config, "bert.embeddings.LayerNorm", total), visible


def slots_visible(count, length, fault):
    """Mask [B, P] of the prompt slots: all visible, unless the fault hides the first."""
    slots = torch.ones(count, length, dtype=torch.bool)
    if fault == "first-slot-hidden":
        slots[:, 0] = False
    return slots


def encoder_layer(weights, config, layer, hidden, visible, prefix, fault, changes):
    """One post-norm transformer layer: attention, add and norm, feed-forward, add and norm."""
    name = f"bert.encoder.layer.{layer}"

    def project(role, rows):
        return changes.linear(layer, role, rows, linear(weights, f"{name}.{ROLES[role]}", rows))

    def close(kind, output, residual, part):
        def norm(total):
            return layer_norm(weights, config, f"{name}.{part}.LayerNorm", total)

        return norm(residual + changes.block(layer, kind, output, residual, norm))

    context = attention(config, project, hidden, visible, prefix, fault)
    hidden = close("attention", project("attention-output", context), hidden, "attention.output")
    inner = functional.gelu(project("intermediate", hidden), approximate="tanh" if fault == "tanh-gelu" else "none")
    return close("feed-forward", project("output", inner), hidden, "output")


def attention(config, project, hidden, visible, prefix, fault):
    """Multi-head attention [B, T, D]; a prefix adds P keys and values in front that no query belongs to."""
    query, key, value = (project(part, hidden) for part in ("query", "key", "value"))
    if prefix is not None:
        count = hidden.shape[0]
        key, value = (torch.cat([part.expand(count, -1, -1), own], dim=1) for part, own in zip(prefix, (key, value)))
        visible = torch.cat([slots_visible(count, prefix[0].shape[0], fault), visible], dim=1)
    query, key, value = (split_heads(part, config.num_attention_heads) for part in (query, key, value))
    width = query.shape[-1]
    scale = 1 / width if fault == "scale-by-width" else 1 / math.sqrt(width)
    scores = (query @ key.transpose(-1, -2) * scale).masked_fill(~visible[:, None, None, :], -math.inf)
    return (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)


def split_heads(rows, heads):
    """[B, T, D] to [B, H, T, d]."""
    return rows.unflatten(-1, (heads, -1)).transpose(1, 2)


def linear(weights, name, rows):
    return functional.linear(rows, weights[f"{name}.weight"], weights[f"{name}.bias"])


def layer_norm(weights, config, name, rows):
    gain, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return functional.layer_norm(rows, gain.shape, gain, bias, config.layer_norm_eps)


def split_prefix(rows, layers):
    """Rows [P, layers * 2 * D], each [K_0 | V_0 | K_1 | V_1 | ...], to {layer: (K [P, D], V [P, D])}."""
    parts = rows.chunk(2 * len(layers), dim=1)
    return {layer: (parts[2 * at], parts[2 * at + 1]) for at, layer in enumerate(layers)}
