"""Golden scores of classes, tags and answers from the field's own code, none of which is committed.

- classification-scores.json: scikit-learn's accuracy, macro F1 and log loss and SciPy's Wilson interval.
- tag-scores.json: seqeval, in its default mode and in strict IOB2, on tags well formed (IOB2), without their B- (IOB1) and at random. It was made
  with seqeval's own functions at the commits 52f742b6 (scheme), 0b234483 (v1) and ce1df876 (sequence_labeling), run in a folder on PYTHONPATH because
  no package could be had. Without seqeval the file stays as it is.
- answer-scores.json: SQuAD 2.0's functions, as transformers carries them, and the official script of SQuAD 1.1, whose path the variable
  SQUAD_V1_SCRIPT gives. They differ where an answer has no words left: 1.1 then says F1 0. Without that script the file stays as it is.
"""

import importlib.util
import os
from math import isnan

import torch
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score as share_of_hits
from sklearn.metrics import f1_score as class_f1_score
from sklearn.metrics import log_loss
from transformers.data.metrics.squad_metrics import compute_exact, compute_f1

from .files import FIXTURES, write_json
from .models import stream

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-org-unit", "I-org-unit")
# Sentences as they are and as they are found, where readings of the tags part: nothing there or nothing found, I- without its
# B-, a change of kind inside a span, B- behind B-, spans at either end, kinds that only one side knows.
TAG_EDGES = (
    ("O O O", "O O O"),
    ("O", "O"),
    ("O O O", "B-PER I-PER O"),
    ("O O O", "I-PER I-PER O"),
    ("B-PER I-PER O", "O O O"),
    ("B-PER", "B-PER"),
    ("B-PER", "I-PER"),
    ("I-PER", "I-PER"),
    ("B-PER I-PER O", "I-PER I-PER O"),
    ("O B-PER I-PER", "O I-PER I-PER"),
    ("B-PER I-LOC O", "B-PER I-LOC O"),
    ("B-PER I-PER I-LOC", "B-PER I-PER O"),
    ("B-PER B-PER I-PER", "B-PER I-PER I-PER"),
    ("B-PER I-PER B-PER", "B-PER O B-PER"),
    ("B-LOC O B-PER", "B-PER O B-LOC"),
    ("O B-LOC I-LOC O", "O B-LOC O O"),
    ("B-LOC I-LOC", "O B-LOC"),
    ("B-org-unit I-org-unit O", "B-org-unit I-org I-org-unit"),
    ("B-PER I-PER O B-LOC | O O", "B-PER I-PER O O | B-PER O"),
    ("O O | B-LOC I-LOC", "I-LOC O | I-LOC I-LOC"),
)
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


ANSWER_WORDS = ("the", "a", "an", "Rome", "rome", "New", "York", "1,000", "U.S.", "well-known", "(sic)", "naïve", "«x»", "’s", "The", "...")
QUESTIONS = 60


def write_classification_scores() -> None:
    """Write classification-scores.json: random logits and labels of 2 to 20 classes, some of which never occur."""
    cases = []
    for number, (classes, count) in enumerate([(2, 1), (2, 40), (3, 7), (3, 120), (5, 33), (7, 90), (20, 90)]):
        random = stream("classification scores", str(number))
        logits = torch.randn((count, classes), generator=random).float()
        labels = torch.randint(0, max(2, classes - 1), (count,), generator=random)
        logits[torch.arange(count), labels] += 1.0
        predicted = logits.argmax(1)
        hits = int((predicted == labels).sum())
        shares = torch.softmax(logits.double(), 1).numpy()
        interval = binomtest(hits, count).proportion_ci(0.95, "wilson")
        cases.append(
            {
                "logits": logits,
                "labels": labels,
                "accuracy": float(share_of_hits(labels, predicted)),
                "macroF1": float(class_f1_score(labels, predicted, average="macro", zero_division=0)),
                "loss": float(log_loss(labels, shares, labels=list(range(classes)))),
                "interval": [float(interval.low), float(interval.high)],
            }
        )
    write_json(FIXTURES / "classification-scores.json", {"cases": cases})


