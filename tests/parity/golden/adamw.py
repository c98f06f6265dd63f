"""Twenty steps of torch.optim.AdamW on five numbers in two groups, given the gradients, without clipping."""

import torch

from .files import FIXTURES, write_json
from .models import stream

STEPS = 20
SETTINGS = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.1}
GROUPS = [{"indices": [0, 1, 2], "learningRate": 0.1}, {"indices": [3, 4], "learningRate": 0.003}]


def write_adamw() -> None:
    """Write adamw.json: start, gradients [20][5], and the values and both moments [20][5] after every step."""
    random = stream("adamw")
    initial = torch.randn(5, generator=random)
    gradients = torch.randn(STEPS, 5, generator=random) * torch.tensor([1.0, 1e-3, 100.0, 1e-7, 0.1])
    gradients[4:7] = 0.0
    values, first, second = run(initial, gradients)
    write_json(
        FIXTURES / "adamw.json",
        {
            **SETTINGS,
            "groups": GROUPS,
            "initial": initial,
            "gradients": gradients,
            "values": values,
            "firstMoments": first,
            "secondMoments": second,
        },
    )


def run(initial, gradients):
    """Values, first and second moments after each step, each a list of [5] tensors."""
    parts = [initial[group["indices"]].clone().requires_grad_() for group in GROUPS]
    optimizer = torch.optim.AdamW(
        [{"params": [part], "lr": group["learningRate"]} for part, group in zip(parts, GROUPS)],
        betas=(SETTINGS["beta1"], SETTINGS["beta2"]),
        eps=SETTINGS["epsilon"],
        weight_decay=SETTINGS["weightDecay"],
        foreach=False,
    )
    values, first, second = [], [], []
    for gradient in gradients:
        for part, group in zip(parts, GROUPS):
            part.grad = gradient[group["indices"]].clone()
        optimizer.step()
        values.append(torch.cat(parts).detach())
        first.append(torch.cat([optimizer.state[part]["exp_avg"] for part in parts]).clone())
        second.append(torch.cat([optimizer.state[part]["exp_avg_sq"] for part in parts]).clone())
    return values, first, second
