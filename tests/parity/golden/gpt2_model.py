"""The random GPT-2 the golden values of causal models are made with, its tokenizer and its two batches.

`tiny-gpt2` has odd sizes, three heads of width 7, attention far from uniform and large logits. Its byte-level BPE
vocabulary holds the 256 bytes, a few merges and the end-of-text token.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, GPT2Config, GPT2Model

from .files import FIXTURES, write_tensors
from .models import CLASS_COUNT, stream

NAME = "tiny-gpt2"
SEED = "15"
END = "<|endoftext|>"

MERGES = (
    "Ġ t|h e|Ġ a|i n|r e|o n|Ġt he|e r|Ġ s|a t|Ġ w|o u|n d|Ġ o|i s|Ġa nd|e n|Ġ b|in g|Ġ m|o r|Ġ f|Ġ c|e d|v i|Ġm o|"
    "vi e|Ġmo vie|Ġ good|Ġb a|Ġba d|l l|' s|Ġ Ġ|Ã ©|Ġo f|Ġt o|Ġ is|Ġ in|Ġ 1|Ġ the|an d|, Ġ"
).split("|")

# Standard deviations of the random weights by the end of the name; layer norms get 0.2 (gains around 1), the rest 0.3.
# Sharp attention and strong blocks make a small fault grow; the exact form of GELU is the hardest to see.
DEVIATIONS = {
    "attn.c_attn.weight": 0.6, "mlp.c_fc.weight": 0.2, "mlp.c_proj.weight": 2.0, "wte.weight": 0.5, "wpe.weight": 0.5,
}  # fmt: skip


@dataclass(frozen=True)
class CausalBatch:
    """Token ids of every sequence, and one label for every row that is read.

    Classification reads the last row of each sequence; a language model reads, of sequence i, the rows in front of the
    tokens from `first_labels[i]` on, and its labels are those tokens.
    """

    ids: list
    labels: list
    first_labels: list | None = None

    def read_rows(self, index):
        """Token rows of a sequence that are read, counted from its first token."""
        length = len(self.ids[index])
        return [length - 1] if self.first_labels is None else list(range(self.first_labels[index] - 1, length - 1))


@dataclass(frozen=True)
class CausalSubject:
    """The model with one of its batches, and how large prompts, head and steps are."""

    name: str
    task: str
    folder: Path
    batch: CausalBatch
    prompted_layers: tuple
    mlp_width: int
    prompt_deviation: float
    head_deviation: float
    learning_rates: dict

    def fresh(self):
        """The float32 model of the task in eval mode (no dropout) with the weights of the file."""
        model_class, options = (
            (AutoModelForSequenceClassification, {"num_labels": CLASS_COUNT})
            if self.task == "sequence-classification"
            else (AutoModelForCausalLM, {})
        )
        model = model_class.from_pretrained(
            self.folder, dtype=torch.float32, attn_implementation="eager", **options
        ).eval()
        model.name_or_path = self.name
        return model

    def weights(self, dtype=torch.float32):
        """The decoder's weights by checkpoint name."""
        named = self.fresh().state_dict().items()
        return {name: tensor.to(dtype) for name, tensor in named if name.startswith("transformer.")}

    def learning_rate(self, case):
        """The rate of a case's ten steps."""
        return self.learning_rates.get(case, 1e-3)

    def config(self):
        return GPT2Config.from_pretrained(self.folder)


