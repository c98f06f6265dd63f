"""The models of the ladder and their first weights: random, continued, from word statistics, or grown from a smaller one.

Architectures are those of transformers (BertForPreTraining, GPT2LMHeadModel), unchanged, dropout 0.
"""

import torch
from transformers import BertConfig, BertForPreTraining, GPT2Config, GPT2LMHeadModel

from warm_start import word_statistics

POSITIONS = 256


def build_encoder(rung, vocabulary):
    """A random BERT of the rung's size."""
    return BertForPreTraining(
        BertConfig(
            vocab_size=vocabulary,
            hidden_size=rung["width"],
            num_hidden_layers=rung["layers"],
            num_attention_heads=rung["heads"],
            intermediate_size=rung["feedForward"],
            max_position_embeddings=POSITIONS,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=0,
            initializer_range=rung.get("deviation", 0.04),
        )
    )


def build_decoder(rung, vocabulary):
    """A random GPT-2 of the rung's size; the end of text, id 0, begins and ends."""
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocabulary,
            n_embd=rung["width"],
            n_layer=rung["layers"],
            n_head=rung["heads"],
            n_inner=rung["feedForward"],
            n_positions=POSITIONS,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=0,
            eos_token_id=0,
            initializer_range=rung.get("deviation", 0.04),
        )
    )


def build(rung, store, start):
    """The rung's model with its first weights. `start` is "random", "statistics", "continue:DIR" or "grow:DIR"."""
    kind, _, folder = start.partition(":")
    make = build_encoder if rung["architecture"] == "encoder" else build_decoder
    if kind == "continue":
        return load_same(make(rung, store.vocabulary), folder)
    model = make(rung, store.vocabulary)
    if kind == "statistics" and rung["architecture"] == "encoder":
        from_statistics(model, store)
    elif kind == "grow" and rung["architecture"] == "encoder":
        grow(model, BertForPreTraining.from_pretrained(folder, dtype=torch.float32))
    elif kind != "random":
        raise ValueError(f"Expected random, statistics, continue:DIR or grow:DIR (decoders: random, continue), got {start}.")
    return model


def load_same(model, folder):
    """Weights of a folder into a model of the same shape; fails when a tensor is missing or has another shape."""
    loaded = type(model).from_pretrained(folder, dtype=torch.float32)
    model.load_state_dict(loaded.state_dict())
    return model


def near_identity(matrix, scale, noise):
    """Set a square weight to scale I plus noise."""
    matrix.weight.copy_(scale * torch.eye(len(matrix.weight)) + noise * torch.randn_like(matrix.weight))


@torch.no_grad()
def from_statistics(model, store):
    """Word vectors from co-occurrence, output bias from log frequencies, near-identity values in the lowest layers.

    A random start sits at the loss of word frequencies for thousands of steps; this start does not.
    """
    vectors, bias = word_statistics(store, model.config.hidden_size)
    model.bert.embeddings.word_embeddings.weight.copy_(vectors)
    model.cls.predictions.bias.copy_(bias)
    near_identity(model.cls.predictions.transform.dense, 1.0, 0.02)
    near_identity(model.bert.pooler.dense, 1.0, 0.02)
    for layer in model.bert.encoder.layer[:2]:
        near_identity(layer.attention.self.value, 0.7, 0.03)
        near_identity(layer.attention.output.dense, 0.7, 0.03)
    model.bert.embeddings.position_embeddings.weight.normal_(0, 0.02)
    model.bert.embeddings.token_type_embeddings.weight.zero_()


@torch.no_grad()
def grow(model, small):
    """Copy a trained smaller BERT into a larger one: each layer twice or more in order, width into the first columns.

    New rows and columns are small noise. A repeated layer's two outputs are scaled by the repetition, so that its sum over
    the residual stream stays about the same. The result is not the same function: layer norms see
    the new columns too.
    """
    source = small.state_dict()
    repeat = model.config.num_hidden_layers / small.config.num_hidden_layers
    if repeat < 1 or model.config.hidden_size < small.config.hidden_size:
        raise ValueError("Expected a model at least as deep and as wide as the one it grows from.")
    for name, target in model.named_parameters():
        origin = grown_name(name, repeat)
        if target.ndim > 1:
            target.mul_(0.25)
        scale = 1 / repeat if name.endswith("output.dense.weight") and ".layer." in name else 1
        target[tuple(slice(0, n) for n in source[origin].shape)] = source[origin] * scale


def grown_name(name, repeat):
    """The smaller model's tensor that a tensor is copied from: layer i comes from layer floor(i / repeat)."""
    parts = name.split(".")
    if "layer" in parts:
        at = parts.index("layer") + 1
        parts[at] = str(int(int(parts[at]) / repeat))
    return ".".join(parts)
