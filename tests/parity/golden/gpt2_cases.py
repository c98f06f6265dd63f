"""The cases of a causal model: which tensors are trained, how they start, and how logits come from them.

All but prefixes on some layers run real transformers and PEFT models, one sequence at a time: given embeddings instead
of ids, transformers' classifier reads the last row of a padded batch, which need not be a token.
"""

import torch
from peft import PrefixTuningConfig, PromptTuningConfig, get_peft_model

from .cases import Case, fixture_name
from .encoder import Prompt, split_prefix
from .gpt2_decoder import hidden_rows
from .gpt2_model import CausalSubject
from .methods import FAMILIES, METHODS, Host, starting_deviation
from .models import CLASS_COUNT, PROMPT_LENGTH, stream

CLASSIFIER_CASES = (
    "head-only",
    "prompt-tuning",
    "prefix-tuning",
    "prefix-tuning-mlp",
    "prefix-tuning-layers",
    "lora",
    "full-fine-tuning",
    "bitfit",
    "top-layers",
    "adapters",
    "adapters-pfeiffer",
    "p-tuning",
)
LANGUAGE_CASES = (
    "prompt-tuning", "prefix-tuning", "lora-all", "full-fine-tuning", "bitfit", "top-layers", "adapters", "p-tuning",
)  # fmt: skip

# What PEFT calls the tasks.
TASK_TYPES = {"sequence-classification": "SEQ_CLS", "causal-lm": "CAUSAL_LM"}


def build_causal_case(subject: CausalSubject, name: str) -> Case:
    """Make one case with its trainables at their random starting values."""
    builders = {
        "head-only": head_only,
        "prompt-tuning": lambda subject: peft_case(subject, name, PromptTuningConfig(**peft_options(subject))),
        "prefix-tuning": lambda subject: peft_case(subject, name, PrefixTuningConfig(**peft_options(subject))),
        "prefix-tuning-mlp": lambda subject: peft_case(subject, name, projected_prefix(subject)),
        "prefix-tuning-layers": prefix_on_some_layers,
        "full-fine-tuning": full_fine_tuning,
    }
    case = builders[name](subject) if name in builders else method_case(subject, name)
    start_at_random(subject, case)
    return case


def start_at_random(subject, case):
    """Draw prompts and head, not the decoder's weights. Perceptron weights keep their output near the prompt scale."""
    for name, parameter in case.trainables.items():
        if name.startswith("transformer."):
            continue
        deviation = subject.head_deviation if name == "score.weight" else subject.prompt_deviation
        if name.startswith(("lora.", "adapter.", "prompt.")):
            deviation = starting_deviation(name, parameter.shape, subject.prompt_deviation)
        if name == "mlp.0.weight":
            deviation = 1 / parameter.shape[1] ** 0.5
        if name == "mlp.2.weight":
            deviation = 1.5 * subject.prompt_deviation / parameter.shape[1] ** 0.5
        with torch.no_grad():
            generator = stream(subject.name, subject.task, case.name, name)
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * deviation)


def model_logits(model, subject):
    """Logits of all rows that are read, sequence after sequence: [rows, classes or words]."""

    def logits():
        return torch.cat([sequence_logits(model, subject, index) for index in range(len(subject.batch.ids))])

    return logits


def sequence_logits(model, subject, index):
    """A language model answers every row of its input, rows of a soft prompt included; a classifier only the last."""
    ids = torch.tensor([subject.batch.ids[index]])
    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    if subject.task == "sequence-classification":
        return logits
    in_front = logits.shape[1] - ids.shape[1]
    return logits[0, [in_front + row for row in subject.batch.read_rows(index)]]


def method_case(subject, name):
    """One of METHODS on the classifier or the language model."""
    heads = ("score",) if subject.task == "sequence-classification" else ()
    applied = METHODS[name](Host(subject.fresh(), TASK_TYPES[subject.task], heads))
    return Case(
        name,
        applied.method,
        applied.trainables,
        model_logits(applied.model, subject),
        layers=[],
        prompt_length=applied.prompt_length,
        settings=applied.settings,
        peft_model=applied.peft_model,
    )


def head_only(subject):
    model = subject.fresh()
    model.transformer.requires_grad_(False)
    trainables = {"score.weight": model.score.weight}
    return Case("head-only", "head-only", trainables, model_logits(model, subject), layers=[])


def full_fine_tuning(subject):
    model = subject.fresh()
    return Case(
        "full-fine-tuning", "full-fine-tuning", dict(model.named_parameters()), model_logits(model, subject), layers=[]
    )


def peft_options(subject):
    return {"task_type": TASK_TYPES[subject.task], "num_virtual_tokens": PROMPT_LENGTH}


def projected_prefix(subject):
    return PrefixTuningConfig(
        **peft_options(subject), prefix_projection=True, encoder_hidden_size=subject.mlp_width
    )


def peft_case(subject, name, config):
    """Wrap the model with PEFT; what it trains is the prompt encoder's and, for a classifier, the copied head's."""
    model = get_peft_model(subject.fresh(), config).eval()
    encoder = dict(model.prompt_encoder["default"].named_parameters())
    if "transform.0.weight" in encoder:
        trainables = {fixture_name(key): parameter for key, parameter in encoder.items()}
    else:
        trainables = {"prompt": encoder["embedding.weight"]}
    if subject.task == "sequence-classification":
        trainables["score.weight"] = model.base_model.score.modules_to_save["default"].weight
    trained = {parameter for parameter in model.parameters() if parameter.requires_grad}
    assert trained == set(trainables.values()), "PEFT trains other tensors than the fixture lists."
    method = "prompt-tuning" if name == "prompt-tuning" else "prefix-tuning"
    case = Case(name, method, trainables, model_logits(model, subject), layers=[], prompt_length=PROMPT_LENGTH)
    if method == "prefix-tuning":
        case.layers = list(range(subject.config().n_layer))
    if name == "prefix-tuning-mlp":
        case.mlp_width = subject.mlp_width
    case.peft_model = model
    return case


def merged_updates(settings, trainables):
    """What low-rank updates add to the weights [in, out], by checkpoint name."""
    if settings is None or settings["kind"] != "lora":
        return {}
    scale = settings["alpha"] / settings["rank"]
    updates = {}
    for name, down in trainables.items():
        if name.startswith("lora.") and name.endswith(".A"):
            _, layer, role, _ = name.split(".")
            up = trainables[f"lora.{layer}.{role}.B"]
            updates[f"transformer.h.{layer}.{FAMILIES['gpt2'].roles[role]}.weight"] = scale * down.T @ up.T
    return updates


def prefix_on_some_layers(subject):
    """Keys and values for some layers only; positions still start at P in all of them."""
    weights, config, layers = subject.weights(), subject.config(), list(subject.prompted_layers)
    trainables = {
        "prompt": torch.zeros(PROMPT_LENGTH, len(layers) * 2 * config.n_embd, requires_grad=True),
        "score.weight": torch.zeros(CLASS_COUNT, config.n_embd, requires_grad=True),
    }

    def logits():
        prompt = Prompt(length=PROMPT_LENGTH, prefixes=split_prefix(trainables["prompt"], layers))
        rows = [hidden_rows(weights, config, ids, prompt)[-1] for ids in subject.batch.ids]
        return torch.stack(rows) @ trainables["score.weight"].T

    return Case("prefix-tuning-layers", "prefix-tuning", trainables, logits, layers, prompt_length=PROMPT_LENGTH)
