"""Public text for pretraining and for the tokenizer, read from the files that the recipe names.

A missing file is skipped and said so: the recipe then trains on less, and the card lists what was really read.
"""

import hashlib
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seatmate_tune.recipe import Source

log = logging.getLogger(__name__)


def rows(path: Path, limit: int) -> Iterator[dict[str, Any]]:
    """The first rows of a `.jsonl.zst`."""
    import zstandard

    with path.open("rb") as raw:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8")
        for number, line in enumerate(lines):
            if number >= limit:
                return
            yield json.loads(line)


def texts(source: Source) -> Iterator[str]:
    """The documents of a source, as plain text."""
    if not source.path.exists():
        log.warning("not there, skipped: %s", source.path)
        return
    for row in rows(source.path, source.rows):
        if source.kind == "text":
            yield str(row["text"])
        elif source.kind == "turns":
            yield "\n".join(
                f"{'客户' if i % 2 == 0 else '坐席'}：{turn['text']}" for i, turn in enumerate(row["turns"])
            )
        elif source.kind == "passages":
            yield f"{row['title']}\n{row['passage']}\n" + "\n".join(
                f"问：{qa['question']}\n答：{qa['answers'][0]}" for qa in row["qas"] if qa["answers"]
            )
        else:
            yield "\n".join(str(row[key]) for key in ("instruction", "input", "output", "text") if row.get(key))


def data_hashes(sources: tuple[Source, ...]) -> dict[str, str]:
    """sha256 by file name, of the files that are there."""
    return {
        f"{s.path.parent.name}/{s.path.name}": hashlib.sha256(s.path.read_bytes()).hexdigest()
        for s in sources
        if s.path.exists()
    }
