"""The learning rate of a step: warm up, stay, then decay, by steps when a run is finished or by the clock when its time is limited.

A run without an end can be stopped at any step and decayed later; see Hägele et al., "Scaling Laws and Compute-Optimal
Training Beyond Fixed Training Durations" (2024), for the schedule and its decay by 1 - sqrt.
"""

import math
import time
from dataclasses import dataclass

WARMUP_SHARE = 0.05


@dataclass
class Clock:
    """The seconds that a run may take from `started` on, and the part of it, `done`, that earlier processes had behind them.

    What is left of the run is spread over the seconds of this process. So a run that was killed and goes on with other time
    than planned still ends with its rate at 0.
    """

    seconds: float
    started: float
    done: float = 0.0

    def progress(self):
        """The part of the run that is over, between 0 and 1."""
        passed = (time.monotonic() - self.started) / self.seconds
        return min(1.0, self.done + (1 - self.done) * passed)


def decayed(done):
    """What is left of the rate when this part of the decay is over."""
    return 1 - math.sqrt(min(1.0, max(0.0, done)))


def learning_rate(rung, step, progress, decay, share):
    """Rate of a step.

    `progress` is the part of a run by the clock that is over, 0 without a clock: its rate has risen after WARMUP_SHARE at the
    latest and decays over the last `share`. `decay` is None, or the first step and the number of steps of a decay by steps.
    """
    risen = min(1.0, max((step + 1) / rung["warmup"], progress / WARMUP_SHARE))
    rate = rung["learningRate"] * risen * decayed((progress - 1 + share) / share)
    if decay is not None:
        rate *= decayed((step - decay["from"]) / decay["steps"])
    return rate
