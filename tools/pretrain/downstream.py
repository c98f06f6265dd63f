"""Stage 6: what a model is good for, with PyTorch and PEFT and with the studio: four data sets, four methods, three seeds.

    python tools/pretrain/downstream.py --model MODEL_DIR --data DIR --out results.json [--tasks …] [--methods …] [--engines …]

Each method's learning rate is the best of RATES on a part of train; then every seed trains on the rest and is scored once,
after its last step, on data that no choice has seen. Both engines get the same rows, grid, steps, batch and decay, and choose
for themselves. Finished runs are kept in the file, so an interrupted measurement goes on.
"""

import argparse
import hashlib
import itertools
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import torch
from peft import PrefixTuningConfig, PromptTuningConfig, TaskType, get_peft_model
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer
from transformers.utils import logging

from downstream_tasks import IGNORED, LONGEST, TASKS, collate, load_task, score
from studio import studio

SEEDS = (1, 2, 3)
BATCH = 32
VIRTUAL_TOKENS = 16
WARMUP = 0.06
CLIP = 1.0
POOL = 8
# method -> learning rates to choose from, and steps of every run
RATES = {
    "full": (2e-4, 5e-4, 1e-3, 2e-3),
    "head": (3e-3, 1e-2, 3e-2, 1e-1),
    "soft-prompt": (3e-3, 1e-2, 3e-2, 1e-1),
    "deep-prompt": (3e-3, 1e-2, 3e-2, 1e-1),
}
STEPS = {"full": 800, "head": 800, "soft-prompt": 1600, "deep-prompt": 1600}
LENGTH = ["--length", VIRTUAL_TOKENS]
IN_STUDIO = {
    "full": ["full-fine-tuning"],
    "head": ["head-only"],
    "soft-prompt": ["prompt-tuning", *LENGTH],
    "deep-prompt": ["prefix-tuning", *LENGTH],
}


def make_model(folder, task, method, seed):
    """The model of a run, with only what the method trains left trainable."""
    torch.manual_seed(seed)
    kind = AutoModelForSequenceClassification if task.kind == "text" else AutoModelForTokenClassification
    model = kind.from_pretrained(folder, num_labels=len(task.labels), dtype=torch.float32)
    if method == "head":
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name.startswith("classifier")
    if method in ("soft-prompt", "deep-prompt"):
        return prompted(model, task, method)
    return model


def prompted(model, task, method):
    """PEFT's model, its prompt drawn small: rows of random words, or keys and values of deviation 0.02."""
    kind = TaskType.SEQ_CLS if task.kind == "text" else TaskType.TOKEN_CLS
    settings = PromptTuningConfig if method == "soft-prompt" else PrefixTuningConfig
    words = model.get_input_embeddings().weight.detach()
    adapted = get_peft_model(model, settings(task_type=kind, num_virtual_tokens=VIRTUAL_TOKENS))
    weight = adapted.prompt_encoder["default"].embedding.weight
    with torch.no_grad():
        if method == "soft-prompt":
            weight.copy_(words[torch.randint(1000, len(words), (VIRTUAL_TOKENS,))])
        else:
            weight.normal_(0, 0.02)
    return adapted


def batches(examples, generator):
    """Endless batches; texts of similar length lie together, in random order."""
    while True:
        order = torch.randperm(len(examples), generator=generator).tolist()
        for begin in range(0, len(order) - BATCH + 1, BATCH * POOL):
            pool = sorted(order[begin : begin + BATCH * POOL], key=lambda i: len(examples[i].ids))
            cut = [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
            for i in torch.randperm(len(cut), generator=generator).tolist():
                yield [examples[j] for j in cut[i]]


def forward(model, ids, mask):
    """Logits [B, C] or [B, T, C]; rows of virtual tokens in front are cut off."""
    logits = model(input_ids=ids, attention_mask=mask).logits
    return logits[:, -ids.shape[1] :] if logits.ndim == 3 else logits


@torch.no_grad()
def measure(model, task, examples, device):
    """The task's score, between 0 and 1."""
    model.eval()
    ordered = sorted(examples, key=lambda e: len(e.ids))
    logits, labels = [], []
    for begin in range(0, len(ordered), 128):
        ids, mask, target = collate(ordered[begin : begin + 128], device)
        logits.append(forward(model, ids, mask).cpu())
        labels.append(target.cpu())
    return score(task, logits, labels)


def steps_of(method, budget):
    """The steps of a run, and those of them over which the rate rises."""
    steps = max(1, round(STEPS[method] * budget))
    return steps, round(WARMUP * steps)


def decay_of(method):
    """Weight decay."""
    return 0.01 if method == "full" else 0.0


def run_studio(options, task, method, rate, seed, part):
    """Train with the studio's command line and score on a part of the task."""
    steps, warmup = steps_of(method, options.budget)
    kind = "sequence-classification" if task.kind == "text" else "token-classification"
    training = {"learning-rate": rate, "weight-decay": decay_of(method), "steps": steps, "batch": BATCH, "warmup-steps": warmup}
    training |= {"schedule": "linear", "clip-norm": CLIP, "max-tokens": LONGEST, "evaluate-every": steps, "seed": seed}
    settings = [argument for name, value in training.items() for argument in (f"--{name}", value)]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("fit", part):
            (Path(folder) / f"{name}.jsonl").write_text("\n".join(map(json.dumps, task.rows[name])) + "\n", encoding="utf-8")
        files = ["--train", f"{folder}/fit.jsonl", "--eval", f"{folder}/{part}.jsonl", "--out", f"{folder}/run"]
        method_settings = ["--method", *IN_STUDIO[method], *settings]
        lines = studio("train", "--model", Path(options.model).resolve(), "--task", kind, *files, *method_settings)
    final = lines[-1]["final"]
    trained = sum(final["trained"][group] for group in ("prompt", "head", "model"))
    return {"score": final["last"]["mean"], "lastLoss": final["loss"], "trained": trained, "seconds": round(final["seconds"], 1)}


def run_peft(options, task, method, rate, seed, part):
    """Train with PyTorch and PEFT and score on a part of the task."""
    began = time.monotonic()
    model = make_model(options.model, task, method, seed).to(options.device).train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=decay_of(method))
    steps, warmup = steps_of(method, options.budget)
    ramp = lambda step: min((step + 1) / max(1, warmup), (steps - step) / max(1, steps - warmup))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, ramp)
    source = batches(task.fit, torch.Generator().manual_seed(seed))
    for _ in range(steps):
        ids, mask, labels = collate(next(source), options.device)
        logits = forward(model, ids, mask)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=IGNORED)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, CLIP)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
    result = measure(model, task, getattr(task, part), options.device)
    size = sum(p.numel() for p in trained)
    return {"score": result, "lastLoss": loss.item(), "trained": size, "seconds": round(time.monotonic() - began, 1)}


