"""Token ids of tricky texts from the Rust byte-level BPE, with tiny-gpt2's vocabulary and with GPT-2's own."""

from .files import FIXTURES, write_json
from .gpt2_model import NAME, byte_level
from .tokenizer import LONG, PAIRS, TEXTS, TRUNCATED

MORE_TEXTS = [
    "x <|endoftext|> y",
    "<|endoftext|><|endoftext|>",
    "  \n\n  a\n b \n",
    "I'll we've 'twas can't DON'T it's's",
    " leading and trailing  ",
    "x²³ ٣٤ ⅷ",
    "a\u0085b\u2028c\u3000d",
    "\ud7ff \ue000 \U0010ffff",
    "good bad movie, and the movie is the best",
]


def write_gpt2_tokenizers() -> None:
    """Write the cases of both vocabularies; GPT-2's own lies in an optional sibling folder of the repository."""
    write_cases(FIXTURES / NAME, FIXTURES / NAME / "tokenizer-cases.json")
    own = FIXTURES.parent.parent.parent.parent / "shared" / "tokenizers" / "gpt2"
    if (own / "vocab.json").exists():
        write_cases(own, FIXTURES / "gpt2-tokenizer.json")
    else:
        print("SKIPPED: GPT-2's vocabulary is not there; gpt2-tokenizer.json stays as it was.")


def write_cases(folder, path):
    """An empty text is left out: transformers gives it no token, the studio the end-of-text token."""
    tokenizer = byte_level(folder)
    texts = [(text, None, None) for text in [*TEXTS, *MORE_TEXTS] if text != ""]
    pairs = [(first, second, None) for first, second in PAIRS]
    cases = [encode(tokenizer, *case) for case in [*texts, *pairs, *TRUNCATED]]
    write_json(path, {"cases": cases})


def encode(tokenizer, text, pair, longest):
    """One text or pair with its ids; `maxLength` is null where nothing is cut off."""
    tokenizer.no_truncation()
    if longest is not None:
        tokenizer.enable_truncation(longest, strategy="longest_first")
    return {"text": text, "textPair": pair, "maxLength": longest, "ids": tokenizer.encode(text, pair).ids}
