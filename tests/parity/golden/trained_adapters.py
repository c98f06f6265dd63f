"""Adapters for the built-in model that PEFT trained on the studio's own sentiment set, and PEFT's answers with them.

Small enough to travel with the repository and trained far enough for answers to differ, so that the page and the command
line can be asked the same texts. The answers come from the saved folder, opened again by PEFT.
"""

import json
import shutil

import torch
import torch.nn.functional as functional
from peft import LoraConfig, PeftModel, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from .files import FIXTURES, write_json
from .models import Subject, stream
from .peft_kinds import sort_targets

FOLDER = FIXTURES / "peft-trained"
DATA = FIXTURES.parent.parent.parent / "public/data/sentiment"
STEPS, BATCH = 160, 16
CONFIGS = {
    "prefix-tuning": (PrefixTuningConfig, {"num_virtual_tokens": 4}),
    "prompt-tuning": (PromptTuningConfig, {"num_virtual_tokens": 4}),
    "lora": (LoraConfig, {"r": 2, "lora_alpha": 4, "target_modules": ["query", "value"]}),
}
TEXTS = [
    "A wonderful concert with a warm and generous band.",
    "The soup was cold, the bread was old, and the waiter was rude.",
    "I love this lamp; it is bright, pretty and easy to clean.",
    "A dull and stupid film that never finds its story.",
]


def write_trained_adapters(subject: Subject) -> None:
    """Train, save and ask every adapter of CONFIGS."""
    tokenizer = AutoTokenizer.from_pretrained(subject.folder)
    labels = json.loads((DATA / "dataset.json").read_text(encoding="utf-8"))["labels"]
    lines = (DATA / "train.jsonl").read_text(encoding="utf-8").splitlines()[: STEPS * BATCH]
    rows = [json.loads(line) for line in lines]
    targets = torch.tensor([labels.index(row["label"]) for row in rows])
    for name, (config, settings) in CONFIGS.items():
        folder = FOLDER / name
        shutil.rmtree(folder, ignore_errors=True)
        model = get_peft_model(fresh(subject, labels), config(task_type="SEQ_CLS", **settings)).eval()
        draw_trainables(name, model)
        train(model, tokenizer, [row["text"] for row in rows], targets)
        model.save_pretrained(str(folder), save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
        sort_targets(folder / "adapter_config.json")
        saved = PeftModel.from_pretrained(fresh(subject, labels), str(folder)).eval()
        with torch.no_grad():
            answers = [logits_of(saved, tokenizer, [text])[0].tolist() for text in TEXTS]
        write_json(folder / "expected.json", {"labels": labels, "texts": TEXTS, "logits": answers})
        print(f"peft-trained/{name}: {answers}")


def fresh(subject, labels):
    model = AutoModelForSequenceClassification.from_pretrained(
        subject.folder, num_labels=len(labels), dtype=torch.float32, attn_implementation="eager"
    ).eval()
    model.name_or_path = subject.name
    return model


def draw_trainables(name, model):
    """LoRA's second factor stays zero, as PEFT starts it."""
    for key, parameter in model.named_parameters():
        if parameter.requires_grad and "lora_B" not in key:
            with torch.no_grad():
                parameter.copy_(torch.randn(parameter.shape, generator=stream("peft-trained", name, key)) * 0.1)


def train(model, tokenizer, texts, targets):
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    for at in range(0, STEPS * BATCH, BATCH):
        rows = [index % len(texts) for index in range(at, at + BATCH)]
        loss = functional.cross_entropy(logits_of(model, tokenizer, [texts[row] for row in rows]), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def logits_of(model, tokenizer, texts):
    return model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