def require_encoder(folder):
    """Fail for a model that is no BERT: what is measured here reads [CLS] and one tag per word."""
    kind = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))["model_type"]
    if kind != "bert":
        raise ValueError(f"Expected an encoder (model_type bert) in {folder}, got {kind}.")


class Results:
    """The result file. Runs are kept by name; another model, grid or budget is refused."""

    def __init__(self, options):
        self.path = Path(options.out)
        digest = hashlib.sha256((Path(options.model) / "model.safetensors").read_bytes()).hexdigest()
        settings = {"model": digest, "budget": options.budget, "rates": RATES, "steps": STEPS, "batch": BATCH}
        settings = json.loads(json.dumps({**settings, "virtualTokens": VIRTUAL_TOKENS, "seeds": SEEDS}))
        kept = json.loads(self.path.read_text(encoding="utf-8")) if self.path.exists() else None
        self.data = kept or {"settings": settings, "runs": {}}
        if self.data["settings"] != settings:
            raise ValueError(f"Expected {self.path} to be of the same model, grid and budget. Name another --out.")

    def once(self, name, compute):
        """The run of this name: read if it is there, else computed and written at once."""
        if name not in self.data["runs"]:
            self.data["runs"][name] = compute()
            self.write()
            print(name, json.dumps(self.data["runs"][name]), flush=True)
        return self.data["runs"][name]

    def write(self):
        """Write the file whole."""
        beside = self.path.with_suffix(".writing")
        beside.write_text(json.dumps(self.data, indent=2) + "\n", encoding="utf-8")
        os.replace(beside, self.path)


ENGINES = {"peft": run_peft, "studio": run_studio}


def compare(options, results, task, method, engine):
    """Choose the rate, run the seeds, and note mean and spread."""
    run = lambda rate, seed, part: results.once(
        f"{task.name}/{method}/{engine}/{part}/{rate}/{seed}",
        lambda: ENGINES[engine](options, task, method, rate, seed, part),
    )
    best = max(RATES[method], key=lambda rate: run(rate, SEEDS[0], "choose")["score"])
    runs = [run(best, seed, "report") for seed in SEEDS]
    scores = [row["score"] for row in runs]
    results.data.setdefault("summary", {})[f"{task.name}/{method}/{engine}"] = {
        "metric": "accuracy" if task.kind == "text" else "entity F1",
        "rate": best,
        "mean": round(statistics.mean(scores), 4),
        "deviation": round(statistics.stdev(scores), 4),
        "trained": runs[0]["trained"],
    }
    results.write()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, help="folder of data sets; each holds train.jsonl and dev.jsonl or test.jsonl")
    parser.add_argument("--out", required=True)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--methods", nargs="+", default=list(RATES), choices=list(RATES))
    parser.add_argument("--engines", nargs="+", default=["peft"], choices=list(ENGINES), help="the studio needs npm ci")
    parser.add_argument("--budget", type=float, default=1.0, help="share of the steps, for a quick look")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    # A new head in every run is no fault to report.
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    require_encoder(options.model)
    results, tokenizer = Results(options), AutoTokenizer.from_pretrained(options.model)
    for name in options.tasks:
        task = load_task(name, options.data, tokenizer)
        for method, engine in itertools.product(options.methods, options.engines):
            compare(options, results, task, method, engine)
    print(json.dumps(results.data["summary"], indent=2))


if __name__ == "__main__":
    main()