def write_answer_scores() -> None:
    """Write answer-scores.json: scores of pairs of answers, and of a set of questions with several right answers each."""
    script = squad_script()
    if script is None:
        print("SKIPPED: SQUAD_V1_SCRIPT names no script; answer-scores.json stays as it was.")
        return
    pairs = [*ANSWERS, *((random_answer("actual", n), random_answer("predicted", n)) for n in range(120))]
    cases = [
        {
            "actual": actual,
            "predicted": predicted,
            "exact": compute_exact(actual, predicted),
            "f1": compute_f1(actual, predicted),
            "exactV1": int(script.exact_match_score(predicted, actual)),
            "f1V1": float(script.f1_score(predicted, actual)),
        }
        for actual, predicted in pairs
    ]
    write_json(FIXTURES / "answer-scores.json", {"cases": cases, **question_scores(script)})


def squad_script():
    path = os.environ.get("SQUAD_V1_SCRIPT")
    if path is None:
        return None
    spec = importlib.util.spec_from_file_location("squad_v1", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def question_scores(script) -> dict:
    """Questions with one to four right answers, each with a word left, and what the script's `evaluate` says of the predictions."""
    questions = []
    for number in range(QUESTIONS):
        answers = [f"{random_answer(f'answer {place}', number)} Rome" for place in range(1 + number % 4)]
        predicted = answers[0].lower() if number % 3 == 0 else random_answer("prediction", number)
        questions.append({"answers": answers, "predicted": predicted})
    qas = [{"id": str(n), "answers": [{"text": text} for text in q["answers"]]} for n, q in enumerate(questions)]
    predictions = {str(n): question["predicted"] for n, question in enumerate(questions)}
    whole = script.evaluate([{"paragraphs": [{"qas": qas}]}], predictions)
    return {"questions": questions, "exactMatch": whole["exact_match"], "f1": whole["f1"]}


def random_answer(purpose, number):
    random = stream("answer scores", purpose, str(number))
    picks = torch.randint(0, len(ANSWER_WORDS), (int(torch.randint(0, 6, (), generator=random)),), generator=random)
    return " ".join(ANSWER_WORDS[pick] for pick in picks.tolist())


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
    for actual, predicted in [*(random_sentences(number) for number in range(96)), *map(edge_sentences, TAG_EDGES)]:
        named = {name: plain_numbers(scores(actual, predicted, options)) for name, options in readings.items()}
        cases.append({"actual": actual, "predicted": predicted, **named})
    write_json(FIXTURES / "tag-scores.json", {"cases": cases})


def edge_sentences(pair):
    """Both sides of one of TAG_EDGES, sentence by sentence."""
    return tuple([sentence.split() for sentence in side.split(" | ")] for side in pair)


def random_sentences(number):
    """Sentences of tags, and the same with some of them changed; the first case finds nothing at all.

    A third of the cases has tags at random, a third spans in IOB2, and a third the same spans with I- where others write B-.
    """
    random = stream("tag scores", str(number))
    lengths = torch.randint(4, 12, (1 + number % 5,), generator=random).tolist()
    make = (random_tags, span_tags, spans_without_starts)[number % 3]
    actual = [make(length, random) for length in lengths]
    if number == 0:
        return actual, [["O"] * length for length in lengths]
    changed = [[tag if torch.rand((), generator=random) < 0.7 else random_tags(1, random)[0] for tag in row] for row in actual]
    return actual, changed


def random_tags(length, random):
    return [TAGS[tag] for tag in torch.randint(0, len(TAGS), (length,), generator=random).tolist()]


def span_tags(length, random):
    """Spans of one to three words of a kind, with words outside between some of them."""
    tags = []
    while len(tags) < length:
        kind = TAGS[1 + 2 * int(torch.randint(0, 3, (), generator=random))][2:]
        size = int(torch.randint(1, 4, (), generator=random))
        outside = int(torch.randint(0, 3, (), generator=random))
        tags += [f"B-{kind}", *[f"I-{kind}"] * (size - 1), *["O"] * outside]
    return tags[:length]


def spans_without_starts(length, random):
    return [tag.replace("B-", "I-") if place % 2 == 0 else tag for place, tag in enumerate(span_tags(length, random))]


def plain_numbers(scores):
    """None where seqeval has no number, which is a macro average over no span at all."""
    return {name: None if isnan(value) else float(value) for name, value in scores.items()}
