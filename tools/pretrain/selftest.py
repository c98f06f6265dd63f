"""Every stage from end to end on two thousand lines, in a few minutes: python tools/pretrain/selftest.py [--keep DIR]

The text is the built-in data of the studio. It proves that the stages fit together and that an interrupted run ends with
the same weights as one that was left alone; it proves nothing about quality.
"""

import argparse
import contextlib
import io
import json
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHAPE = {"layers": 2, "width": 32, "heads": 1, "feedForward": 64, "warmup": 4, "batchTokens": 1024, "learningRate": 0.002}
LENGTHS = {"lengths": {"32": 0.3, "64": 0.5, "128": 0.2}}
RUNGS = {
    "small": {"architecture": "encoder", "mask": 0.25, **SHAPE, **LENGTHS},
    "grown": {"architecture": "encoder", "mask": 0.25, **SHAPE, **LENGTHS, "layers": 4},
    "causal": {"architecture": "decoder", **SHAPE, **LENGTHS},
}
STEPS = 24


def check(condition, what):
    """Stop the test with a sentence that says what should have been."""
    if not condition:
        raise SystemExit(f"selftest: expected {what}")
    print(f"ok: {what}", flush=True)


def call(script, *arguments):
    """Run a stage in this process, which spares loading the libraries each time; returns its output."""
    output, before = io.StringIO(), sys.argv
    sys.argv = [str(HERE / script), *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(output):
            runpy.run_path(sys.argv[0], run_name="__main__")
    except Exception:
        print(f"selftest: {' '.join(sys.argv)} failed:\n{output.getvalue()}", file=sys.stderr)
        raise
    finally:
        sys.argv = before
    return output.getvalue()


def write_corpus(folder):
    """A corpus of two sources from the built-in data sets, and two data sets for the downstream stage."""
    folder.mkdir()
    rows = [json.loads(line) for path in sorted(ROOT.glob("public/data/*/train.jsonl")) for line in path.open(encoding="utf-8")]
    texts = [row["text"] + " " + row.get("text_pair", "") for row in rows]
    (folder / "wikipedia.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    reviews = [row["text"] for row in rows if row["label"] in ("positive", "negative")] * 2
    (folder / "movie-reviews.txt").write_text("\n".join(reviews) + "\n", encoding="utf-8")


def write_tasks(folder):
    """Built-in sentiment under the name of a downstream task, and a tagging task that marks adjectives of praise."""
    rows = [json.loads(line) for line in (ROOT / "public/data/sentiment/train.jsonl").open(encoding="utf-8")]
    tagged = [{"tokens": row["text"].split(), "tags": praise(row["text"].split())} for row in rows]
    for name, part, chosen in (("sst2", "dev", rows), ("snips-slots", "test", tagged)):
        (folder / name).mkdir(parents=True)
        write = lambda file, lines: (folder / name / file).write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        write("train.jsonl", chosen[:300])
        write(f"{part}.jsonl", chosen[300:])


def praise(words):
    """BIO tags of a few words."""
    return ["B-praise" if word.strip(".,").lower() in ("good", "best", "great", "fine") else "O" for word in words]


def train(work, rung, out, *more, data="data"):
    """Run train.py on a rung of the test's ladder."""
    shared = ["--ladder", work / "ladder.json", "--rung", rung, "--data", work / data, "--out", work / out, "--device", "cpu"]
    return call("train.py", *shared, "--threads", "1", "--report-every", "4", *more)


def interrupt(work, out, step):
    """Start a run that saves after every step and kill it, without warning, once it has passed `step`."""
    shared = ["--ladder", work / "ladder.json", "--rung", "small", "--data", work / "data", "--out", work / out, "--device", "cpu"]
    command = [sys.executable, HERE / "train.py", *shared, "--threads", "1", "--report-every", "1", "--checkpoint-minutes", "0"]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if line.startswith("{") and json.loads(line).get("step", 0) >= step:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()


def same_weights(one, two):
    """Whether two checkpoints hold the same weights, bit by bit."""
    load = lambda path: torch.load(path / "checkpoint.pt", weights_only=True)["objective"]
    left, right = load(one), load(two)
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def test_encoder(work):
    """Prepare, train with and without interruption, finish, evaluate, export, grow."""
    call("prepare.py", "--corpus", work / "corpus", "--out", work / "data", "--held-out", 62 * 16)
    train(work, "small", "straight", "--steps", STEPS)
    interrupt(work, "broken", 7)
    begun = torch.load(work / "broken/checkpoint.pt", weights_only=True)["step"]
    check(0 < begun < STEPS, f"the killed run to have saved some step before {STEPS} (it saved {begun})")
    train(work, "small", "broken", "--steps", STEPS)
    check(same_weights(work / "straight", work / "broken"), "an interrupted run to end with the same weights, bit by bit")
    train(work, "small", "straight", "--finish", "--decay-steps", 8)
    finished = work / f"straight/finished-{STEPS}"
    call("export.py", "--finished", finished, "--data", work / "data", "--out", work / "encoder-test", "--device", "cpu")
    figures = json.loads(call("evaluate.py", "--model", work / "encoder-test", "--data", work / "data", "--device", "cpu"))
    recorded = json.loads((work / "encoder-test/training.json").read_text(encoding="utf-8"))
    check(figures["heldOut"] == recorded["heldOut"], "the exported file to measure as its card says")
    check(figures["heldOut"]["0"] < 8.9, "a held-out loss below that of a uniform guess (9.01 nats)")
    train(work, "small", "straight", "--steps", STEPS + 4)
    check(torch.load(work / "straight/checkpoint.pt", weights_only=True)["step"] == STEPS + 4, "a finished run to go on")
    train(work, "grown", "grown", "--start", f"grow:{finished / 'model'}", "--steps", 4)


def test_decoder(work):
    """Train a byte-level tokenizer and a decoder, finish and export it."""
    bpe = ["--train", "bpe", "--vocabulary", 600, "--held-out", 62 * 16]
    call("prepare.py", "--corpus", work / "corpus", "--out", work / "bytes", *bpe)
    train(work, "causal", "decoder", "--start", "random", "--steps", STEPS, data="bytes")
    train(work, "causal", "decoder", "--finish", "--decay-steps", 6, data="bytes")
    finished = work / f"decoder/finished-{STEPS}"
    record = call("export.py", "--finished", finished, "--data", work / "bytes", "--out", work / "decoder-test", "--device", "cpu")
    check(json.loads(record.splitlines()[-1])["heldOut"] < 6.39, "a decoder below the loss of a uniform guess (6.40 nats)")


def test_downstream(work):
    """All methods on a task of texts and one of tags, then once more from the kept results."""
    write_tasks(work / "tasks")
    arguments = ["--model", work / "encoder-test", "--data", work / "tasks", "--out", work / "results.json", "--device", "cpu"]
    arguments += ["--tasks", "sst2", "snips-slots", "--budget", 0.002]
    call("downstream.py", *arguments)
    began, first = time.monotonic(), (work / "results.json").read_text(encoding="utf-8")
    call("downstream.py", *arguments)
    check((work / "results.json").read_text(encoding="utf-8") == first, "a second measurement to find every run done")
    runs = json.loads(first)["runs"]
    check(len(runs) == 2 * 4 * (4 + 3), f"56 runs (got {len(runs)}; the second call took {time.monotonic() - began:.0f} s)")


def test_pack(work):
    """Pack into parts, unpack, compare."""
    call("pack.py", "pack", work / "data", "--out", work / "packed", "--part-mib", 0.02)
    call("pack.py", "unpack", work / "packed", "--out", work / "unpacked")
    same = lambda name: (work / "data" / name).read_bytes() == (work / "unpacked" / name).read_bytes()
    check(all(same(path.name) for path in (work / "data").iterdir()), "unpacked files to be the packed ones")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", help="an empty folder to work in, which stays")
    options = parser.parse_args()
    work = Path(options.keep or tempfile.mkdtemp(prefix="pretrain-"))
    work.mkdir(exist_ok=True)
    began = time.monotonic()
    write_corpus(work / "corpus")
    (work / "ladder.json").write_text(json.dumps({"rungs": RUNGS}), encoding="utf-8")
    for test in (test_encoder, test_decoder, test_pack, test_downstream):
        test(work)
    if not options.keep:
        shutil.rmtree(work)
    print(f"selftest passed in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
