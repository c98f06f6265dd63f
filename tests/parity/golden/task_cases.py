"""Cases of tasks beyond classifying texts: tagging words, answering questions, label words at a mask.

Real transformers models with PEFT's prefixes and soft prompts (`task_type` TOKEN_CLS, QUESTION_ANS, FEATURE_EXTRACTION), or
with any of the methods of `methods.py`.
`logits()` gives the rows that the task reads, sequence after sequence, [rows, C]; rows of padding and of virtual tokens
are left out, and no softmax runs over them.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as functional
from peft import PrefixTuningConfig, PromptTuningConfig, get_peft_model
from transformers import BertForMaskedLM, BertForQuestionAnswering, BertForTokenClassification

from .case import Case
from .encoder import Batch, encoded, layer_norm, linear
from .method_replay import changes_of
from .methods import METHODS, Host, discrete_prompt, full_fine_tuning, head_only, starting_deviation
from .models import CLASS_COUNT, PROMPT_LENGTH, Subject, stream
from .replay import prompt_of
from .thudm import thudm

MASK = 4
LABEL_WORDS = ("good", "bad", "fine")
TRANSFORM = "cls.predictions.transform"
PEFT_TASKS = {"tags": "TOKEN_CLS", "answers": "QUESTION_ANS", "words": "FEATURE_EXTRACTION"}
OUTPUTS = {"tags": ("logits",), "answers": ("start_logits", "end_logits"), "words": ("logits",)}
HEADS = {"tags": ("classifier",), "answers": ("qa_outputs",), "words": ()}
CONFIGS = {"prefix-tuning": PrefixTuningConfig, "prompt-tuning": PromptTuningConfig}
EVERYWHERE = ("bitfit", "top-layers", "lora", "adapters", "p-tuning", "full-fine-tuning")
APPLIED = METHODS | {
    "head-only": head_only,
    "full-fine-tuning": full_fine_tuning,
    "discrete-prompt": discrete_prompt,
    # Virtual tokens among the words, as THUDM/P-tuning has them.
    "p-tuning-template": lambda host: thudm(host, "few-shot-lstm", placement="template"),
}

PROMPT_CASES = tuple(f"{kind}-{method}" for kind in PEFT_TASKS for method in CONFIGS)
# Of tiny-bert only, to keep files small.
METHOD_CASES = (
    *(f"{kind}-{method}" for kind in PEFT_TASKS for method in EVERYWHERE),
    "tags-head-only",
    "answers-head-only",
    "words-p-tuning-template",
    "words-discrete-prompt",
)


@dataclass
class TaskCase(Case):
    """A case with its own batch; `needed` and `labels` are lists per sequence, counted without virtual tokens."""

    kind: str = ""
    batch: Batch | None = None
    needed: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    word_ids: list = field(default_factory=list)
    # Weights that the model's own file lacks.
    model_tensors: dict = field(default_factory=dict)

    @property
    def task(self):
        """The task as the studio writes it."""
        if self.kind == "tags":
            return {"kind": "token-classification"}
        if self.kind == "answers":
            return {"kind": "question-answering"}
        words = {f"LABEL_{index}": word for index, word in enumerate(LABEL_WORDS)}
        template = {"template": "[P][P] {text} [P][P] [MASK] [P]"} if self.name.endswith("-template") else {}
        return {"kind": "sequence-classification", "head": "verbalizer", "labelWords": words} | template

    @property
    def class_count(self):
        return 2 if self.kind == "answers" else CLASS_COUNT

    def loss(self, logits):
        """Mean cross entropy over the labels; down the rows of each sequence for answers."""
        if self.kind != "answers":
            return functional.cross_entropy(logits, torch.tensor([label for row in self.labels for label in row]))
        parts = logits.split([len(rows) for rows in self.needed])
        losses = [
            functional.cross_entropy(part[None, :, column], torch.tensor([row[column]]))
            for part, row in zip(parts, self.labels)
            for column in range(2)
        ]
        return torch.stack(losses).mean()


def build_task_case(subject: Subject, name: str) -> TaskCase:
    """Make one of PROMPT_CASES or METHOD_CASES with its trainables at their random starting values."""
    kind, method = name.split("-", 1)
    case = TaskCase(name, method, {}, None, [], kind=kind, **targets(subject, kind))
    if name.endswith("-template"):
        place_slots(case)
    model = base_model(subject, case)
    if method in CONFIGS:
        prompt_with_peft(case, model)
    else:
        apply(case, model, APPLIED[method])
    with torch.no_grad():
        for key, parameter in case.trainables.items():
            if key.startswith(("bert.", "cls.")):
                continue
            deviation = subject.prompt_deviation if key == "prompt" else subject.classifier_deviation
            if key.startswith(("prompt.", "lora.", "adapter.")):
                deviation = starting_deviation(key, parameter.shape, subject.prompt_deviation)
            parameter.copy_(torch.randn(parameter.shape, generator=stream(subject.name, name, key)) * deviation)
    return case


def targets(subject, kind):
    """The batch with needed rows and labels of every sequence."""
    random = stream(subject.name, kind, "targets")
    batch = subject.batch
    if kind != "tags":
        # PEFT 0.21 takes token types for these tasks and drops them, so that all are 0 in the model.
        batch = Batch(ids=batch.ids, types=[[0] * len(ids) for ids in batch.ids], labels=batch.labels)

    def draw(below, count):
        return torch.randint(0, below, (count,), generator=random).tolist()

    if kind == "tags":
        needed = [[row for row in range(1, len(ids) - 1) if row % 3 != 2] for ids in batch.ids]
        return {"batch": batch, "needed": needed, "labels": [draw(CLASS_COUNT, len(rows)) for rows in needed]}
    if kind == "answers":
        spans = [sorted(draw(len(ids), 2)) for ids in batch.ids]
        return {"batch": batch, "needed": [list(range(len(ids))) for ids in batch.ids], "labels": spans}
    rows = [1 + draw(len(ids) - 2, 1)[0] for ids in batch.ids]
    ids = [[MASK if at == row else token for at, token in enumerate(own)] for own, row in zip(batch.ids, rows)]
    return {
        "batch": Batch(ids=ids, types=batch.types, labels=batch.labels),
        "needed": [[row] for row in rows],
        "labels": [[label] for label in batch.labels],
        "word_ids": [(subject.folder / "vocab.txt").read_text(encoding="utf-8").split("\n").index(word) for word in LABEL_WORDS],
    }


def base_model(subject, case):
    """The task's transformers model in eval mode, with a random masked-language-model head where the file has none."""
    classes = {"tags": BertForTokenClassification, "answers": BertForQuestionAnswering, "words": BertForMaskedLM}
    extra = {"num_labels": CLASS_COUNT} if case.kind == "tags" else {}
    model = classes[case.kind].from_pretrained(
        subject.folder, dtype=torch.float32, attn_implementation="eager", **extra
    ).eval()
    model.name_or_path = subject.name
    if case.kind == "words" and subject.name == "tiny-bert":
        for key, parameter in model.named_parameters():
            if key.startswith("cls."):
                noise = torch.randn(parameter.shape, generator=stream("tiny-bert", "words", key)) * 0.25
                with torch.no_grad():
                    parameter.copy_(noise + 1 if key.endswith("LayerNorm.weight") else noise)
                case.model_tensors[key] = parameter.detach().clone()
    return model


