"""Every stage from end to end on two thousand lines, in a few minutes: python tools/pretrain/selftest.py [--keep DIR]

The text is the built-in data of the studio. It proves that the stages fit together and that an interrupted run ends with
the same weights as one that was left alone; it proves nothing about quality.
"""

import argparse
import contextlib
import io
import json
import random
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from transformers import AutoTokenizer
from transformers.utils import logging

from checkpoint import read_log
from downstream import run_studio
from downstream_tasks import load_task
from optimizer import make_optimizer, update
from selftest_data import write_corpus, write_tasks
from studio import ROOT, missing, studio

sys.path.append(str(ROOT / "tests/parity"))
from load_adapters import TOLERANCE, peft_logits, relative_difference

HERE = Path(__file__).resolve().parent
SHAPE = {"deviation": 0.2, "layers": 2, "width": 32, "heads": 1, "feedForward": 64, "warmup": 4, "batchTokens": 1024, "learningRate": 0.002}
LENGTHS = {"lengths": {"32": 0.3, "64": 0.5, "128": 0.2}}
RUNGS = {
    "small": {"architecture": "encoder", "mask": 0.25, **SHAPE, **LENGTHS},
    "grown": {"architecture": "encoder", "mask": 0.25, **SHAPE, **LENGTHS, "layers": 4},
    "causal": {"architecture": "decoder", **SHAPE, **LENGTHS},
}
STEPS = 60
KILLED_AFTER = (4, 12, 20)


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


def train_command(work, rung, out, *more, data="data"):
    """Arguments of train.py for a rung of the test's ladder."""
    places = ["--ladder", work / "ladder.json", "--rung", rung, "--data", work / data, "--out", work / out]
    return [*places, "--device", "cpu", "--threads", "1", "--report-every", "4", *more]


def train(work, rung, out, *more, data="data"):
    """Run train.py on a rung of the test's ladder."""
    return call("train.py", *train_command(work, rung, out, *more, data=data))


def interrupt(work, out, step):
    """Start a run that saves after every step and kill it, without warning, some moment after it has passed `step`."""
    command = [sys.executable, HERE / "train.py", *train_command(work, "small", out, "--checkpoint-minutes", "0")]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if line.startswith("{") and json.loads(line).get("step", 0) >= step:
            break
    time.sleep(random.uniform(0, 0.1))
    process.send_signal(signal.SIGKILL)
    process.wait()
    return torch.load(work / out / "checkpoint.pt", weights_only=True)["step"]


def same_weights(one, two):
    """Whether two checkpoints hold the same weights and moments, bit by bit."""
    return same(*(torch.load(path / "checkpoint.pt", weights_only=True) for path in (one, two)), ("objective", "optimizer"))


