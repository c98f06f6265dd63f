"""A GPT-2 decoder in plain PyTorch, written from the maths and independent of transformers and PEFT.

It serves what `encoder.py` serves for BERT: prefixes on some layers only, a replay of every fixture in float64, and
faulty forwards that show the fixtures would notice. Sequences run one by one, so nothing is ever padded.
Letters: T tokens of a sequence, P virtual tokens, D width, d width of a head.
"""

import math

import torch
import torch.nn.functional as functional

from .encoder import Changes, Prompt

FAULTS = (
    "non-causal",
    "exact-gelu",
    "positions-unshifted",
    "unscaled",
    "first-slot-hidden",
    "first-row-pooling",
)


def hidden_rows(weights, config, ids, prompt=Prompt(), fault=None, changes=Changes()):
    """Output of the last layer norm for one sequence, [T, D], or [P + T, D] behind a soft prompt.

    `weights` are named as in a Hugging Face checkpoint (`transformer.` prefix). `fault` names one of FAULTS to commit.
    """
    rows = embed(weights, ids, prompt, fault)
    for layer in range(config.n_layer):
        rows = block(weights, config, layer, rows, prompt, fault, changes)
    return layer_norm(weights, config, "transformer.ln_f", rows)


def embed(weights, ids, prompt, fault):
    """Word and position embeddings; slots of a soft prompt take positions 0 to P - 1, tokens follow from P."""
    words = weights["transformer.wte.weight"][torch.tensor(ids)]
    shift = 0 if fault == "positions-unshifted" else prompt.length
    positions = shift + torch.arange(len(ids))
    if prompt.rows is not None:
        words = torch.cat([prompt.rows, words])
        positions = torch.cat([torch.arange(prompt.length), positions])
    return words + weights["transformer.wpe.weight"][positions]


def block(weights, config, layer, rows, prompt, fault, changes):
    """One pre-norm block: norm, attention and add; norm, feed-forward and add."""
    name = f"transformer.h.{layer}"

    def close(kind, output, residual, reader):
        """The sum with the residual, which the layer norm named `reader` reads next."""
        return residual + changes.block(
            layer, kind, output, residual, lambda total: layer_norm(weights, config, f"transformer.{reader}", total)
        )

    normed = layer_norm(weights, config, f"{name}.ln_1", rows)
    attended = attention(weights, config, f"{name}.attn", normed, (prompt.prefixes or {}).get(layer), prompt, fault)
    rows = close("attention", attended, rows, f"h.{layer}.ln_2")
    inner = linear(weights, f"{name}.mlp.c_fc", layer_norm(weights, config, f"{name}.ln_2", rows))
    inner = functional.gelu(inner, approximate="none" if fault == "exact-gelu" else "tanh")
    reader = "ln_f" if layer == config.n_layer - 1 else f"h.{layer + 1}.ln_1"
    return close("feed-forward", linear(weights, f"{name}.mlp.c_proj", inner), rows, reader)


def attention(weights, config, name, rows, prefix, prompt, fault):
    """Causal attention [T, D]; every query sees the whole prefix."""
    query, key, value = linear(weights, f"{name}.c_attn", rows).chunk(3, dim=-1)
    count = rows.shape[0]
    visible = torch.ones(count, count, dtype=torch.bool)
    if fault != "non-causal":
        visible = visible.tril()
    if prefix is not None:
        key, value = torch.cat([prefix[0], key]), torch.cat([prefix[1], value])
        visible = torch.cat([torch.ones(count, prefix[0].shape[0], dtype=torch.bool), visible], dim=1)
    if fault == "first-slot-hidden" and (prefix is not None or prompt.rows is not None):
        # The slot itself keeps seeing itself, as a row of a soft prompt that saw nothing would have no output.
        visible = visible.clone()
        visible[0 if prefix is not None else 1 :, 0] = False
    query, key, value = (part.unflatten(-1, (config.n_head, -1)).transpose(0, 1) for part in (query, key, value))
    scale = 1 if fault == "unscaled" else 1 / math.sqrt(query.shape[-1])
    scores = (query @ key.transpose(-1, -2) * scale).masked_fill(~visible, -math.inf)
    return linear(weights, f"{name}.c_proj", (scores.softmax(-1) @ value).transpose(0, 1).flatten(1))


def linear(weights, name, rows):
    """A Conv1D of the checkpoint: its weight lies [in, out]."""
    return rows @ weights[f"{name}.weight"] + weights[f"{name}.bias"]


def layer_norm(weights, config, name, rows):
    gain, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return functional.layer_norm(rows, gain.shape, gain, bias, config.layer_norm_epsilon)