def place_slots(case):
    """Virtual tokens behind [CLS] and on both sides of the mask, as the ids -1, -2, …"""
    ids = []
    for own, (row,) in zip(case.batch.ids, case.needed):
        ids.append([own[0], -1, -2, *own[1:row], -3, -4, own[row], -5, *own[row + 1 :]])
    case.batch = Batch(ids=ids, types=[[0] * len(own) for own in ids], labels=case.batch.labels)
    case.needed = [[row + 4] for (row,) in case.needed]


def apply(case, model, method):
    """A method of `methods.py`. The decoder's bias, of which the studio reads three entries, is never trained."""
    untrained = ("cls.predictions.bias",)
    applied = method(Host(model, PEFT_TASKS[case.kind], heads=HEADS[case.kind], untrained=untrained))
    case.method, case.trainables, case.settings = applied.method, applied.trainables, applied.settings
    case.prompt_length = applied.prompt_length
    case.logits = lambda: read_rows(case, call(applied.model, case.batch, *OUTPUTS[case.kind]))


def prompt_with_peft(case, model):
    config = CONFIGS[case.method](task_type=PEFT_TASKS[case.kind], num_virtual_tokens=PROMPT_LENGTH)
    wrapped = get_peft_model(model, config).eval()
    case.peft_model = wrapped
    case.prompt_length = PROMPT_LENGTH
    case.layers = list(range(model.config.num_hidden_layers)) if case.method == "prefix-tuning" else []
    case.trainables = {"prompt": wrapped.prompt_encoder["default"].embedding.weight}
    for head in HEADS[case.kind]:
        trained = getattr(wrapped.base_model, head).modules_to_save["default"]
        case.trainables |= {f"{head}.{key}": parameter for key, parameter in trained.named_parameters()}
    case.logits = lambda: read_rows(case, call(wrapped, case.batch, *OUTPUTS[case.kind]))


def call(model, batch, *names):
    """Outputs [B, rows, C] of a transformers or PEFT model on the padded batch."""
    ids, types, mask = batch.padded(batch.ids), batch.padded(batch.types), batch.mask.long()
    outputs = model(input_ids=ids, token_type_ids=types, attention_mask=mask)
    parts = [outputs[name] for name in names]
    return parts[0] if len(parts) == 1 else torch.stack(parts, dim=-1)


def read_rows(case, outputs):
    """The needed rows out of all, behind the virtual tokens where outputs have them; label words' columns only."""
    shift = outputs.shape[1] - max(len(ids) for ids in case.batch.ids)
    rows = torch.cat([own[[shift + row for row in needed]] for own, needed in zip(outputs, case.needed)])
    return rows[:, case.word_ids] if case.word_ids else rows


def replayed_task_logits(subject, document, trainables, stored):
    """The same logits with the independent encoder, from the files alone, in the dtype of the trainables."""
    given = {name.removeprefix("model."): tensor.double() for name, tensor in stored.items() if name.startswith("model.")}
    weights = subject.checkpoint(torch.float64) | given | {name: value for name, value in trainables.items() if "." in name}
    config, reading = subject.config(), document["reading"]
    batch = Batch(ids=document["batch"]["ids"], types=document["batch"]["types"], labels=[])
    changes = changes_of(document.get("settings", {"kind": document["method"]}), trainables)
    hidden = encoded(weights, config, batch, prompt_of(document, trainables), changes=changes)
    shift = hidden.shape[1] - max(len(ids) for ids in batch.ids)
    rows = torch.cat([own[[shift + row for row in needed]] for own, needed in zip(hidden, reading["needed"])])
    if "labelWords" not in reading["task"]:
        return linear(weights, "qa_outputs" if "qa_outputs.weight" in weights else "classifier", rows)
    inner = functional.gelu(linear(weights, f"{TRANSFORM}.dense", rows))
    features = layer_norm(weights, config, f"{TRANSFORM}.LayerNorm", inner)
    ids = reading["wordIds"]
    decoder = weights["bert.embeddings.word_embeddings.weight"]
    return features @ decoder[ids].T + weights["cls.predictions.bias"][ids]
