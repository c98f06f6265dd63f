"""Cases of the methods besides prompts in front: biases, top layers, LoRA, adapters and P-Tuning.

LoRA and P-Tuning run PEFT. What PEFT lacks is done to a transformers model: parameters are chosen by name, and adapters are
modules put in the place of a block's own. Trainables have the studio's names; the model's own keep `bert.` in front.
"""

import torch
import torch.nn.functional as functional
from peft import LoraConfig, PromptEncoderConfig, get_peft_model

from .case import Case, model_logits
from .encoder import ROLES
from .models import PROMPT_LENGTH

BOTTLENECK = 6
LSTM_WIDTH = 7
RANK = 3
ALPHA = 5
PEFT_ROLES = {path: role for role, path in ROLES.items()}


def bitfit(subject):
    return part_of_model(subject, "bitfit", {"kind": "bitfit"}, lambda name: name.endswith(".bias"))


def bitfit_small(subject):
    """The biases of queries and of the first feed-forward layer."""
    settings = {"kind": "bitfit", "biases": "query-and-intermediate"}
    ends = ("query.bias", "intermediate.dense.bias")
    return part_of_model(subject, "bitfit-query-and-intermediate", settings, lambda name: name.endswith(ends))


def top_layers(subject):
    """The last two layers and the pooler."""
    layers = subject.config().num_hidden_layers
    starts = tuple(f"bert.encoder.layer.{layer}." for layer in range(layers - 2, layers)) + ("bert.pooler.",)
    settings = {"kind": "top-layers", "topLayers": 2}
    return part_of_model(subject, "top-layers", settings, lambda name: name.startswith(starts))


def part_of_model(subject, name, settings, chosen):
    model = subject.fresh()
    trainables = {
        key: parameter for key, parameter in model.named_parameters() if key.startswith("classifier") or chosen(key)
    }
    for key, parameter in model.named_parameters():
        parameter.requires_grad_(key in trainables)
    return Case(name, settings["kind"], trainables, model_logits(model, subject.batch), layers=[], settings=settings)


def lora(subject):
    return lora_on(subject, "lora", ("query", "value"))


def lora_all(subject):
    return lora_on(subject, "lora-all", tuple(ROLES))


def lora_on(subject, name, roles):
    parts = "|".join(ROLES[role].replace(".", r"\.") for role in roles)
    config = LoraConfig(
        task_type="SEQ_CLS",
        r=RANK,
        lora_alpha=ALPHA,
        lora_dropout=0.0,
        target_modules=rf".*encoder\.layer\.\d+\.({parts})",
        modules_to_save=["classifier"],
    )
    model = get_peft_model(subject.fresh(), config).eval()
    trainables = {
        lora_name(key): parameter for key, parameter in model.named_parameters() if parameter.requires_grad
    }
    settings = {"kind": "lora", "rank": RANK, "alpha": ALPHA, "targets": list(roles)}
    return Case(name, "lora", trainables, model_logits(model, subject.batch), layers=[], settings=settings, peft_model=model)


def lora_name(peft_name):
    """`….encoder.layer.0.attention.self.query.lora_A.default.weight` is stored as `lora.0.query.A`."""
    if "lora_" not in peft_name:
        return "classifier." + peft_name.rsplit(".", 1)[1]
    layer, rest = peft_name.split("encoder.layer.")[1].split(".", 1)
    path, part = rest.split(".lora_")
    return f"lora.{layer}.{PEFT_ROLES[path]}.{part[0]}"


class Adapter(torch.nn.Module):
    """U f(D z): narrow, non-linear, wide again."""

    def __init__(self, width, activation):
        super().__init__()
        self.down = torch.nn.Linear(width, BOTTLENECK)
        self.up = torch.nn.Linear(BOTTLENECK, width)
        self.activation = activation

    def forward(self, rows):
        return self.up(self.activation(self.down(rows)))


