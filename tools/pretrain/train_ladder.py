"""Several rungs within a time limit, for a machine that is lent for minutes: train side by side, decay by the clock, pack.

    python tools/pretrain/train_ladder.py --data DIR --out DIR --minutes 8 --rungs encoder-l2-d64 encoder-l4-d128-gpu
        [--packed DIR] [-- more arguments of train.py]

Every rung is a process of its own that knows when it has to be done. The same command goes on after an interruption, with
the minutes it is then given. --packed gets the finished models as archives of 15 MiB (pack.py), small enough to carry back.
A rung that fails does not stop the others; the exit status is 1 then, and its output is in DIR/RUNG.txt.
"""

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path

from pack import pack

PART_MIB = 15
# The part of the time kept back for the last evaluation, writing and packing, and its most seconds. After half of it, processes
# that are late are ended.
RESERVE_SHARE = 0.2
MOST_RESERVE = 30


def start(options, rung, seconds):
    """train.py on one rung, its output in a file."""
    minutes = ["--within", seconds / 60, "--checkpoint-minutes", min(1, seconds / 240)]
    places = ["--rung", rung, "--data", options.data, "--out", Path(options.out) / rung]
    command = [sys.executable, Path(__file__).with_name("train.py"), *places, *minutes, *options.more]
    with (Path(options.out) / f"{rung}.txt").open("w", encoding="utf-8") as output:
        return subprocess.Popen([str(part) for part in command], stdout=output, stderr=subprocess.STDOUT)


def await_all(processes, deadline):
    """Wait until every process has ended; those that are late are killed. Returns the failed rungs."""
    while any(p.poll() is None for p in processes.values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in processes.values():
        process.kill()
    return [rung for rung, process in processes.items() if process.wait() != 0]


def finished(out, rungs):
    """What comes back of each rung: model, run.json and log, relative to `out`; without optimizer and checkpoint."""
    models = [folder for rung in rungs for folder in sorted((out / rung).glob("finished-*/model"))]
    return [str((m.parent / name).relative_to(out)) for m in models for name in ("model", "run.json", "log.jsonl")]


def last_lines(path, count=8):
    """The end of a text file."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])


def options_of():
    """The command line; what follows `--` goes to train.py."""
    arguments = [*sys.argv[1:], "--"]
    own, more = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 : -1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder written by prepare.py")
    parser.add_argument("--out", required=True, help="a folder per rung")
    parser.add_argument("--minutes", type=float, required=True, help="for everything, from now on")
    parser.add_argument("--rungs", nargs="+", required=True)
    parser.add_argument("--packed", help="folder for the finished models' archives")
    options = parser.parse_args(own)
    options.more = more
    return options


def main():
    began, options = time.monotonic(), options_of()
    out, seconds = Path(options.out), options.minutes * 60
    reserve = min(MOST_RESERVE, RESERVE_SHARE * seconds)
    out.mkdir(parents=True, exist_ok=True)
    processes = {rung: start(options, rung, seconds - reserve) for rung in options.rungs}
    signal.signal(signal.SIGTERM, lambda *_: [p.send_signal(signal.SIGTERM) for p in processes.values()])
    failed = await_all(processes, began + seconds - reserve / 2)
    names = finished(out, options.rungs)
    if options.packed and names:
        pack(out, names, options.packed, PART_MIB)
    for rung in options.rungs:
        print(f"== {rung}{': FAILED' if rung in failed else ''}\n{last_lines(out / f'{rung}.txt')}", flush=True)
    print(f"{len(names) // 3} models of {len(options.rungs)} rungs in {time.monotonic() - began:.0f} s", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