def make_tiny_gpt2() -> tuple[CausalSubject, CausalSubject]:
    """Write the tiny GPT-2 as a Hugging Face folder; returns it with the batch of either task."""
    folder = FIXTURES / NAME
    vocabulary = byte_vocabulary()
    size = len(vocabulary)
    config = GPT2Config(
        architectures=["GPT2LMHeadModel"], vocab_size=size, n_embd=21, n_layer=3, n_head=3, n_positions=40,
        activation_function="gelu_new", layer_norm_epsilon=1e-5, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        bos_token_id=size - 1, eos_token_id=size - 1, pad_token_id=size - 1, dtype="float32",
    )  # fmt: skip
    config.save_pretrained(folder)
    write_tensors(folder / "model.safetensors", random_weights(config))
    write_tokenizer_files(folder, vocabulary)
    shared = {
        "name": NAME, "folder": folder, "prompted_layers": (0, 2), "mlp_width": 11, "prompt_deviation": 0.7,
        "head_deviation": 0.5,
    }  # fmt: skip
    rates = {"prompt-tuning": 1e-2, "prefix-tuning": 1e-2, "lora": 1e-3, "lora-all": 1e-3, "full-fine-tuning": 1e-3}
    classifier_rates = rates | {"head-only": 5e-2, "prefix-tuning-mlp": 3e-3, "prefix-tuning-layers": 1e-2}
    return (
        CausalSubject(
            **shared, task="sequence-classification", batch=classifier_batch(size), learning_rates=classifier_rates
        ),
        CausalSubject(**shared, task="causal-lm", batch=language_batch(size), learning_rates=rates),
    )


def random_weights(config):
    """Every tensor from its own normal distribution, layer-norm gains around 1; names with the `transformer.` prefix."""
    tensors = {}
    for name, tensor in GPT2Model(config).state_dict().items():
        norm = "ln_" in name
        deviation = next((value for end, value in DEVIATIONS.items() if name.endswith(end)), 0.2 if norm else 0.3)
        noise = torch.randn(tensor.shape, generator=stream(NAME, SEED, name)) * deviation
        tensors[f"transformer.{name}"] = noise + mean_of(name)
    return tensors


def mean_of(name):
    """Layer-norm gains lie around 1. The feed-forward's biases are negative, as in real models: the two forms of GELU
    differ most, for their size, where both are nearly closed."""
    if name.endswith("mlp.c_fc.bias"):
        return -2
    return 1 if "ln_" in name and name.endswith("weight") else 0


def byte_vocabulary():
    """Token to id in GPT-2's order: printable bytes, the other bytes, merges, end of text."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = [chr(byte) for byte in printable] + [chr(256 + index) for index in range(256 - len(printable))]
    tokens = [*symbols, *(merge.replace(" ", "") for merge in known_merges()), END]
    return {token: index for index, token in enumerate(tokens)}


def known_merges():
    """Merges whose parts exist when they are reached, each result once."""
    known, kept = set(), []
    for merge in MERGES:
        parts = merge.split(" ")
        result = "".join(parts)
        if result not in known and all(len(part) == 1 or part in known for part in parts):
            known.add(result)
            kept.append(merge)
    return kept


def write_tokenizer_files(folder, vocabulary):
    """vocab.json and merges.txt as GPT-2 has them, the tokenizer.json made of them, and tokenizer_config.json."""
    (folder / "vocab.json").write_text(json.dumps(vocabulary) + "\n", encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(known_merges()) + "\n", encoding="utf-8")
    byte_level(folder).save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "GPT2Tokenizer", "eos_token": END, "bos_token": END, "unk_token": END}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def byte_level(folder):
    """GPT-2's tokenizer from vocab.json and merges.txt of a folder."""
    tokenizer = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(END, normalized=True)])
    return tokenizer


def classifier_batch(vocabulary) -> CausalBatch:
    """Five sequences of odd lengths."""
    random = stream(NAME, "classifier batch")
    return CausalBatch(ids=[words(random, vocabulary, count) for count in (5, 8, 3, 11, 1)], labels=[2, 0, 1, 1, 0])


def language_batch(vocabulary) -> CausalBatch:
    """Four sequences; the labels of the first are all its tokens but one, of the others only the last few."""
    random = stream(NAME, "language batch")
    ids = [[*words(random, vocabulary, count), vocabulary - 1] for count in (3, 7, 5, 1)]
    first_labels = [1, 5, 4, 1]
    labels = [token for row, first in zip(ids, first_labels) for token in row[first:]]
    return CausalBatch(ids=ids, labels=labels, first_labels=first_labels)


def words(random, vocabulary, count):
    return torch.randint(0, vocabulary - 1, (count,), generator=random).tolist()


