"""MANIFEST.sha256: `sha256  filename` of all other files of a folder; serving refuses what does not match."""

import hashlib
from pathlib import Path

NAME = "MANIFEST.sha256"


def write_manifest(folder: Path) -> None:
    files = sorted(f for f in folder.iterdir() if f.is_file() and f.name != NAME)
    lines = [f"{sha256(file)}  {file.name}\n" for file in files]
    (folder / NAME).write_text("".join(lines), encoding="utf-8")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
