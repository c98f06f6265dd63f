"""Stages 2 and 3: train an encoder or a decoder of the ladder. The same command starts a run and resumes it.

    python tools/pretrain/train.py --rung encoder-l4-d128 --data DIR --out DIR [--start continue:MODEL_DIR]
    python tools/pretrain/train.py --rung encoder-l4-d128 --data DIR --out DIR --finish

The run has no end of its own: the rate warms up and stays. --finish decays a copy of the last checkpoint in
DIR/finished-STEP and writes the model there; the run itself stays where it was and can be continued afterwards.
"""

import argparse
import json
import random
import signal
import time
from contextlib import nullcontext
from pathlib import Path

import torch

from batches import decoder_batch, encoder_batch, generator_for
from checkpoint import Log, load, save_atomically
from evaluate import evaluate
from models import build
from objectives import DecoderObjective, EncoderObjective
from optimizer import learning_rate, make_optimizer, set_rate
from tokens import TokenStore

LADDER = Path(__file__).with_name("ladder.json")
FIXED = ("architecture", "layers", "width", "heads", "feedForward", "batchTokens")


class Run:
    """A model in training, its optimizer and its place: everything a checkpoint holds."""

    def __init__(self, options, rung, out):
        self.options, self.rung, self.out = options, rung, out
        self.store = TokenStore(options.data, options.device)
        self.encoder = rung["architecture"] == "encoder"
        self.ordered = TokenStore(options.data, options.device, part="ordered") if self.encoder else None
        torch.manual_seed(options.seed)
        self.step, self.seconds, self.decay = 0, 0.0, None
        state = load(out / "checkpoint.pt")
        model = build(rung, self.store, options.start if state is None else "random")
        objective = EncoderObjective if self.encoder else DecoderObjective
        self.objective = objective(model, self.store.frequencies).to(options.device).train()
        self.optimizer = make_optimizer(self.objective, options.device)
        if state is not None:
            self.restore(state)
        self.log = Log(out / "log.jsonl", self.step)
        self.log.add(step=self.step, start=options.start, hardware=hardware(options.device))
        self.loss = torch.compile(self.objective) if options.compile else self.objective

    def state(self):
        """What a checkpoint holds. The batch of a step follows from seed and step, so no generator is kept."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "decay": self.decay,
            "seed": self.options.seed,
            "rung": json.dumps(self.rung, sort_keys=True),
            "data": self.store.digests["tokens.bin"],
            "objective": self.objective.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def restore(self, state):
        """Go on from a checkpoint; fails when it belongs to another model, seed or text. Rates and lengths may change."""
        was = json.loads(state["rung"])
        digest = self.store.digests["tokens.bin"]
        mine = {**{name: self.rung[name] for name in FIXED}, "seed": self.options.seed, "data": digest}
        theirs = {**{name: was[name] for name in FIXED}, "seed": state["seed"], "data": state["data"]}
        if mine != theirs:
            raise ValueError(f"Expected a checkpoint of {mine}, got one of {theirs}. Use another --out, or its folders.")
        self.objective.load_state_dict(state["objective"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds, self.decay = state["step"], state["seconds"], state["decay"]

    def batch(self):
        """The batch of the present step: its length, then its rows, from seed and step alone."""
        lengths = self.rung["lengths"]
        drawn = random.Random(f"{self.options.seed} {self.step}").choices(list(lengths), list(lengths.values()))[0]
        tokens, generator = int(drawn), generator_for(self.store.device, self.options.seed, self.step)
        rows = max(1, self.rung["batchTokens"] // tokens)
        if self.encoder:
            return encoder_batch(self.store, rows, tokens, self.rung["mask"], generator)
        return decoder_batch(self.store, rows, tokens, generator)

    def advance(self):
        """One update; returns the parts of its loss. A gradient that is not finite changes nothing."""
        set_rate(self.optimizer, learning_rate(self.step, self.rung["learningRate"], self.rung["warmup"], self.decay))
        with torch.autocast("cuda", torch.bfloat16) if self.options.device == "cuda" else nullcontext():
            total, parts = self.loss(self.batch())
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.objective.parameters(), 1.0)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return parts

    def save(self):
        """Write the checkpoint."""
        save_atomically(self.out / "checkpoint.pt", self.state())

    def ended(self):
        """Whether the decay is over, or the step asked for is reached."""
        if self.decay is not None:
            return self.step >= self.decay["from"] + self.decay["steps"]
        return self.options.steps is not None and self.step >= self.options.steps


def hardware(device):
    """The training machine in words."""
    if device == "cuda":
        return f"one {torch.cuda.get_device_name()}"
    return f"{torch.get_num_threads()} CPU cores"


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


def report(run, sums, count, pace):
    """Log means since the last report."""
    tokens = run.step * run.rung["batchTokens"]
    rate = learning_rate(run.step, run.rung["learningRate"], run.rung["warmup"], run.decay)
    means = {name: round((value / count).item(), 4) for name, value in sums.items()}
    run.log.add(step=run.step, tokens=tokens, seconds=round(run.seconds), **means, rate=rate, tokensPerSecond=round(pace))


def train(run):
    """Advance until the run ends, its minutes are over, or a signal comes; then save."""
    options, stop = run.options, Stop()
    began = saved = marked = time.monotonic()
    sums, count = {}, 0
    while not run.ended() and not stop.asked and time.monotonic() - began < options.minutes * 60:
        parts = run.advance()
        sums = {name: sums.get(name, 0) + value for name, value in parts.items()}
        count += 1
        if run.step % options.report_every == 0:
            now = time.monotonic()
            run.seconds += now - marked
            report(run, sums, count, count * run.rung["batchTokens"] / (now - marked))
            sums, count, marked = {}, 0, now
        if run.step % options.evaluate_every == 0:
            run.log.add(step=run.step, **evaluate(run.objective.model, run.store, run.ordered))
        if time.monotonic() - saved > options.checkpoint_minutes * 60:
            run.save()
            saved = time.monotonic()
    run.seconds += time.monotonic() - marked
    run.save()
    stop.release()


def finish_folder(out, options):
    """The folder where the last checkpoint decays; one left half-way is taken up again."""
    open_folders = [f for f in out.glob("finished-*") if not (f / "model").exists() and (f / "checkpoint.pt").exists()]
    if open_folders:
        return max(open_folders, key=lambda f: f.stat().st_mtime)
    state = load(out / "checkpoint.pt")
    if state is None:
        raise FileNotFoundError(f"Expected a checkpoint in {out}. Train first, then finish.")
    steps = options.decay_steps or max(1, round(options.decay_share * state["step"]))
    folder = out / f"finished-{state['step']}"
    folder.mkdir(exist_ok=True)
    (folder / "log.jsonl").write_text((out / "log.jsonl").read_text(encoding="utf-8"), encoding="utf-8")
    save_atomically(folder / "checkpoint.pt", {**state, "decay": {"from": state["step"], "steps": steps}})
    return folder


def write_model(run):
    """Write the full-precision model once the run has ended; the last line of the log holds its figures."""
    run.log.add(step=run.step, final=True, **evaluate(run.objective.model, run.store, run.ordered))
    beside = run.out / "model.writing"
    run.objective.model.save_pretrained(beside)
    beside.rename(run.out / "model")
    print(f"model in {run.out / 'model'}", flush=True)


def options_of(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rung", required=True, help="a name in the ladder")
    parser.add_argument("--data", required=True, help="folder written by prepare.py")
    parser.add_argument("--out", required=True, help="checkpoint, log and finished models")
    parser.add_argument("--ladder", default=str(LADDER))
    parser.add_argument("--start", default="statistics", help="random, statistics, continue:DIR or grow:DIR")
    parser.add_argument("--finish", action="store_true", help="decay a copy of the last checkpoint and write the model")
    parser.add_argument("--decay-share", type=float, default=0.15, help="steps of the decay per step taken so far")
    parser.add_argument("--decay-steps", type=int, help="steps of the decay, instead of a share")
    parser.add_argument("--steps", type=int, help="stop at this step; without it the run goes on until stopped")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop this process after so long")
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    parser.add_argument("--report-every", type=int, default=100)
    parser.add_argument("--evaluate-every", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(arguments)


def main():
    options = options_of()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.device == "cuda":
        torch.set_float32_matmul_precision("high")
    rungs = json.loads(Path(options.ladder).read_text(encoding="utf-8"))["rungs"]
    if options.rung not in rungs:
        raise ValueError(f"Expected one of {', '.join(rungs)}, got {options.rung}.")
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    run = Run(options, rungs[options.rung], finish_folder(out, options) if options.finish else out)
    train(run)
    if options.finish and run.ended():
        write_model(run)


if __name__ == "__main__":
    main()
