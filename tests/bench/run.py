"""`make bench`: every measurement, each topic in a process of its own; a table of what must hold and what was measured.

    python tests/bench/run.py [TOPIC …]

Leaves var/bench/results.json. A topic is a module beside this one that prints its figures as JSON. Times are wall clock
on whatever machine this is; what compares is the ratio to a peer of the same run.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "var" / "bench" / "results.json"
TOPICS = (
    "retrieval",
    "figures",
    "as_of",
    "permission",
    "atomicity",
    "deliveries",
    "hostile",
    "facts",
    "redaction",
    "compliance",
    "records",
    "orders",
    "speed",
    "engine",
    "serving",
)


def main() -> None:
    topics = sys.argv[1:] or TOPICS
    if unknown := set(topics) - set(TOPICS):
        sys.exit(f"no such topic: {', '.join(sorted(unknown))}; there are {', '.join(TOPICS)}")
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    for topic in topics:
        began = time.perf_counter()
        print(f"{topic} …", file=sys.stderr, flush=True)
        figures = measured(topic)
        results[topic] = {"machine": machine(), "took_s": round(time.perf_counter() - began, 1), "figures": figures}
        RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=2), "utf-8")
    show({topic: results[topic] for topic in topics})
    print(RESULTS)


def measured(topic: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"tests.bench.{topic}"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        return {"failed": f"exit status {done.returncode}"}
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return found


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return {"cpu": next(names, platform.processor()), "cores": os.cpu_count(), "python": platform.python_version()}


def show(results: dict[str, Any]) -> None:
    table = Table("topic", "figure", "measured", title_justify="left")
    for topic, result in results.items():
        for name, value in flat(result["figures"]):
            table.add_row(topic, name, value)
        table.add_row(topic, "took", f"{result['took_s']} s", end_section=True)
    Console().print(table)


def flat(figures: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Nested figures as lines; long lists are left to the JSON."""
    for name, value in figures.items():
        place = f"{above}{name}"
        if isinstance(value, dict):
            yield from flat(value, f"{place} · ")
        elif not isinstance(value, list):
            yield place, str(value)


if __name__ == "__main__":
    main()
