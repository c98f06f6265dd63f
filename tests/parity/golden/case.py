"""One case: which tensors are trained on which model, and how logits come from them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass
class Case:
    """One method on one model, ready to run: `logits()` is [B, 3] and differentiable in `trainables`."""

    name: str
    method: str
    trainables: dict
    logits: Callable[[], torch.Tensor]
    layers: list
    prompt_length: int = 0
    mlp_width: int | None = None
    peft_model: object | None = None
    # The method's settings as the studio writes them, where they say more than the fields above.
    settings: dict | None = None


def model_logits(model, batch):
    """A call of a transformers or PEFT classifier on the padded batch."""
    ids, types, mask = batch.padded(batch.ids), batch.padded(batch.types), batch.mask.long()
    return lambda: model(input_ids=ids, token_type_ids=types, attention_mask=mask).logits
