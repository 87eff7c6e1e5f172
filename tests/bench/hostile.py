"""Hostile and broken files, each read as a drop's files are read: how many were refused, read, or did any harm.

After every hostile file an honest one is read by the same reader, which must give the same text each time; at the end a
drop holds one file of each kind between honest ones. Times depend on the machine; what has to hold does not.

    python tests/bench/hostile.py [--quick]
"""

import csv
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.drop import read_drop
from seatmate.ingest.isolate import Limits, Reader, open_reader
from seatmate.testing.drops import FEE_V1, RATE
from seatmate.testing.hostile.kinds import KINDS, Kind, Outcome, hostile_files

FILES = 520
HONEST = (("fee.md", FEE_V1), ("rate.md", RATE))


def run(work: Path, seed: int, quick: bool) -> dict[str, object]:
    """Counts by outcome, what ended otherwise than its kind must, and the slowest files in seconds."""
    limits = Limits()
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    wrong: list[str] = []
    slowest: list[tuple[float, str]] = []
    harmed = files = 0
    with open_reader(limits) as reader:
        expected = [reader.read_bytes(text.encode(), name).text for name, text in HONEST]
        for kind, path in hostile_files(seed, work / "files", len(KINDS) if quick else FILES):
            if not (quick and kind.slow):
                files += 1
                started = time.perf_counter()
                outcome, reason = read(reader, path)
                slowest.append((round(time.perf_counter() - started, 2), kind.name))
                outcomes[outcome] += 1
                reasons[reason] += 1
                wrong += [f"{path.parent.name}: {outcome}, {reason}"] if not as_expected(kind, outcome) else []
                harmed += [reader.read_bytes(text.encode(), name).text for name, text in HONEST] != expected
            shutil.rmtree(path.parent)
    return {
        "seed": seed,
        "kinds": len(KINDS) - (sum(kind.slow for kind in KINDS) if quick else 0),
        "files": files,
        "outcomes": dict(outcomes),
        "not_as_expected": wrong,
        "honest_files_harmed": harmed,
        "without_a_reason": reasons[""] - outcomes[Outcome.TEXT],
        "reasons": dict(reasons.most_common(12)),
        "limit_s": limits.seconds,
        "slowest_s": sorted(slowest, reverse=True)[:8],
        "p50_s": sorted(slowest)[len(slowest) // 2][0],
        "in_one_drop": in_one_drop(work / "drop", seed, expected),
    }


def read(reader: Reader, path: Path) -> tuple[str, str]:
    """What came of a file, and the reason without its figures and names."""
    try:
        document = reader.read(path)
    except UnreadableDocument as refused:
        return Outcome.REFUSED, refused.detail.split(" (")[0].split(": ")[0]
    except Exception as error:  # noqa: BLE001
        return "crash", repr(error)
    exact = "\n".join(document.text[block.start : block.end] for block in document.blocks) == document.text
    return (Outcome.TEXT, "") if document.text and exact else ("wrong text", "")


def as_expected(kind: Kind, outcome: str) -> bool:
    if kind.expected is Outcome.EITHER:
        return outcome in (Outcome.TEXT, Outcome.REFUSED)
    return outcome == kind.expected


def in_one_drop(folder: Path, seed: int, expected: Sequence[str]) -> dict[str, int]:
    """One drop of every quick kind, an honest file after each: what was read, refused, and harmed."""
    folder.mkdir(parents=True)
    rows: list[tuple[str, str, str]] = []
    honest = 0
    for kind, path in hostile_files(seed, folder / "in", 1):
        if kind.slow:
            shutil.rmtree(path.parent)
            continue
        rows.append((path.relative_to(folder).as_posix(), kind.name, "retail"))
        name, text = HONEST[honest % 2]
        (folder / f"{honest}-{name}").write_text(text, encoding="utf-8")
        rows.append((f"{honest}-{name}", f"honest-{honest}", "retail"))
        honest += 1
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows([("path", "doc_id", "scope"), *rows])
    drop = read_drop(folder, (), {})
    read_as = {d.doc_id: d.text for d in drop.documents}
    whole = sum(read_as.get(f"honest-{at}") == expected[at % 2] for at in range(honest))
    return {"honest": honest, "honest_read": whole, "documents": len(drop.documents), "refused": len(drop.refused)}


def main() -> None:
    with tempfile.TemporaryDirectory() as work:
        print(json.dumps(run(Path(work), 20261123, "--quick" in sys.argv), ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
