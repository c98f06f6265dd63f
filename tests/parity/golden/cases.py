"""The cases: which tensors are trained, how they start, and how logits come from them.

Most run real transformers and PEFT models; prefixes on a subset of layers run the encoder of this folder, because PEFT
always prompts every layer. Trainables are keyed by the names the fixtures use.
"""

import torch
from peft import PrefixTuningConfig, PromptTuningConfig, get_peft_model

from .case import Case, model_logits
from .encoder import Prompt, pooled_output, split_prefix
from .methods import METHODS, Host, starting_deviation
from .models import CLASS_COUNT, PROMPT_LENGTH, Subject, stream
from .thudm import NETWORKS, thudm

CASES = (
    "head-only",
    "prompt-tuning",
    "prefix-tuning",
    "prefix-tuning-mlp",
    "prefix-tuning-layers",
    "full-fine-tuning",
    *METHODS,
)
THUDM_CASES = {f"p-tuning-thudm-{network}": network for network in NETWORKS}


def case_names(subject: Subject) -> tuple:
    """CASES and the encoders of THUDM: one whose directions share the width where it is even, else the others."""
    shared = subject.config().hidden_size % 2 == 0
    return (*CASES, *(name for name, network in THUDM_CASES.items() if (network == "lama-lstm") == shared))


def build_case(subject: Subject, name: str) -> Case:
    """Make one of `case_names` for a model, with its trainables at their random starting values."""
    builders = {
        "head-only": head_only,
        "prompt-tuning": prompt_tuning,
        "prefix-tuning": prefix_tuning,
        "prefix-tuning-mlp": prefix_tuning_mlp,
        "prefix-tuning-layers": prefix_tuning_layers,
        "full-fine-tuning": full_fine_tuning,
    }
    case = builders[name](subject) if name in builders else method_case(subject, name)
    start_at_random(subject, case)
    return case


def start_at_random(subject, case):
    """Draw prompts and head, not backbone weights. Perceptron weights keep their output near the prompt scale."""
    for name, parameter in case.trainables.items():
        if name.startswith("bert."):
            continue
        head = name.startswith("classifier")
        deviation = subject.classifier_deviation if head else subject.prompt_deviation
        if case.settings is not None and not head:
            deviation = starting_deviation(name, parameter.shape, subject.prompt_deviation)
        if name == "mlp.0.weight":
            deviation = 1 / parameter.shape[1] ** 0.5
        if name == "mlp.2.weight":
            deviation = 1.5 * subject.prompt_deviation / parameter.shape[1] ** 0.5
        with torch.no_grad():
            parameter.copy_(torch.randn(parameter.shape, generator=stream(subject.name, case.name, name)) * deviation)


def method_case(subject, name):
    """One of METHODS or a prompt encoder of THUDM on the sequence classifier."""
    host = Host(subject.fresh(), "SEQ_CLS", heads=("classifier",))
    applied = METHODS[name](host) if name in METHODS else thudm(host, THUDM_CASES[name])
    return Case(
        name,
        applied.method,
        applied.trainables,
        model_logits(applied.model, subject.batch),
        layers=[],
        prompt_length=applied.prompt_length,
        settings=applied.settings,
        peft_model=applied.peft_model,
    )


def head_only(subject):
    model = subject.fresh()
    model.bert.requires_grad_(False)
    trainables = {f"classifier.{name}": parameter for name, parameter in model.classifier.named_parameters()}
    return Case("head-only", "head-only", trainables, model_logits(model, subject.batch), layers=[])


def full_fine_tuning(subject):
    model = subject.fresh()
    logits = model_logits(model, subject.batch)
    return Case("full-fine-tuning", "full-fine-tuning", dict(model.named_parameters()), logits, layers=[])


def prompt_tuning(subject):
    config = PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=PROMPT_LENGTH)
    return peft_case(subject, "prompt-tuning", "prompt-tuning", config, layers=[])


def prefix_tuning(subject):
    config = PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=PROMPT_LENGTH)
    return peft_case(subject, "prefix-tuning", "prefix-tuning", config, all_layers(subject))


def prefix_tuning_mlp(subject):
    config = PrefixTuningConfig(
        task_type="SEQ_CLS",
        num_virtual_tokens=PROMPT_LENGTH,
        prefix_projection=True,
        encoder_hidden_size=subject.mlp_width,
    )
    case = peft_case(subject, "prefix-tuning-mlp", "prefix-tuning", config, all_layers(subject))
    case.mlp_width = subject.mlp_width
    return case


def all_layers(subject):
    return list(range(subject.config().num_hidden_layers))


def peft_case(subject, name, method, config, layers):
    """Wrap the classifier with PEFT; its trainable parameters are the prompt encoder's and the copied head's."""
    model = get_peft_model(subject.fresh(), config).eval()
    encoder = dict(model.prompt_encoder["default"].named_parameters())
    if "transform.0.weight" in encoder:
        trainables = {fixture_name(key): parameter for key, parameter in encoder.items()}
    else:
        trainables = {"prompt": encoder["embedding.weight"]}
    head = model.base_model.classifier.modules_to_save["default"]
    trainables |= {f"classifier.{key}": parameter for key, parameter in head.named_parameters()}
    trained = {parameter for parameter in model.parameters() if parameter.requires_grad}
    assert trained == set(trainables.values()), "PEFT trains other tensors than the fixture lists."
    logits = model_logits(model, subject.batch)
    return Case(name, method, trainables, logits, layers, prompt_length=PROMPT_LENGTH, peft_model=model)


def fixture_name(peft_name):
    """`embedding.weight` is stored as `embedding`, `transform.N.*` as `mlp.N.*`."""
    return "embedding" if peft_name == "embedding.weight" else peft_name.replace("transform.", "mlp.")


def prefix_tuning_layers(subject):
    """Keys and values for some layers only; positions still start at P in all of them."""
    weights, config, layers = subject.weights(), subject.config(), list(subject.prompted_layers)
    width = config.hidden_size
    trainables = {
        "prompt": torch.zeros(PROMPT_LENGTH, len(layers) * 2 * width, requires_grad=True),
        "classifier.weight": torch.zeros(CLASS_COUNT, width, requires_grad=True),
        "classifier.bias": torch.zeros(CLASS_COUNT, requires_grad=True),
    }

    def logits():
        prompt = Prompt(length=PROMPT_LENGTH, prefixes=split_prefix(trainables["prompt"], layers))
        pooled = pooled_output(weights, config, subject.batch, prompt)
        return pooled @ trainables["classifier.weight"].T + trainables["classifier.bias"]

    return Case("prefix-tuning-layers", "prefix-tuning", trainables, logits, layers, prompt_length=PROMPT_LENGTH)
