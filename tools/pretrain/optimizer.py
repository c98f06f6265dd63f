"""The optimizer of pretraining and its learning rate: warm up, stay, and decay when asked to.

A run without an end can be stopped at any step and decayed later; see Hägele et al., "Scaling Laws and Compute-Optimal
Training Beyond Fixed Training Durations" (2024), for the schedule and its decay by 1 - sqrt.
"""

import math

import torch

WEIGHT_DECAY = 0.01


def make_optimizer(model, device):
    """AdamW; weight decay on matrices alone."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98), eps=1e-6, fused=True)


def learning_rate(step, peak, warmup, decay):
    """Rate of a step. `decay` is None, or the first step and the number of steps of the decay."""
    rate = peak * min(1.0, (step + 1) / warmup)
    if decay is not None:
        done = min(1.0, (step - decay["from"]) / decay["steps"])
        rate *= max(0.0, 1 - math.sqrt(max(0.0, done)))
    return rate


def set_rate(optimizer, rate):
    """Give every group the rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
