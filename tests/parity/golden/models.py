"""The two models the golden values are made with, and the batch of each.

`tiny-bert` is random and built to be unforgiving: odd sizes everywhere, three heads of width 7, attention far from
uniform, large logits. `encoder-l4-d128` is the studio's built-in model, read where it lies and never copied here.
"""

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertModel, BertTokenizerFast

from .encoder import Batch
from .files import FIXTURES, write_tensors

PROMPT_LENGTH = 5
CLASS_COUNT = 3

TINY_VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] . , ! ? ' - a an the and or but not no yes is was are were be it this that "
    "these he she we they you of in on at to for with from by as film movie story plot scene actor music book "
    "food room day night good bad great poor fine dull warm cold long short fast slow big small old new love "
    "hate like find make see never always very too quite really so ##s ##ed ##ing ##er ##ly ##ness ##ful "
    "##less ##y ##able un re"
).split()

# Standard deviations of tiny-bert's random weights, by the end of the name; everything else gets 0.3, layer norms 0.2.
# Sharp attention and strong blocks let a small fault grow until the logits show it; the tanh form of GELU, at most
# 5e-4 off, is the hardest to see, and the seed is one with which it shows.
TINY_DEVIATIONS = {"query.weight": 0.7, "key.weight": 0.7, "output.dense.weight": 0.6, "word_embeddings.weight": 0.5}
TINY_SEED = "95"


@dataclass(frozen=True)
class Subject:
    """A model to make golden values with, its batch, and how large its prompts and steps are."""

    name: str
    folder: Path
    batch: Batch
    texts: list | None
    prompted_layers: tuple
    mlp_width: int
    prompt_deviation: float
    classifier_deviation: float
    learning_rates: dict

    def fresh(self):
        """A float32 sequence classifier in eval mode (no dropout) with this model's weights."""
        model = AutoModelForSequenceClassification.from_pretrained(
            self.folder, num_labels=CLASS_COUNT, dtype=torch.float32, attn_implementation="eager"
        ).eval()
        model.name_or_path = self.name
        return model

    def weights(self, dtype=torch.float32):
        """The backbone's weights by checkpoint name."""
        return {
            name: tensor.to(dtype) for name, tensor in self.fresh().state_dict().items() if name.startswith("bert.")
        }

    def learning_rate(self, case):
        """The rate of a case's ten steps."""
        return self.learning_rates.get(case, self.learning_rates["others"])

    def checkpoint(self, dtype=torch.float32):
        """Every weight of the model's file, its language-model head included, by checkpoint name."""
        stored = load_file(str(self.folder / "model.safetensors"))
        return {name: tensor.to(dtype) for name, tensor in stored.items()}

    def config(self):
        return BertConfig.from_pretrained(self.folder)


def stream(*names):
    """A random generator of its own for every name, so that adding a case leaves the others as they are."""
    return torch.Generator().manual_seed(zlib.crc32("/".join(names).encode()))


def make_tiny_bert() -> Subject:
    """Write the tiny BERT as a Hugging Face folder and return it as a subject."""
    assert len(TINY_VOCABULARY) == len(set(TINY_VOCABULARY)) == 97, len(set(TINY_VOCABULARY))
    folder = FIXTURES / "tiny-bert"
    config = BertConfig(
        architectures=["BertModel"], vocab_size=97, hidden_size=21, num_hidden_layers=3, num_attention_heads=3,
        intermediate_size=37, max_position_embeddings=64, type_vocab_size=2, layer_norm_eps=1e-12, hidden_act="gelu",
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=0, dtype="float32",
    )  # fmt: skip
    config.save_pretrained(folder)
    write_tensors(folder / "model.safetensors", random_weights(config))
    write_tiny_tokenizer(folder)
    return Subject(
        name="tiny-bert", folder=folder, batch=tiny_batch(), texts=None, prompted_layers=(0, 2), mlp_width=11,
        prompt_deviation=0.5, classifier_deviation=0.5,
        learning_rates={"head-only": 5e-2, "prompt-tuning": 1e-2, "prefix-tuning": 1e-2, "prefix-tuning-mlp": 3e-3,
                        "prefix-tuning-layers": 1e-2, "full-fine-tuning": 1e-3, "lora": 1e-3, "lora-all": 3e-4,
                        "p-tuning-thudm-few-shot-lstm": 2e-4, "others": 2e-3},
    )  # fmt: skip


