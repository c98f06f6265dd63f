"""The studio's own command line, called from Python: trainings and predictions with the tfjs wasm backend. No PyTorch in it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def missing():
    """Why the studio cannot be called here, or None."""
    if shutil.which("node") is None:
        return "Node.js is not installed"
    return None if (ROOT / "node_modules").exists() else "npm ci has not been run in the repository"


def studio(verb, *arguments):
    """Run one command with --json; returns the lines it printed as objects. Fails with what it said when it fails."""
    command = ["node", ROOT / "tools/cli.mjs", verb, *arguments, "--backend", "wasm", "--json"]
    surroundings = {name: value for name, value in os.environ.items() if name != "INIT_CWD"}
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env=surroundings, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed: {done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
