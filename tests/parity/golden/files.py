"""Writing fixtures: JSON that diffs well and safetensors that come out the same every time.

Numbers are written with nine significant digits, which gives back the same float32.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def plain(value):
    """Turn tensors, tuples and what they hold into JSON values, floats cut to nine significant digits."""
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def write_json(path: Path, document: dict) -> None:
    """Write a JSON object with one line for each of its keys, and for each entry of a list of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"  {json.dumps(key)}: {json_value(plain(item))}" for key, item in document.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def json_value(item) -> str:
    if isinstance(item, list) and item and all(isinstance(entry, dict) for entry in item):
        return "[\n" + ",\n".join(f"    {json.dumps(entry)}" for entry in item) + "\n  ]"
    return json.dumps(item)


def write_json_lines(path: Path, rows: list) -> None:
    """Write one JSON object per line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(plain(row)) + "\n" for row in rows), encoding="utf-8")


def write_tensors(path: Path, tensors: dict) -> None:
    """Write tensors in their own dtype, contiguous, as one safetensors file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}, str(path))
