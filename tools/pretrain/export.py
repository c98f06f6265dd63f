"""Stage 5: write a finished model as a half-precision Hugging Face folder with its tokenizer, model card and loss curve.

    python tools/pretrain/export.py --finished RUN_DIR/finished-STEP --data DIR --out DIR [--tokens-before N]

It takes the folder that train.py left: model, run.json and log.jsonl. What it wrote is loaded again and measured before the
card is written, so the card's figures are those of the file.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from transformers import BertForPreTraining, GPT2LMHeadModel

from card import model_card
from checkpoint import read_log
from curve import loss_curve
from evaluate import evaluate
from tokenizer import BPE_FILES, WORDPIECE_FILES
from tokens import TokenStore

MODEL_FILES = ["config.json", "model.safetensors"]
SHIPPED = [*MODEL_FILES, "tokenizer.json", "tokenizer_config.json"]


def load_exported(out, architecture):
    """The written model in full precision; fails when a tensor is missing, left over or not finite."""
    family = BertForPreTraining if architecture == "encoder" else GPT2LMHeadModel
    model, info = family.from_pretrained(out, dtype=torch.float32, output_loading_info=True)
    faults = [*info["missing_keys"], *info["unexpected_keys"]]
    faults += [name for name, value in model.state_dict().items() if not torch.isfinite(value).all()]
    if faults:
        raise ValueError(f"Expected a complete, finite model in {out}; at fault: {', '.join(faults)}.")
    return model


def export(options):
    """Write everything; returns the figures."""
    out, finished = Path(options.out), Path(options.finished)
    out.mkdir(parents=True, exist_ok=True)
    state = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    rung = state["rung"]
    for name in MODEL_FILES:
        shutil.copyfile(finished / "model" / name, out / name)
    names = WORDPIECE_FILES if rung["architecture"] == "encoder" else BPE_FILES
    for name in names:
        shutil.copy(Path(options.data) / name, out / name)
    store = TokenStore(options.data, options.device)
    ordered = TokenStore(options.data, options.device, part="ordered") if rung["architecture"] == "encoder" else None
    model = load_exported(out, rung["architecture"]).to(options.device)
    figures = evaluate(model, store, ordered)
    rows = read_log(finished / "log.jsonl")
    sources = json.loads((Path(options.data) / "data.json").read_text(encoding="utf-8"))["sources"]
    tokens = options.tokens_before + state["step"] * rung["batchTokens"]
    record = {"rung": rung, "tokens": tokens, "seconds": state["seconds"], "steps": state["step"], **figures}
    record["precision"], record["vocabulary"] = state["precision"], store.vocabulary
    record["parameters"] = sum(parameter.numel() for parameter in model.parameters())
    machines = dict.fromkeys(row["hardware"] for row in rows if "hardware" in row)
    record["hardware"] = options.hardware or ", then ".join(machines)
    (out / "training.json").write_text(json.dumps({**record, "curve": rows}) + "\n", encoding="utf-8")
    (out / "curve.svg").write_text(loss_curve(rows), encoding="utf-8")
    (out / "README.md").write_text(model_card(out.name, record, sources, rows), encoding="utf-8")
    sizes = {name: (out / name).stat().st_size for name in SHIPPED}
    (out / "files.json").write_text(json.dumps({"files": sizes}, indent=2) + "\n", encoding="utf-8")
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--finished", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True, help="the folder's name becomes the model's name")
    parser.add_argument("--tokens-before", type=int, default=0, help="tokens seen before this run, when it continued a model")
    parser.add_argument("--hardware", default="", help="what to say in the card instead of what the log recorded")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    print(json.dumps(export(parser.parse_args())))


if __name__ == "__main__":
    main()
