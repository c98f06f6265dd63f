"""Adapters of every kind the studio reads, saved by PEFT itself, with what PEFT's models answer with them.

Each is a real PEFT model on a tiny random transformers model, its trainables drawn at random, saved with
`save_pretrained`. The answers come from the model that was saved. `run_saved` asks an adapter folder instead, whoever
wrote it; `load_adapters.py` checks the studio's own files with it.
"""

import json
import shutil
from dataclasses import dataclass, field

import torch
import torch.nn.functional as functional
from peft import LoraConfig, PeftModel, PrefixTuningConfig, PromptEncoderConfig, PromptTuningConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from .files import FIXTURES, write_json
from .models import CLASS_COUNT, stream

FOLDER = FIXTURES / "peft-kinds"
CONFIGS = {
    "prompt": PromptTuningConfig, "prefix": PrefixTuningConfig, "encoded": PromptEncoderConfig, "lora": LoraConfig,
}  # fmt: skip
MODELS = {
    "SEQ_CLS": AutoModelForSequenceClassification,
    "TOKEN_CLS": AutoModelForTokenClassification,
    "QUESTION_ANS": AutoModelForQuestionAnswering,
    "CAUSAL_LM": AutoModelForCausalLM,
}


@dataclass
class Kind:
    """One adapter: which model, which task, and PEFT's configuration beyond the task."""

    name: str
    model: str
    task: str
    config: str
    settings: dict = field(default_factory=dict)


def virtual(count, **others):
    return {"num_virtual_tokens": count, **others}


LORA_PATTERNS = {
    "r": 2, "lora_alpha": 3, "target_modules": ["query", "value", "output.dense"], "layers_to_transform": [0, 2],
    "rank_pattern": {"layer.0.attention.self.query": 4}, "alpha_pattern": {"value": 7},
}  # fmt: skip
KINDS = (
    Kind("bert-texts-prefix-projected", "tiny-bert", "SEQ_CLS", "prefix", virtual(3, prefix_projection=True, encoder_hidden_size=7)),
    Kind("bert-texts-encoded-mlp", "tiny-bert", "SEQ_CLS", "encoded", virtual(3, encoder_hidden_size=6, encoder_reparameterization_type="MLP")),
    Kind("bert-tags-prefix", "tiny-bert", "TOKEN_CLS", "prefix", virtual(4)),
    Kind("bert-tags-prompt", "tiny-bert", "TOKEN_CLS", "prompt", virtual(2)),
    Kind("bert-tags-encoded-lstm", "tiny-bert", "TOKEN_CLS", "encoded", virtual(5, encoder_hidden_size=5, encoder_reparameterization_type="LSTM")),
    Kind("bert-answers-prefix", "tiny-bert", "QUESTION_ANS", "prefix", virtual(4)),
    Kind("bert-answers-prompt", "tiny-bert", "QUESTION_ANS", "prompt", virtual(1)),
    Kind("bert-answers-lora", "tiny-bert", "QUESTION_ANS", "lora", {"r": 3, "lora_alpha": 2, "target_modules": ["query", "key"]}),
    Kind("bert-texts-lora", "tiny-bert", "SEQ_CLS", "lora", {"r": 2}),
    Kind("bert-texts-lora-patterns", "tiny-bert", "SEQ_CLS", "lora", LORA_PATTERNS),
    Kind("bert-texts-lora-biases", "tiny-bert", "SEQ_CLS", "lora", {"r": 2, "bias": "lora_only", "use_rslora": True}),
    Kind("bert-texts-lora-all-biases", "tiny-bert", "SEQ_CLS", "lora", {"r": 1, "bias": "all"}),
    Kind("bert-tags-lora", "tiny-bert", "TOKEN_CLS", "lora", {"r": 2, "target_modules": r".*\.\d+\.(intermediate|output)\.dense"}),
    Kind("gpt2-texts-prefix", "tiny-gpt2", "SEQ_CLS", "prefix", virtual(3)),
    Kind("gpt2-texts-prompt", "tiny-gpt2", "SEQ_CLS", "prompt", virtual(3)),
    Kind("gpt2-texts-lora", "tiny-gpt2", "SEQ_CLS", "lora", {"r": 3, "fan_in_fan_out": True}),
    Kind("gpt2-language-prefix", "tiny-gpt2", "CAUSAL_LM", "prefix", virtual(2)),
    Kind("gpt2-language-prompt", "tiny-gpt2", "CAUSAL_LM", "prompt", virtual(4)),
    Kind("gpt2-language-lora", "tiny-gpt2", "CAUSAL_LM", "lora", {"r": 2, "target_modules": "all-linear", "fan_in_fan_out": True}),
)  # fmt: skip


