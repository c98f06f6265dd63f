"""Stages 2 and 3: train an encoder or a decoder of the ladder. The same command starts a run and resumes it.

    python tools/pretrain/train.py --rung encoder-l4-d128 --data DIR --out DIR [--start continue:MODEL_DIR]
    python tools/pretrain/train.py --rung encoder-l4-d128 --data DIR --out DIR --finish
    python tools/pretrain/train.py --rung encoder-l4-d128 --data DIR --out DIR --within 8

A run has no end of its own: the rate warms up and stays. --finish decays a copy of the last checkpoint in
DIR/finished-STEP and writes the model there; the run itself stays where it was and can be continued afterwards.
--within decays by the clock instead, so that the rate is 0 when the minutes are over, and then writes the model.
"""

import time

# Taken before the libraries are loaded, which takes seconds that count, too.
STARTED = time.monotonic()

import argparse
import json
import signal
from pathlib import Path

import torch

from evaluate import evaluate
from finish import decay_folder, write_finished
from precision import PRECISIONS, default_precision, set_up
from run import Run
from schedule import Clock

LADDER = Path(__file__).with_name("ladder.json")


class Stop:
    """Set by the first signal to end; the loop then saves and leaves."""

    def __init__(self):
        self.asked = False
        self.before = {name: signal.signal(name, self.ask) for name in (signal.SIGTERM, signal.SIGINT)}

    def ask(self, *_):
        self.asked = True

    def release(self):
        """Give the signals back to whoever had them."""
        for name, handler in self.before.items():
            signal.signal(name, handler)


class Meter:
    """Means and seconds between two reports."""

    def __init__(self, run):
        self.run, self.sums, self.count, self.marked = run, {}, 0, time.monotonic()

    def add(self, parts):
        """Count one step's losses."""
        self.sums = {name: self.sums.get(name, 0) + value for name, value in parts.items()}
        self.count += 1

    def pass_time(self):
        """Add the seconds since the last call to the run's; returns them."""
        now = time.monotonic()
        passed, self.marked = now - self.marked, now
        self.run.seconds += passed
        return passed

    def report(self, seconds):
        """Log the means of the steps counted, which took `seconds`, and begin anew."""
        run, batch = self.run, self.run.rung["batchTokens"]
        means = {name: round((value / self.count).item(), 4) for name, value in self.sums.items()}
        place = {"step": run.step, "tokens": run.step * batch, "seconds": round(run.seconds)}
        run.log.add(**place, **means, rate=run.rate(), tokensPerSecond=round(self.count * batch / seconds))
        self.sums, self.count = {}, 0


def train(run, clock):
    """Advance until the run ends, its minutes are over, or a signal comes; then save."""
    options, stop, meter = run.options, Stop(), Meter(run)
    began = saved = time.monotonic()
    reported = run.seconds
    while not run.ended() and not stop.asked and time.monotonic() - began < options.minutes * 60:
        meter.add(run.advance())
        run.progress = clock.progress() if clock else run.progress
        if run.step % options.report_every == 0:
            meter.pass_time()
            meter.report(run.seconds - reported)
            reported = run.seconds
        if run.step % options.evaluate_every == 0:
            run.log.add(step=run.step, **evaluate(run.objective.model, run.store, run.ordered))
        if time.monotonic() - saved > options.checkpoint_minutes * 60:
            meter.pass_time()
            run.save()
            saved = time.monotonic()
    meter.pass_time()
    run.save()
    stop.release()


def options_of(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rung", required=True, help="a name in the ladder")
    parser.add_argument("--data", required=True, help="folder written by prepare.py")
    parser.add_argument("--out", required=True, help="checkpoint, log and finished models")
    parser.add_argument("--ladder", default=str(LADDER))
    parser.add_argument("--start", help="random, statistics, continue:DIR or grow:DIR; statistics for encoders unless given")
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument("--finish", action="store_true", help="decay a copy of the last checkpoint and write the model")
    ends.add_argument("--within", type=float, help="decay by the clock and write the model after so many minutes")
    parser.add_argument("--decay-share", type=float, default=0.2, help="the decay's part of the whole run")
    parser.add_argument("--decay-steps", type=int, help="steps of --finish's decay, instead of a share")
    parser.add_argument("--steps", type=int, help="stop at this step; without it the run goes on until stopped")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop this process after so long")
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    parser.add_argument("--report-every", type=int, default=100)
    parser.add_argument("--evaluate-every", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--compile", action="store_true", help="compile the model; once for every length of row")
    parser.add_argument("--precision", choices=PRECISIONS, help="bfloat16 on a GPU and float32 on a processor unless given")
    parser.add_argument("--fused", action=argparse.BooleanOptionalAction, default=True, help="one kernel for the optimizer")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(arguments)


def rung_of(options):
    """The rung that is named; fails with the names there are."""
    rungs = json.loads(Path(options.ladder).read_text(encoding="utf-8"))["rungs"]
    if options.rung not in rungs:
        raise ValueError(f"Expected one of {', '.join(rungs)}, got {options.rung}.")
    return rungs[options.rung]


def main():
    options = options_of()
    if options.threads:
        torch.set_num_threads(options.threads)
    options.precision = options.precision or default_precision(options.device)
    set_up(options.precision)
    rung, out = rung_of(options), Path(options.out)
    options.start = options.start or ("statistics" if rung["architecture"] == "encoder" else "random")
    out.mkdir(parents=True, exist_ok=True)
    run = Run(options, rung, decay_folder(out, options) if options.finish else out)
    train(run, Clock(options.within * 60, STARTED, run.progress) if options.within else None)
    if run.decayed():
        write_finished(run, run.out if options.finish else run.out / f"finished-{run.step}")


if __name__ == "__main__":
    main()
