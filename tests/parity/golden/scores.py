"""Golden scores of tags and answers: seqeval's precision, recall and F1, and SQuAD's exact match and F1.

SQuAD's come from transformers' copy of the official script. seqeval (`pip install seqeval`) is needed for the tags; without
it tag-scores.json stays as it is.
"""

import torch
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1

from .files import FIXTURES, write_json
from .models import stream

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-org-unit", "I-org-unit")
ANSWERS = (
    ("Denver Broncos", "the Denver Broncos"),
    ("Denver Broncos", "Denver Broncos' defence"),
    ("308", "308 points"),
    ("the", "a"),
    ("the", "an apple"),
    ("", ""),
    ("", "nothing"),
    ("a b b c", "b b d"),
    ("U.S.A.", "usa"),
    ("well-known", "well known"),
    ("An apple, the theatre and a cat", "apple theatre and cat"),
    ("Ångström's unit", "ångströms unit"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("İstanbul", "i̇stanbul"),
    ("a\u00a0b\u2003c", "b c"),
    ("«quoted» text…", "quoted text"),
    ("the_a an", "the_a"),
    ("naïve a", "naïve"),
    ("été_the été", "été_the"),
    ("$1,000 (about)", "1000 about"),
    ("10\u2013308", "10 308"),
    ("the\tthe\nthe end", "end"),
    ("一个 the 答案", "一个 答案"),
    ("Ann left left Rome", "left Rome left Rome"),
)


def write_answer_scores() -> None:
    """Write answer-scores.json: exact match and F1 of pairs of answers."""
    cases = [
        {"actual": actual, "predicted": predicted, "exact": compute_exact(actual, predicted), "f1": compute_f1(actual, predicted)}
        for actual, predicted in ANSWERS
    ]
    write_json(FIXTURES / "answer-scores.json", {"cases": cases})


def write_tag_scores() -> None:
    """Write tag-scores.json: scores of random sentences in the default reading and in strict IOB2."""
    try:
        from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
        from seqeval.scheme import IOB2
    except ImportError:
        print("SKIPPED: seqeval is not there; tag-scores.json stays as it was.")
        return
    readings = {"lenient": {}, "strict": {"mode": "strict", "scheme": IOB2}}

    def scores(actual, predicted, options):
        options = {"zero_division": 0, **options}
        return {
            "precision": precision_score(actual, predicted, average="micro", **options),
            "recall": recall_score(actual, predicted, average="micro", **options),
            "f1": f1_score(actual, predicted, average="micro", **options),
            "macroF1": f1_score(actual, predicted, average="macro", **options),
            "accuracy": accuracy_score(actual, predicted),
        }

    cases = []
    for number in range(24):
        actual, predicted = random_sentences(number)
        named = {name: plain_numbers(scores(actual, predicted, options)) for name, options in readings.items()}
        cases.append({"actual": actual, "predicted": predicted, **named})
    write_json(FIXTURES / "tag-scores.json", {"cases": cases})


def random_sentences(number):
    """Sentences of random tags, and the same with some of them changed; the first case finds nothing at all."""
    random = stream("tag scores", str(number))
    lengths = torch.randint(4, 12, (1 + number % 5,), generator=random).tolist()
    actual = [torch.randint(0, len(TAGS), (length,), generator=random).tolist() for length in lengths]
    if number == 0:
        return named_tags(actual), [["O"] * length for length in lengths]
    changed = [
        [tag if torch.rand((), generator=random) < 0.7 else int(torch.randint(0, len(TAGS), (), generator=random)) for tag in row]
        for row in actual
    ]
    return named_tags(actual), named_tags(changed)


def named_tags(rows):
    return [[TAGS[tag] for tag in row] for row in rows]


def plain_numbers(scores):
    return {name: float(value) for name, value in scores.items()}
