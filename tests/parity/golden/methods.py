"""Methods besides prompts in front, done to a transformers model of any family and task.

LoRA and P-Tuning with PEFT's networks run PEFT. What PEFT lacks is done to the model itself: parameters are chosen by name,
and modules are put in the place of a block's own. Trainables have the studio's names; the model's own keep theirs.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from peft import LoraConfig, PromptEncoderConfig, get_peft_model

from .adapter_modules import insert_adapters
from .encoder import ROLES as BERT_ROLES
from .models import PROMPT_LENGTH

LSTM_WIDTH = 7
RANK = 3
ALPHA = 5


@dataclass
class Host:
    """A model in eval mode, and what its family and task call their parts."""

    model: torch.nn.Module
    task_type: str
    # Modules of the head that every method trains.
    heads: tuple
    # Parameters that the studio never trains.
    untrained: tuple = ()

    @property
    def family(self):
        return FAMILIES[self.model.config.model_type]

    @property
    def config(self):
        return self.model.config

    def blocks(self):
        return self.model.get_submodule(self.family.blocks)


@dataclass(frozen=True)
class Family:
    """Names in checkpoints: the list of layers, linear layers by their roles, what stands between layers and head."""

    blocks: str
    roles: dict
    above: tuple
    conv1d: bool


FAMILIES = {
    "bert": Family("bert.encoder.layer", BERT_ROLES, ("bert.pooler.", "cls.predictions."), conv1d=False),
    # The first makes queries, keys and values at once.
    "gpt2": Family(
        "transformer.h",
        {
            "query-key-value": "attn.c_attn",
            "attention-output": "attn.c_proj",
            "intermediate": "mlp.c_fc",
            "output": "mlp.c_proj",
        },
        ("transformer.ln_f.",),
        conv1d=True,
    ),
}


@dataclass
class Applied:
    """A model that a method has been applied to: call `model` as the host's; `trainables` is everything trained."""

    model: torch.nn.Module
    trainables: dict
    settings: dict
    prompt_length: int = 0
    peft_model: object | None = None

    @property
    def method(self):
        return self.settings["kind"]


def head_only(host):
    return part_of_model(host, {"kind": "head-only"}, lambda name: False)


def discrete_prompt(host):
    """Words alone: nothing is trained."""
    return part_of_model(host, {"kind": "discrete-prompt"}, lambda name: False)


def full_fine_tuning(host):
    return part_of_model(host, {"kind": "full-fine-tuning"}, lambda name: True)


def bitfit(host):
    return part_of_model(host, {"kind": "bitfit"}, lambda name: name.endswith(".bias"))


def bitfit_small(host):
    """The biases of queries and of the first feed-forward layer."""
    settings = {"kind": "bitfit", "biases": "query-and-intermediate"}
    ends = ("query.bias", "intermediate.dense.bias")
    return part_of_model(host, settings, lambda name: name.endswith(ends))


def top_layers(host):
    """The last two layers and what stands between them and the head."""
    count = len(host.blocks())
    starts = tuple(f"{host.family.blocks}.{layer}." for layer in range(count - 2, count)) + host.family.above
    return part_of_model(host, {"kind": "top-layers", "topLayers": 2}, lambda name: name.startswith(starts))


def part_of_model(host, settings, chosen):
    trainables = {
        name: parameter
        for name, parameter in host.model.named_parameters()
        if name not in host.untrained and (name.startswith(host.heads) or chosen(name))
    }
    for name, parameter in host.model.named_parameters():
        parameter.requires_grad_(name in trainables)
    return Applied(host.model, trainables, settings)


def lora(host):
    """Of queries and values, or of the layer that makes both."""
    return lora_on(host, ("query-key-value",) if host.family.conv1d else ("query", "value"))


def lora_all(host):
    return lora_on(host, tuple(host.family.roles))


def lora_on(host, roles):
    """Low-rank updates as PEFT makes them; weights of a Conv1D lie [in, out]."""
    parts = "|".join(host.family.roles[role].replace(".", r"\.") for role in roles)
    config = LoraConfig(
        task_type=host.task_type,
        r=RANK,
        lora_alpha=ALPHA,
        lora_dropout=0.0,
        target_modules=rf".*{re.escape(host.family.blocks.split('.', 1)[1])}\.\d+\.({parts})",
        fan_in_fan_out=host.family.conv1d,
        modules_to_save=list(host.heads) or None,
    )
    model = get_peft_model(host.model, config).eval()
    trainables = {
        lora_name(host, name): parameter for name, parameter in model.named_parameters() if parameter.requires_grad
    }
    settings = {"kind": "lora", "rank": RANK, "alpha": ALPHA, "targets": list(roles)}
    return Applied(model, trainables, settings, peft_model=model)