def write_peft_kinds(batches) -> None:
    """Save all of KINDS with PEFT; `batches` has token ids and types per model."""
    for kind in KINDS:
        folder = FOLDER / kind.name
        shutil.rmtree(folder, ignore_errors=True)
        model = get_peft_model(fresh(kind.model, kind.task), CONFIGS[kind.config](task_type=kind.task, **kind.settings))
        draw_trainables(kind, model.eval())
        model.save_pretrained(str(folder), save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
        sort_targets(folder / "adapter_config.json")
        ids, types = batches[kind.model]
        write_json(folder / "expected.json", answers(kind.model, kind.task, model, ids, types))
        print(f"peft-kinds/{kind.name}: {largest(folder):.2f} is the largest number")


def sort_targets(path):
    """PEFT writes a set, whose order changes from run to run."""
    config = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(config.get("target_modules"), list):
        config["target_modules"].sort()
        path.write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")


def largest(folder):
    document = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return max(abs(value) for rows in document["answers"] for row in rows for value in row)


def fresh(model, task):
    """A float32 transformers model of the task in eval mode, with a random head that PEFT replaces."""
    extra = {"num_labels": CLASS_COUNT} if task in ("SEQ_CLS", "TOKEN_CLS") else {}
    base = MODELS[task].from_pretrained(
        FIXTURES / model, dtype=torch.float32, attn_implementation="eager", **extra
    ).eval()
    base.name_or_path = model
    return base


def draw_trainables(kind, model):
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        deviation = 1 / parameter.shape[1] ** 0.5 if "lora_A" in name else 0.3 if "lora_" in name else 0.5
        noise = torch.randn(parameter.shape, generator=stream("peft-kinds", kind.name, name)) * deviation
        own = parameter if name.endswith(".bias") and kind.config == "lora" else 0
        with torch.no_grad():
            parameter.copy_(own + noise)


@torch.no_grad()
def answers(model_name, task, model, ids, types):
    """Logits of every row that the task reads, or of a language model the loss of every label; one text at a time."""
    rows = [answer(task, model, own, kind) for own, kind in zip(ids, types)]
    return {"model": model_name, "task": task, "ids": ids, "types": types, "answers": rows}


def answer(task, model, ids, types):
    inputs = {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids), dtype=torch.long)}
    if getattr(model.config, "type_vocab_size", 0):
        inputs["token_type_ids"] = torch.tensor([types])
    outputs = model(**inputs)
    if task == "SEQ_CLS":
        return outputs.logits.tolist()
    if task == "QUESTION_ANS":
        rows = torch.stack([outputs.start_logits[0], outputs.end_logits[0]], dim=1)
    else:
        rows = outputs.logits[0]
    # A soft prompt has answers of its own, in front.
    rows = rows[rows.shape[0] - len(ids) :]
    if task != "CAUSAL_LM":
        return rows.tolist()
    return functional.cross_entropy(rows[:-1], torch.tensor(ids[1:]), reduction="none")[:, None].tolist()


def run_saved(adapter, document):
    """What PEFT answers with a saved adapter to the texts of a document like `expected.json`."""
    base = fresh(document["model"], document["task"])
    model = PeftModel.from_pretrained(base, str(adapter)).eval()
    return answers(document["model"], document["task"], model, document["ids"], document["types"])["answers"]
