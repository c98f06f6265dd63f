"""Token ids of tricky texts, from transformers' WordPiece tokenizer with the built-in model's vocabulary."""

from tokenizers import Tokenizer
from transformers import BertTokenizerFast

from .files import FIXTURES, write_json
from .models import Subject

TEXTS = [
    "",
    " ",
    "Hello, world!",
    "THE MOVIE WAS GREAT",
    "it's a don't-miss, can't-lose film... isn't it?",
    "Café, naïve, résumé, Ångström, Straße, smörgåsbord",
    "cafe\u0301 written with a combining accent",
    "İstanbul and ΑΒΓ Σίσυφος Привет, Ёлка",
    "日本語のテキスト and 中文字符 mixed with English",
    "한국어 문장입니다",
    "नमस्ते दुनिया",
    "مرحبا بالعالم",
    "price: $3.50 (20% off) on 2024-01-15 at 10:30am, 1,000,000 items",
    "e-mail: someone@example.com, see http://example.com/path?query=1&b=2#top",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "a" * 100,
    "a" * 101,
    "tabs\tand\nnew lines\r\nand\u00a0no-break\u2003em space",
    "zero\u200bwidth, soft\u00adhyphen, bom\ufeff and \u0000 null \ufffd replaced",
    "emoji 😀👍🏽 and 👨‍👩‍👧 family",
    "“curly quotes” ‘single’ — em dash – en dash … ellipsis",
    "[CLS] special [SEP] tokens [MASK] inside [PAD] text [UNK]",
    "[cls] lower-cased [mask] and [ MASK ] spaced",
    "[unused0] [unused1] brackets [x]",
    "C++ & C# <html> {json} ~tilde `tick` ^caret| back\\slash _under_score_ =+*",
    "½ ² ³ ™ © ® € £ ¥ § ¶ ° µ",
    "fullwidth ＡＢＣ１２３！ ligature ﬁ ﬂ roman Ⅷ",
    "supplementary 𠀀𠮷 mathematical 𝐀𝐛𝟙 and \U0001f9d1",
    "un##able ##ing # # hash",
    "a.b.c U.S.A. Mr. O'Neil's 3rd 90's rock-n-roll",
    "   leading and trailing   spaces   ",
]

PAIRS = [
    ("The movie was great.", "Was the movie great?"),
    ("", "only the second"),
    ("Café [SEP] noir", "日本語 — yes"),
]

LONG = "the quick brown fox jumps over the lazy dog and keeps running through the forest until night falls "

# (text, text_pair, largest length with special tokens): single texts lose their end, pairs the end of the longer text.
TRUNCATED = [
    (LONG * 2, None, 16),
    (LONG, "a short second text", 16),
    ("a short first text", LONG, 16),
    (LONG, LONG, 15),
]


def write_tokenizer(subject: Subject) -> int:
    """Write tokenizer.json and return the number of texts; both ways to load the tokenizer must agree."""
    tokenizer = BertTokenizerFast.from_pretrained(subject.folder)
    plain = Tokenizer.from_file(str(subject.folder / "tokenizer.json"))
    cases = [encode(tokenizer, plain, text, None, None) for text in TEXTS]
    cases += [encode(tokenizer, plain, text, pair, None) for text, pair in PAIRS]
    cases += [encode(tokenizer, plain, text, pair, longest) for text, pair, longest in TRUNCATED]
    write_json(FIXTURES / "tokenizer.json", {"model": subject.name, "cases": cases})
    return len(cases)


def encode(tokenizer, plain, text, pair, longest):
    """One text or pair with its ids, token types and tokens; `maxLength` is null where nothing is cut off."""
    limit = {"truncation": "longest_first", "max_length": longest} if longest else {}
    encoded = tokenizer(text, pair, **limit)
    if longest is None:
        assert plain.encode(text, pair).ids == encoded["input_ids"], text
    return {
        "text": text,
        "textPair": pair,
        "maxLength": longest,
        "ids": encoded["input_ids"],
        "types": encoded["token_type_ids"],
        "tokens": tokenizer.convert_ids_to_tokens(encoded["input_ids"]),
    }