def same(left, right, names=None):
    """Whether nested dictionaries and lists are equal, tensors bit by bit."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in names or left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return torch.equal(left, right) if isinstance(left, torch.Tensor) else left == right


def test_resume(work):
    """Kill a run three times; in the end it has the weights and moments of one that was left alone."""
    train(work, "small", "straight", "--steps", STEPS)
    saved = [interrupt(work, "broken", step) for step in KILLED_AFTER]
    check(0 < saved[0] < saved[-1] < STEPS, f"three kills before step {STEPS} (they left steps {saved})")
    train(work, "small", "broken", "--steps", STEPS)
    check(same_weights(work / "straight", work / "broken"), "the killed run to end with the same weights, bit by bit")


def test_encoder(work):
    """Finish, export, evaluate at all offsets, go on, grow."""
    train(work, "small", "straight", "--finish", "--decay-steps", 8)
    finished = work / f"straight/finished-{STEPS}"
    call("export.py", "--finished", finished, "--data", work / "data", "--out", work / "encoder-test", "--device", "cpu")
    measure = ["--model", work / "encoder-test", "--data", work / "data", "--device", "cpu"]
    figures = json.loads(call("evaluate.py", *measure, "--record", work / "kept.json"))
    recorded = json.loads((work / "encoder-test/training.json").read_text(encoding="utf-8"))
    check(figures["heldOut"] == recorded["heldOut"], "the exported file to measure as its card says")
    check({"0", "64", "128"} <= figures["heldOut"].keys(), "losses at the position offsets 0, 64 and 128")
    check(max(figures["heldOut"].values()) < 7.0, "held-out losses below that of a uniform guess (7.09 nats)")
    better = json.loads(call("evaluate.py", *measure, "--against", work / "kept.json"))["better"]
    check(set(better["nats"].values()) == {0.0}, "a model to be no better than itself")
    train(work, "small", "straight", "--steps", STEPS + 4)
    check(torch.load(work / "straight/checkpoint.pt", weights_only=True)["step"] == STEPS + 4, "a finished run to go on")
    train(work, "grown", "grown", "--start", f"grow:{finished / 'model'}", "--steps", 4)


def test_clock(work):
    """A run by the clock that stops on its way goes on with other minutes, and ends with a rate of 0 and a model."""
    train(work, "small", "clock", "--within", "2", "--steps", 2, "--precision", "bfloat16", "--start", "random")
    begun = torch.load(work / "clock/checkpoint.pt", weights_only=True)["progress"]
    train(work, "small", "clock", "--within", "0.05", "--no-fused", "--report-every", "1")
    ended = torch.load(work / "clock/checkpoint.pt", weights_only=True)["progress"]
    check(0 < begun < ended == 1, f"a run by the clock to go on from its place ({begun:.3f}) to its end")
    rates = [row["rate"] for row in read_log(work / "clock/log.jsonl") if "rate" in row]
    check(rates[-1] == 0, "a rate of 0 when the minutes are over")
    check(len(list((work / "clock").glob("finished-*/model/model.safetensors"))) == 1, "one model by the clock")


def test_optimizer():
    """A gradient that is not finite changes nothing, whichever optimizer."""
    for fused in (True, False):
        layer = torch.nn.Linear(3, 3)
        optimizer, before = make_optimizer(layer, fused), layer.weight.detach().clone()
        layer(torch.full((1, 3), float("inf"))).sum().backward()
        update(optimizer, 0.1)
        check(torch.equal(layer.weight, before), f"an infinite gradient to change nothing (fused: {fused})")
        layer(torch.ones(1, 3)).sum().backward()
        update(optimizer, 0.1)
        check(not torch.equal(layer.weight, before), f"a finite one to change the weights (fused: {fused})")


def start_ladder(work, seconds):
    """Two rungs side by side within a time limit, beside the tests that follow."""
    limits = ["--minutes", seconds / 60, "--rungs", "small", "grown", "--packed", work / "ladder-packed"]
    more = ["--ladder", work / "ladder.json", "--device", "cpu", "--threads", "1", "--start", "random"]
    command = [sys.executable, HERE / "train_ladder.py", "--data", work / "data", "--out", work / "ladder", *limits, "--", *more]
    return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_ladder(work, ladder, seconds):
    """Both models come back in time, packed; one of them is exported."""
    output = ladder.communicate()[0]
    check(ladder.returncode == 0, f"the ladder to end well; it said:\n{output}")
    took = float(output.split()[-2])
    check(took <= seconds, f"the ladder to take at most {seconds:.0f} s (it took {took:.0f})")
    call("pack.py", "unpack", work / "ladder-packed", "--out", work / "returned")
    finished = sorted((work / "returned").glob("*/finished-*"))
    check(len(finished) == 2, "two finished models to come back")
    call("export.py", "--finished", finished[0], "--data", work / "data", "--out", work / "ladder-test", "--device", "cpu")


def test_decoder(work):
    """Train a byte-level tokenizer and a decoder, finish and export it."""
    bpe = ["--train", "bpe", "--vocabulary", 600, "--held-out", 62 * 16, "--keep", "wikipedia=0.8"]
    call("prepare.py", "--corpus", work / "corpus", "--out", work / "bytes", *bpe)
    train(work, "causal", "decoder", "--steps", STEPS, data="bytes")
    train(work, "causal", "decoder", "--finish", "--decay-steps", 6, data="bytes")
    finished = work / f"decoder/finished-{STEPS}"
    record = call("export.py", "--finished", finished, "--data", work / "bytes", "--out", work / "decoder-test", "--device", "cpu")
    check(json.loads(record.splitlines()[-1])["heldOut"] < 6.39, "a decoder below the loss of a uniform guess (6.40 nats)")


def test_downstream(work):
    """All methods on a task of texts and one of tags, then once more from the kept results; the studio on both."""
    write_tasks(work / "tasks")
    shared = ["--model", work / "encoder-test", "--data", work / "tasks", "--out", work / "results.json", "--device", "cpu"]
    shared += ["--budget", 0.002, "--tasks"]
    call("downstream.py", *shared, "sst2", "snips-slots")
    first = (work / "results.json").read_text(encoding="utf-8")
    call("downstream.py", *shared, "sst2", "snips-slots")
    check((work / "results.json").read_text(encoding="utf-8") == first, "a second measurement to find every run done")
    runs = json.loads(first)["runs"]
    check(len(runs) == 2 * 4 * (4 + 3), f"56 runs (got {len(runs)})")
    if missing():
        print(f"SKIPPED: the same with the studio: {missing()}", flush=True)
        return
    for name, method in (("sst2", "deep-prompt"), ("snips-slots", "head")):
        task = load_task(name, work / "tasks", AutoTokenizer.from_pretrained(work / "encoder-test"))
        run = run_studio(argparse.Namespace(model=work / "encoder-test", budget=0.002), task, method, 0.03, 1, "report")
        trained = json.loads(first)["summary"][f"{name}/{method}/peft"]["trained"]
        check(run["trained"] == trained and 0 <= run["score"] <= 1, f"the studio's {method} on {name} to train {trained} numbers")


def test_studio(work):
    """The studio opens the exported folders, trains a prompt on each, and real PEFT gives the same logits."""
    if missing():
        print(f"SKIPPED: the studio's logits against those of transformers: {missing()}", flush=True)
        return
    rows = [{"text": text} for text in ("A fine day .", "the worst film of the year", "No, I would not go there again!")]
    (work / "texts.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    for name in ("encoder-test", "decoder-test"):
        run = work / f"{name}-run"
        settings = ["--data", "sentiment", "--method", "prefix-tuning", "--length", 4, "--init-scale", 0.5, "--learning-rate", 0.3]
        studio("train", "--model", work / name, *settings, "--steps", 4, "--evaluate-every", 4, "--out", run)
        answers = studio("predict", "--model", work / name, "--adapter", run / "adapter", "--input", work / "texts.jsonl")
        check(max(abs(x) for row in answers for x in row["logits"]) > 0.1, f"logits of {name} that could be wrong: {answers[0]}")
        theirs, ours = peft_logits(work / name, run / "adapter", rows), torch.tensor([row["logits"] for row in answers])
        difference = relative_difference(theirs, ours)
        check(difference <= TOLERANCE, f"the studio's {name} to be PEFT's within {TOLERANCE} (largest difference {difference:.1e})")


def test_reuse(work):
    """Prepare with the first encoder's tokenizer; a part of a source leaves the held-out text as it was."""
    shared = ["--corpus", work / "corpus", "--held-out", 62 * 16]
    call("prepare.py", *shared, "--out", work / "reused")
    call("prepare.py", *shared, "--out", work / "kept", "--keep", "wikipedia=0.5")
    digests = [json.loads((work / name / "data.json").read_text(encoding="utf-8"))["sha256"] for name in ("reused", "kept")]
    same_text = all(digests[0][name] == digests[1][name] for name in ("held-out.bin", "ordered.bin"))
    check(same_text and digests[0]["tokens.bin"] != digests[1]["tokens.bin"], "--keep to leave out nothing but training text")