def random_weights(config):
    """Every weight and bias of the encoder drawn from its own normal distribution, layer-norm gains around 1."""
    tensors = {}
    for name, tensor in BertModel(config).state_dict().items():
        gain = name.endswith("LayerNorm.weight")
        norm = "LayerNorm" in name
        deviation = next((value for end, value in TINY_DEVIATIONS.items() if name.endswith(end)), 0.2 if norm else 0.3)
        noise = torch.randn(tensor.shape, generator=stream("tiny-bert", TINY_SEED, name)) * deviation
        tensors[f"bert.{name}"] = noise + 1 if gain else noise
    return tensors


def write_tiny_tokenizer(folder):
    """vocab.txt, tokenizer.json and tokenizer_config.json of a lower-casing WordPiece tokenizer."""
    (folder / "vocab.txt").write_text("\n".join(TINY_VOCABULARY) + "\n", encoding="utf-8")
    vocabulary = {token: index for index, token in enumerate(TINY_VOCABULARY)}
    tokenizer = BertTokenizerFast(vocab=vocabulary, do_lower_case=True, model_max_length=64)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 64, "unk_token": "[UNK]",
        "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]",
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def tiny_batch() -> Batch:
    """Five sequences of random words with odd lengths; the second and the fourth are pairs."""
    random = stream("tiny-bert", "batch")

    def words(count):
        return torch.randint(5, 97, (count,), generator=random).tolist()

    singles = [([2, *words(length - 2), 3], [0] * length) for length in (5, 7, 3)]
    pairs = [
        ([2, *words(first), 3, *words(second), 3], [0] * (first + 2) + [1] * (second + 1))
        for first, second in ((2, 4), (6, 4))
    ]
    rows = [singles[0], pairs[0], singles[1], pairs[1], singles[2]]
    return Batch(ids=[row[0] for row in rows], types=[row[1] for row in rows], labels=[2, 0, 1, 1, 0])


BUILT_IN_TEXTS = [
    {"text": "A warm and funny film that never loses its way."},
    {"text": "The second half drags, and the ending makes no sense at all."},
    {"text": "Dinner was fine."},
    {
        "text": "The council will vote on the new bridge next Tuesday.",
        "text_pair": "Was a decision made about the bridge?",
    },
    {"text": "I would not watch it again, but my children loved every minute of it!"},
]


def find_built_in() -> Subject | None:
    """The built-in model from public/models, else from an optional sibling folder; None where neither is there."""
    root = FIXTURES.parent.parent.parent
    folders = [root / "public/models/encoder-l4-d128", root.parent / "shared/models/encoder-l4-d128"]
    folder = next((folder for folder in folders if (folder / "model.safetensors").exists()), None)
    if folder is None:
        return None
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = [tokenizer(row["text"], row.get("text_pair")) for row in BUILT_IN_TEXTS]
    batch = Batch(
        ids=[row["input_ids"] for row in encoded],
        types=[row["token_type_ids"] for row in encoded],
        labels=[1, 0, 2, 2, 1],
    )
    return Subject(
        name="encoder-l4-d128", folder=folder, batch=batch, texts=BUILT_IN_TEXTS, prompted_layers=(1, 3), mlp_width=32,
        prompt_deviation=0.2, classifier_deviation=0.2,
        learning_rates={"head-only": 2e-2, "prompt-tuning": 2e-2, "prefix-tuning": 2e-2, "prefix-tuning-mlp": 5e-3,
                        "prefix-tuning-layers": 2e-2, "full-fine-tuning": 3e-4, "others": 2e-3},
    )  # fmt: skip
