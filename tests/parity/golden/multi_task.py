"""One prefix under three tasks: ten AdamW steps of which each takes one task's batch, its head and the shared prefix.

The models, batches and heads are those of the cases named in CASES; PEFT's three prompt encoders are given one tensor. A head
that has no gradient is left alone by torch's optimizer, moments and step count included.
"""

import torch

from .cases import build_case
from .files import FIXTURES, write_json
from .record import ADAMW, cross_entropy
from .task_cases import build_task_case

CASES = ("prefix-tuning", "tags-prefix-tuning", "answers-prefix-tuning")
TURNS = (0, 1, 1, 2, 0, 2, 1, 0, 0, 2)
LEARNING_RATE = 5e-3


def write_multi_task(subject) -> None:
    """Write multi-task.json: whose turn it is at each step, and the loss before each update."""
    cases = [build_case(subject, CASES[0]), *(build_task_case(subject, name) for name in CASES[1:])]
    prompt = cases[0].trainables["prompt"]
    for case in cases[1:]:
        case.peft_model.prompt_encoder["default"].embedding.weight = prompt
    heads = [tensor for case in cases for name, tensor in case.trainables.items() if name != "prompt"]
    parameters = [prompt, *heads]
    optimizer = torch.optim.AdamW(
        parameters,
        lr=LEARNING_RATE,
        betas=(ADAMW["beta1"], ADAMW["beta2"]),
        eps=ADAMW["epsilon"],
        weight_decay=ADAMW["weightDecay"],
        foreach=False,
    )
    losses = []
    for turn in TURNS:
        optimizer.zero_grad()
        case = cases[turn]
        loss = cross_entropy(case.logits(), subject.batch.labels) if turn == 0 else case.loss(case.logits())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, ADAMW["clip"], foreach=False)
        optimizer.step()
        losses.append(loss.item())
    steps = [int(optimizer.state[head]["step"]) for head in heads[::2]]
    assert steps == [TURNS.count(lane) for lane in range(len(CASES))], steps
    write_json(
        FIXTURES / subject.name / "multi-task.json",
        {
            "cases": CASES,
            "turns": TURNS,
            "losses": losses,
            "optimizer": {"learningRate": LEARNING_RATE, **ADAMW},
            "finalPrompt": prompt.detach().flatten(),
        },
    )
    print(f"{subject.name}/multi-task: losses {', '.join(f'{loss:.3f}' for loss in losses)}")
