"""A model in training: weights, optimizer and its place in the run, from a checkpoint where there is one. No loop, no clock."""

import json
import random

import torch

from batches import decoder_batch, encoder_batch, generator_for
from checkpoint import Log, load, save_atomically
from models import build
from objectives import DecoderObjective, EncoderObjective
from optimizer import make_optimizer, update
from precision import arithmetic
from schedule import learning_rate
from tokens import TokenStore

FIXED = ("architecture", "layers", "width", "heads", "feedForward", "batchTokens")


class Run:
    """Everything that a checkpoint holds, and one step of it.

    `progress` is the part of a run by the clock that is over; `decay` is None or the first step and the number of steps of a
    decay by steps.
    """

    def __init__(self, options, rung, out):
        self.options, self.rung, self.out = options, rung, out
        self.store = TokenStore(options.data, options.device)
        self.encoder = rung["architecture"] == "encoder"
        self.ordered = TokenStore(options.data, options.device, part="ordered") if self.encoder else None
        torch.manual_seed(options.seed)
        self.step, self.seconds, self.progress, self.decay = 0, 0.0, 0.0, None
        state = load(out / "checkpoint.pt")
        model = build(rung, self.store, options.start if state is None else "random")
        objective = EncoderObjective if self.encoder else DecoderObjective
        self.objective = objective(model, self.store.frequencies).to(options.device).train()
        self.optimizer = make_optimizer(self.objective, options.fused)
        if state is not None:
            self.restore(state)
        self.log = Log(out / "log.jsonl", self.step)
        self.log.add(step=self.step, start=options.start, hardware=hardware(options.device), precision=options.precision)
        self.loss = torch.compile(self.objective) if options.compile else self.objective

    def state(self):
        """What a checkpoint holds. The batch of a step follows from seed and step, so no generator is kept."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "progress": self.progress,
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
        self.progress = state["progress"]

    def batch(self):
        """The batch of the present step: its length, then its rows, from seed and step alone."""
        lengths = self.rung["lengths"]
        drawn = random.Random(f"{self.options.seed} {self.step}").choices(list(lengths), list(lengths.values()))[0]
        tokens, generator = int(drawn), generator_for(self.store.device, self.options.seed, self.step)
        rows = max(1, self.rung["batchTokens"] // tokens)
        if self.encoder:
            return encoder_batch(self.store, rows, tokens, self.rung["mask"], generator)
        return decoder_batch(self.store, rows, tokens, generator)

    def rate(self):
        """The learning rate of the present step."""
        return learning_rate(self.rung, self.step, self.progress, self.decay, self.options.decay_share)

    def advance(self):
        """One update; returns the parts of its loss."""
        with arithmetic(self.options.precision, self.options.device):
            total, parts = self.loss(self.batch())
        total.backward()
        update(self.optimizer, self.rate())
        self.step += 1
        return parts

    def save(self):
        """Write the checkpoint."""
        save_atomically(self.out / "checkpoint.pt", self.state())

    def decayed(self):
        """Whether the decay is over, by steps or by the clock."""
        return self.progress >= 1 or (self.decay is not None and self.step >= self.decay["from"] + self.decay["steps"])

    def ended(self):
        """Whether the decay is over, or the step asked for is reached."""
        return self.decayed() or (self.options.steps is not None and self.step >= self.options.steps)


def hardware(device):
    """The training machine in words."""
    if device == "cuda":
        return f"one {torch.cuda.get_device_name()}"
    cores = torch.get_num_threads()
    return f"{cores} CPU core{'' if cores == 1 else 's'}"
