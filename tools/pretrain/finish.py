"""The end of a run: the folder in which its last checkpoint decays, and the model that it leaves behind."""

import copy
import json
from pathlib import Path

from checkpoint import load, save_atomically
from evaluate import evaluate


def decay_folder(out, options):
    """The folder where the last checkpoint decays; one left half-way is taken up again."""
    unfinished = [f for f in out.glob("finished-*") if not (f / "model").exists() and (f / "checkpoint.pt").exists()]
    if unfinished:
        return max(unfinished, key=lambda f: f.stat().st_mtime)
    state = load(out / "checkpoint.pt")
    if state is None:
        raise FileNotFoundError(f"Expected a checkpoint in {out}. Train first, then finish.")
    folder = out / f"finished-{state['step']}"
    if (folder / "model").exists():
        raise FileExistsError(f"Expected a step after {state['step']}, which is finished: see {folder}. Train on first.")
    steps = options.decay_steps or max(1, round(options.decay_share / (1 - options.decay_share) * state["step"]))
    copy_log(out, folder)
    save_atomically(folder / "checkpoint.pt", {**state, "decay": {"from": state["step"], "steps": steps}})
    return folder


def copy_log(out, folder):
    """Begin a finished run's log with that of the run."""
    folder.mkdir(exist_ok=True)
    (folder / "log.jsonl").write_text((out / "log.jsonl").read_text(encoding="utf-8"), encoding="utf-8")


def write_finished(run, folder):
    """Write what export.py reads: model (half precision), run.json and log.jsonl. The model comes last, whole."""
    if (folder / "model").exists():
        print(f"finished before: {folder / 'model'}", flush=True)
        return
    run.log.add(step=run.step, final=True, **evaluate(run.objective.model, run.store, run.ordered))
    if folder != run.out:
        copy_log(run.out, folder)
    record = {"rung": run.rung, "step": run.step, "seconds": round(run.seconds), "precision": run.options.precision}
    (folder / "run.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
    beside = Path(folder) / "model.writing"
    copy.deepcopy(run.objective.model).half().save_pretrained(beside)
    beside.rename(folder / "model")
    print(f"model in {folder / 'model'}", flush=True)