class AdaptedOutput(torch.nn.Module):
    """In the place of BertSelfOutput or BertOutput: the adapter reads the block's output, or the normalised sum."""

    def __init__(self, own, adapter, reads_sum):
        super().__init__()
        self.own, self.adapter, self.reads_sum = own, adapter, reads_sum

    def forward(self, hidden_states, input_tensor):
        output = self.own.dense(hidden_states)
        read = self.own.LayerNorm(output + input_tensor) if self.reads_sum else output
        return self.own.LayerNorm(output + self.adapter(read) + input_tensor)


def adapters(subject):
    settings = {"kind": "adapters", "placement": "houlsby", "bottleneck": BOTTLENECK, "activation": "gelu"}
    return adapters_on(subject, "adapters", settings, functional.gelu)


def adapters_pfeiffer(subject):
    """Behind feed-forward only; the layer norms of the layers are trained as well."""
    settings = {
        "kind": "adapters",
        "placement": "pfeiffer",
        "bottleneck": BOTTLENECK,
        "activation": "tanh",
        "layerNorms": "trained",
    }
    return adapters_on(subject, "adapters-pfeiffer", settings, torch.tanh)


def adapters_on(subject, name, settings, activation):
    model = subject.fresh()
    norms = settings.get("layerNorms") == "trained"
    trainables = {}
    for key, parameter in model.named_parameters():
        own = key.startswith("classifier") or (norms and "encoder.layer" in key and "LayerNorm" in key)
        parameter.requires_grad_(own)
        if own:
            trainables[key] = parameter
    for index, layer in enumerate(model.bert.encoder.layer):
        if settings["placement"] == "houlsby":
            adapter = Adapter(subject.config().hidden_size, activation)
            trainables |= adapter_parameters(adapter, index, "attention")
            layer.attention.output = AdaptedOutput(layer.attention.output, adapter, reads_sum=False)
        adapter = Adapter(subject.config().hidden_size, activation)
        trainables |= adapter_parameters(adapter, index, "feed-forward")
        layer.output = AdaptedOutput(layer.output, adapter, reads_sum=settings["placement"] == "pfeiffer")
    return Case(name, "adapters", trainables, model_logits(model, subject.batch), layers=[], settings=settings)


def adapter_parameters(adapter, layer, kind):
    return {f"adapter.{layer}.{kind}.{name}": parameter for name, parameter in adapter.named_parameters()}


def p_tuning(subject):
    return p_tuning_with(subject, "p-tuning", "LSTM")


def p_tuning_mlp(subject):
    return p_tuning_with(subject, "p-tuning-mlp", "MLP")


def p_tuning_with(subject, name, network):
    config = PromptEncoderConfig(
        task_type="SEQ_CLS",
        num_virtual_tokens=PROMPT_LENGTH,
        encoder_reparameterization_type=network,
        encoder_hidden_size=LSTM_WIDTH,
        encoder_num_layers=2,
        encoder_dropout=0.0,
    )
    model = get_peft_model(subject.fresh(), config).eval()
    encoder = model.prompt_encoder["default"]
    trainables = {encoder_name(key): parameter for key, parameter in encoder.named_parameters()}
    head = model.base_model.classifier.modules_to_save["default"]
    trainables |= {f"classifier.{key}": parameter for key, parameter in head.named_parameters()}
    settings = {
        "kind": "p-tuning",
        "promptLength": PROMPT_LENGTH,
        "reparameterisation": network.lower(),
        "hiddenSize": LSTM_WIDTH,
    }
    logits = model_logits(model, subject.batch)
    return Case(
        name, "p-tuning", trainables, logits, [], prompt_length=PROMPT_LENGTH, settings=settings, peft_model=model
    )


def encoder_name(peft_name):
    """`lstm_head.weight_ih_l1_reverse` is stored as `prompt.lstm.1.backward.input.weight`, and so on."""
    if peft_name == "embedding.weight":
        return "prompt.embedding"
    if peft_name.startswith("mlp_head."):
        return peft_name.replace("mlp_head.", "prompt.mlp.")
    kind, which, layer = peft_name.removeprefix("lstm_head.").removesuffix("_reverse").split("_")
    direction = "backward" if peft_name.endswith("_reverse") else "forward"
    return f"prompt.lstm.{layer[1:]}.{direction}.{'input' if which == 'ih' else 'state'}.{kind}"


METHOD_CASES = {
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
