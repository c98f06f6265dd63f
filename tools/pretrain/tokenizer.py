"""Tokenizers of the built-in models: reuse of an existing one, or training of a new WordPiece or byte-level BPE.

Encoders of the ladder share the tokenizer of the first encoder, so that their losses can be compared.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer, Tokenizer
from tokenizers.processors import TemplateProcessing

WORDPIECE_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
RESERVED = 27
END_OF_TEXT = "<|endoftext|>"
WORDPIECE_FILES = ["tokenizer.json", "tokenizer_config.json", "vocab.txt"]
BPE_FILES = ["tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"]


@dataclass(frozen=True)
class SpecialIds:
    """Ids with a meaning. `first_ordinary` is the lowest id of a word; `ends` close a sentence or a text."""

    kind: str
    separator: int
    classify: int
    mask: int
    first_ordinary: int
    ends: tuple


def special_ids(tokenizer):
    """The special ids of a WordPiece or byte-level tokenizer; fails on any other kind."""
    of = tokenizer.token_to_id
    if of("[CLS]") is not None:
        ends = tuple(i for i in (of("[SEP]"), of("."), of("?"), of("!")) if i is not None)
        return SpecialIds("wordpiece", of("[SEP]"), of("[CLS]"), of("[MASK]"), len(WORDPIECE_SPECIALS) + RESERVED, ends)
    if of(END_OF_TEXT) is not None:
        return SpecialIds("bpe", of(END_OF_TEXT), of(END_OF_TEXT), of(END_OF_TEXT), 1, (of(END_OF_TEXT),))
    raise ValueError(f"Expected a tokenizer with [CLS] or {END_OF_TEXT}. Train one with prepare.py --train.")


def reuse(folder, out):
    """Copy the tokenizer files of a model folder and return the tokenizer."""
    source = Path(folder) / "tokenizer.json"
    if not source.exists():
        raise FileNotFoundError(f"Expected {source}. Name a model folder with a tokenizer, or train one with --train.")
    for name in {*WORDPIECE_FILES, *BPE_FILES}:
        if (Path(folder) / name).exists():
            shutil.copy(Path(folder) / name, Path(out) / name)
    return Tokenizer.from_file(str(source))


def train_wordpiece(texts, vocabulary, out):
    """A lower-cased WordPiece tokenizer with BERT's special tokens and a few reserved ids."""
    trained = BertWordPieceTokenizer(lowercase=True)
    specials = WORDPIECE_SPECIALS + [f"[unused{i}]" for i in range(RESERVED)]
    trained.train_from_iterator(texts, vocab_size=vocabulary, min_frequency=5, limit_alphabet=200, special_tokens=specials)
    trained.save_model(str(out))
    trained.save(str(Path(out) / "tokenizer.json"))
    tokenizer = Tokenizer.from_file(str(Path(out) / "tokenizer.json"))
    edges = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=edges
    )
    tokenizer.save(str(Path(out) / "tokenizer.json"))
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "sep", "pad", "cls", "mask")}
    write_config(out, {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 256, **names})
    return tokenizer


def train_bpe(texts, vocabulary, out):
    """A byte-level BPE tokenizer as GPT-2 has it, with the end of text as id 0."""
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(texts, vocab_size=vocabulary, min_frequency=5, special_tokens=[END_OF_TEXT])
    trained.save_model(str(out))
    trained.save(str(Path(out) / "tokenizer.json"))
    names = {f"{name}_token": END_OF_TEXT for name in ("unk", "bos", "eos")}
    write_config(out, {"tokenizer_class": "GPT2Tokenizer", "model_max_length": 256, **names})
    return Tokenizer.from_file(str(Path(out) / "tokenizer.json"))


def write_config(out, values):
    """Write tokenizer_config.json."""
    (Path(out) / "tokenizer_config.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
