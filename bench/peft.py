"""Times PyTorch + PEFT on the problem that the benchmark wrote into a folder, dropout off, and prints one line of JSON.

    python bench/peft.py FOLDER --device cpu|cuda --precision float32|bfloat16 --steps N

The folder holds config.json, model.safetensors, prefix.safetensors and problem.json. The losses of the first steps are
printed, so that the benchmark can compare them with the studio's before the times count.
"""

import argparse
import contextlib
import json
import statistics
import sys
import time
from pathlib import Path

# Python looks for modules beside the script first, where this file would be taken for the library of its name.
sys.path = [folder for folder in sys.path if Path(folder).resolve() != Path(__file__).resolve().parent]

import torch
from peft import PrefixTuningConfig, get_peft_model
from safetensors.torch import load_file
from transformers import BertForSequenceClassification


def main():
    options = read_options()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    problem = json.loads((options.folder / "problem.json").read_text(encoding="utf-8"))
    started = time.perf_counter()
    model = open_model(options.folder, problem, options.device)
    optimizer = make_optimizer(model, problem["adamw"])
    batches = [to_device(batch, options.device) for batch in problem["batches"]]
    losses, times = [], []
    first_step = None
    for step in range(problem["checkedSteps"] + options.steps):
        begin = time.perf_counter()
        loss = train_step(model, optimizer, batches[step % len(batches)], options)
        synchronize(options.device)
        times.append(time.perf_counter() - begin)
        first_step = first_step or time.perf_counter() - started
        losses.append(loss.item())
    print(json.dumps({
        "device": torch.cuda.get_device_name() if options.device == "cuda" else f"CPU, {torch.get_num_threads()} threads",
        "versions": {"torch": torch.__version__},
        "losses": losses[: problem["checkedSteps"]],
        "stepMs": 1000 * statistics.median(times[problem["checkedSteps"]:]),
        "firstStepMs": 1000 * first_step,
        "steps": options.steps,
    }))  # fmt: skip


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--steps", type=int, default=15)
    return parser.parse_args()


def open_model(folder, problem, device):
    """The frozen encoder with PEFT's prefix and the trained head, start values included."""
    encoder = BertForSequenceClassification.from_pretrained(folder, num_labels=problem["classes"], dtype=torch.float32)
    config = PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=problem["promptLength"])
    model = get_peft_model(encoder, config)
    with torch.no_grad():
        model.prompt_encoder["default"].embedding.weight.copy_(load_file(folder / "prefix.safetensors")["prefix"])
    return model.to(device).train()


def make_optimizer(model, settings):
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return torch.optim.AdamW(
        trained,
        lr=settings["learningRate"],
        betas=(settings["beta1"], settings["beta2"]),
        eps=settings["epsilon"],
        weight_decay=settings["weightDecay"],
    )


def to_device(batch, device):
    """Token ids padded with 0 to the longest text, the mask of real tokens, and labels."""
    longest = max(len(ids) for ids in batch["ids"])
    ids = torch.zeros(len(batch["ids"]), longest, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(batch["ids"]):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor(batch["labels"])}
    return {name: tensor.to(device) for name, tensor in inputs.items()}


def train_step(model, optimizer, batch, options):
    half = options.precision == "bfloat16"
    context = torch.autocast(options.device, torch.bfloat16) if half else contextlib.nullcontext()
    with context:
        loss = model(**batch).loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def synchronize(device):
    if device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