def test_pack(work):
    """Pack into parts, unpack, compare."""
    call("pack.py", "pack", work / "data", "--out", work / "packed", "--part-mib", 0.02)
    call("pack.py", "unpack", work / "packed", "--out", work / "unpacked")
    equal = lambda name: (work / "data" / name).read_bytes() == (work / "unpacked" / name).read_bytes()
    check(all(equal(path.name) for path in (work / "data").iterdir()), "unpacked files to be the packed ones")


def run_all(work, seconds):
    """Every test, in an empty folder; the ladder gets so many seconds."""
    write_corpus(work / "corpus")
    (work / "ladder.json").write_text(json.dumps({"rungs": RUNGS}), encoding="utf-8")
    words = ["--train", "wordpiece", "--vocabulary", 1200, "--held-out", 62 * 16]
    call("prepare.py", "--corpus", work / "corpus", "--out", work / "data", *words)
    ladder = start_ladder(work, seconds)
    test_optimizer()
    for test in (test_resume, test_encoder, test_clock, test_decoder, test_reuse, test_pack, test_downstream, test_studio):
        test(work)
    test_ladder(work, ladder, seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", help="an empty folder to work in, which stays")
    parser.add_argument("--ladder-seconds", type=float, default=30, help="time limit of two rungs; more on a busy machine")
    options = parser.parse_args()
    work = Path(options.keep or tempfile.mkdtemp(prefix="pretrain-"))
    work.mkdir(exist_ok=True)
    began = time.monotonic()
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    run_all(work, options.ladder_seconds)
    if not options.keep:
        shutil.rmtree(work)
    print(f"selftest passed in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