def lora_name(host, peft_name):
    """`….encoder.layer.0.attention.self.query.lora_A.default.weight` is stored as `lora.0.query.A`."""
    if "lora_" not in peft_name:
        head = next(head for head in host.heads if f".{head}." in peft_name)
        return f"{head}." + peft_name.rsplit(".", 1)[1]
    layer, rest = peft_name.split(f"{host.family.blocks}.")[1].split(".", 1)
    path, part = rest.split(".lora_")
    role = next(role for role, known in host.family.roles.items() if known == path)
    return f"lora.{layer}.{role}.{part[0]}"


def adapters(host):
    settings = {"kind": "adapters", "placement": "houlsby", "bottleneck": 6, "activation": "gelu"}
    return adapters_on(host, settings, functional.gelu)


def adapters_pfeiffer(host):
    """Behind feed-forward only; the layer norms of the layers are trained as well."""
    settings = {
        "kind": "adapters",
        "placement": "pfeiffer",
        "bottleneck": 6,
        "activation": "tanh",
        "layerNorms": "trained",
    }
    return adapters_on(host, settings, torch.tanh)


def adapters_on(host, settings, activation):
    blocks = host.family.blocks + "."

    def is_norm(name):
        return name.startswith(blocks) and (".LayerNorm." in name or ".ln_" in name)

    trains_norms = settings.get("layerNorms") == "trained"
    applied = part_of_model(host, settings, lambda name: trains_norms and is_norm(name))
    applied.trainables |= insert_adapters(host, settings, activation)
    return applied


def p_tuning(host):
    return p_tuning_with(host, "LSTM")


def p_tuning_mlp(host):
    return p_tuning_with(host, "MLP")


def p_tuning_with(host, network):
    config = PromptEncoderConfig(
        task_type=host.task_type,
        num_virtual_tokens=PROMPT_LENGTH,
        encoder_reparameterization_type=network,
        encoder_hidden_size=LSTM_WIDTH,
        encoder_num_layers=2,
        encoder_dropout=0.0,
    )
    model = get_peft_model(host.model, config).eval()
    encoder = model.prompt_encoder["default"]
    trainables = {encoder_name(name): parameter for name, parameter in encoder.named_parameters()}
    for head in host.heads:
        copied = model.base_model.get_submodule(head).modules_to_save["default"]
        trainables |= {f"{head}.{name}": parameter for name, parameter in copied.named_parameters()}
    settings = {
        "kind": "p-tuning",
        "promptLength": PROMPT_LENGTH,
        "reparameterisation": network.lower(),
        "hiddenSize": LSTM_WIDTH,
    }
    return Applied(model, trainables, settings, prompt_length=PROMPT_LENGTH, peft_model=model)


def encoder_name(torch_name):
    """`lstm_head.weight_ih_l1_reverse` is stored as `prompt.lstm.1.backward.input.weight`, and so on."""
    if torch_name == "embedding.weight":
        return "prompt.embedding"
    if torch_name.startswith("mlp_head."):
        return torch_name.replace("mlp_head.", "prompt.mlp.")
    kind, which, layer = torch_name.removeprefix("lstm_head.").removesuffix("_reverse").split("_")
    direction = "backward" if torch_name.endswith("_reverse") else "forward"
    return f"prompt.lstm.{layer[1:]}.{direction}.{'input' if which == 'ih' else 'state'}.{kind}"


METHODS: dict[str, Callable[[Host], Applied]] = {
    "bitfit": bitfit,
    "bitfit-query-and-intermediate": bitfit_small,
    "top-layers": top_layers,
    "lora": lora,
    "lora-all": lora_all,
    "adapters": adapters,
    "adapters-pfeiffer": adapters_pfeiffer,
    "p-tuning": p_tuning,
    "p-tuning-mlp": p_tuning_mlp,
}


def starting_deviation(name, shape, prompt_deviation):
    """Standard deviation of a trainable's random start: large enough that a fault shows, small enough to stay stable."""
    inputs = shape[-1] if len(shape) > 1 else 1
    if name.startswith("lora."):
        return 1 / inputs**0.5 if name.endswith(".A") else 0.4 * prompt_deviation
    if name.startswith("adapter."):
        return 1 / inputs**0.5 if name.endswith("weight") else 0.3
    if name == "prompt.embedding":
        return 1.0
    if name.startswith("prompt.lstm."):
        return 1.5 / inputs**0.5 if name.endswith("weight") else 0.3
    last = shape[0] > LSTM_WIDTH * 2 or (len(shape) == 1 and "prompt.mlp" in name)
    return 2 * prompt_deviation / inputs**0.5 if last else 1.5 / inputs**0.5
