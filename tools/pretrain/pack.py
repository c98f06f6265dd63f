"""Carry files to and from a machine that takes only small ones: one archive, cut into parts, checked when joined.

    python tools/pretrain/pack.py pack FOLDER --out DIR [--names a b] [--part-mib 60]
    python tools/pretrain/pack.py unpack DIR [DIR ...] --out FOLDER

Parts may arrive in several folders; unpack takes them all and refuses when one is missing or damaged.
"""

import argparse
import hashlib
import io
import json
import lzma
import tarfile
from pathlib import Path

# Token ids and half-precision weights are pairs of bytes, so the place within a pair says more than the byte before.
PAIRS_OF_BYTES = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 2**26, "lc": 0, "lp": 1, "pb": 1}]


def pack(folder, names, out, part_mib):
    """Write part-000, part-001, … and manifest.json, which goes along with the first part."""
    chosen = names or sorted(path.name for path in Path(folder).iterdir())
    buffer = io.BytesIO()
    with lzma.open(buffer, "wb", filters=PAIRS_OF_BYTES) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for name in chosen:
            archive.add(Path(folder) / name, arcname=name)
    content, size = buffer.getvalue(), round(part_mib * 2**20)
    parts = [content[begin : begin + size] for begin in range(0, len(content), size)]
    Path(out).mkdir(parents=True, exist_ok=True)
    for i, part in enumerate(parts):
        (Path(out) / f"part-{i:03d}").write_bytes(part)
    manifest = {"parts": [hashlib.sha256(part).hexdigest() for part in parts]}
    (Path(out) / "manifest.json").write_text(json.dumps(manifest) + "\n", encoding="utf-8")
    print(f"{len(content) / 2**20:.1f} MiB in {len(parts)} parts")


def find(folders, name):
    """The first folder's file of this name; fails when none has it."""
    for folder in folders:
        if (Path(folder) / name).exists():
            return (Path(folder) / name).read_bytes()
    raise FileNotFoundError(f"Expected {name} in {', '.join(map(str, folders))}. Carry it over and unpack again.")


def unpack(folders, out):
    """Join the parts, check each, and write the files."""
    content = b""
    for i, expected in enumerate(json.loads(find(folders, "manifest.json"))["parts"]):
        part = find(folders, f"part-{i:03d}")
        if hashlib.sha256(part).hexdigest() != expected:
            raise ValueError(f"Expected part-{i:03d} to be unchanged, its SHA-256 differs. Carry it over again.")
        content += part
    Path(out).mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:xz") as archive:
        archive.extractall(out, filter="data")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    packing = verbs.add_parser("pack")
    packing.add_argument("folder")
    packing.add_argument("--names", nargs="*", help="files or folders in FOLDER; all without it")
    packing.add_argument("--part-mib", type=float, default=60)
    unpacking = verbs.add_parser("unpack")
    unpacking.add_argument("folders", nargs="+")
    for verb in (packing, unpacking):
        verb.add_argument("--out", required=True)
    options = parser.parse_args()
    if options.verb == "pack":
        pack(options.folder, options.names, options.out, options.part_mib)
    else:
        unpack(options.folders, options.out)


if __name__ == "__main__":
    main()
