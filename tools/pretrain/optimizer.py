"""The optimizer of pretraining. Its rate is in schedule.py."""

import torch

WEIGHT_DECAY = 0.01
LONGEST_GRADIENT = 1.0


def make_optimizer(model, fused):
    """AdamW; weight decay on matrices alone. `fused` updates all tensors in one kernel."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-6, fused=fused)


def update(optimizer, rate):
    """Clip the gradients, move the weights, clear the gradients. One that is not finite anywhere changes nothing.

    The fused optimizer is told so on the device; asking here would make a GPU wait in every step.
    """
    for group in optimizer.param_groups:
        group["lr"] = rate
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    finite = torch.isfinite(torch.nn.utils.clip_grad_norm_(parameters, LONGEST_GRADIENT))
    if optimizer.defaults["fused"]:
        optimizer.found_inf = (~finite).float()
    if optimizer.defaults["fused"] or finite:
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
