"""In what arithmetic a model is trained: float32 anywhere, TF32 or bfloat16 where the device is quick at it. Weights and the
optimizer's moments are float32 always."""

from contextlib import nullcontext

import torch

PRECISIONS = ("float32", "tf32", "bfloat16")


def default_precision(device):
    """bfloat16 on a GPU, float32 on a processor."""
    return "bfloat16" if device == "cuda" else "float32"


def set_up(precision):
    """Let products of float32 matrices use TF32 unless all of float32 was asked for."""
    torch.set_float32_matmul_precision("highest" if precision == "float32" else "high")


def arithmetic(precision, device):
    """The context in which a loss is computed."""
    return torch.autocast(device, torch.bfloat16) if precision == "bfloat16" else nullcontext()
