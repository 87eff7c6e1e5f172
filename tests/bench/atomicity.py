"""Is the weekly update atomic? Killed at fifty points of a build and its publication; switched under fifty readers.

After each kill a fresh process looks at what is left: the live snapshot and every earlier one must be what they are
without the kill, the next build must give the same, and the index must be the one that the records make. Under switches
every answer must be the one that its snapshot gives at rest. Last, the sample bank's index is made anew from its
records.

    python -m tests.bench.atomicity [--quick]
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from seatmate.adapters.dense import open_dense
from seatmate.domain.ports import Visible
from seatmate.ingest.flow import Stores, build, publish, reindex
from seatmate.settings import HOME, Settings
from tests.bench.switches import READERS, FollowsThePointer, opened, switched
from tests.ingest.update_weeks import PRODUCTS

CHILD = (sys.executable, "-m", "tests.ingest.killed_update")
OLD, NEW = 2, 4
"""What was live before the killed update, and what it publishes."""
QUICK_POINTS = (
    "index_reopen:1:after", "discard:1:inside", "add_knowledge:1:inside", "index_write:1:inside",
    "index_close:1:inside", "finish_build:1:after", "move_pointer:1:inside", "move_pointer:1:after",
)  # fmt: skip


# ── kills ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Kill:
    """At a write, which the process does to itself; or so many seconds after it said something, which we do to it."""

    point: str
    after: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Killed:
    kill: Kill
    died: bool
    last: str
    """What it said last."""
    faults: list[str]


def killed(work: Path, seed: int, points: int, products: int = PRODUCTS) -> dict[str, Any]:
    """Half of the points at every write, before, inside and after it; the other half at any time."""
    work.mkdir()
    base, undisturbed = work / "base", work / "undisturbed"
    child("prepare", base, str(seed), str(products))
    looks = json.loads(child("look", base))
    shutil.copytree(base, undisturbed)
    said = list(told(update(undisturbed)))
    looks |= json.loads(child("look", undisturbed))
    known = work / "known.json"
    known.write_text(json.dumps(looks, ensure_ascii=False), "utf-8")
    kills = drawn(said, Random(seed), points)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda n: one_kill(base, work / f"kill{n}", kills[n], known), range(len(kills))))
    return {
        "points": len(done),
        "died": sum(one.died for one in done),
        "undisturbed_s": round(said[-1][1], 3),
        "exact": sum(bool(one.kill.point) for one in done),
        "last_said": dict(Counter(one.last for one in done)),
        "went_wrong": sum(bool(one.faults) for one in done),
        "faults": [f"{one.kill}: {fault}" for one in done for fault in one.faults][:40],
    }


def drawn(said: Sequence[tuple[str, float]], rng: Random, points: int) -> list[Kill]:
    """`said` is what an undisturbed update said, and when."""
    if points <= len(QUICK_POINTS):
        return [Kill(point) for point in QUICK_POINTS[:points]]
    writes = [what.split() for what, _ in said if what[-1].isdigit()]
    exact = [f"{step}:{n}:{when}" for step, n in writes for when in ("before", "inside", "after")]
    exact.remove("index_reopen:1:inside")  # one call of the engine: the clock has to find its inside
    kills = [Kill(point) for point in rng.sample(exact, min(points // 2, len(exact)))]
    begun, write, close, end = said[0][1], dict(said)["write"], dict(said)["close"], said[-1][1]
    timed = points - len(kills)
    # Reading and planning take the most time and write nothing; letting the index go is short and writes much.
    parts = {(begun, write): timed // 5, (write, close): timed - 2 * (timed // 5), (close, end): timed // 5}
    times = [
        start + (stop - start) * (n + rng.random()) / count
        for (start, stop), count in parts.items()
        for n in range(count)
    ]
    for moment in times:
        after, at = max((one for one in said if one[1] <= moment), key=lambda one: one[1])
        kills.append(Kill("", after, moment - at))
    return kills


def one_kill(base: Path, home: Path, kill: Kill, known: Path) -> Killed:
    """A copy of the bank, updated and killed, and what a fresh process finds; the copy is removed."""
    shutil.copytree(base, home)
    process = update(home, kill.point)
    last = ""
    for what, _ in told(process):
        last = what
        if what == kill.after:
            time.sleep(kill.seconds)
            process.kill()
    died = process.wait() == -9
    faults = json.loads(child("judge", may_be_live(kill, last), known, home))
    shutil.rmtree(home)
    return Killed(kill, died, last, faults if died else [*faults, f"it did not die: exit status {process.returncode}"])


def may_be_live(kill: Kill, last: str) -> str:
    if kill.point.startswith("move_pointer"):
        return f"{NEW}" if kill.point.endswith("after") else f"{OLD}"
    if last in ("move_pointer 1 done", "close", "closed"):
        return f"{NEW}"
    return f"{OLD},{NEW}" if last == "move_pointer 1" else f"{OLD}"


def update(home: Path, point: str = "") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*CHILD, "update", home, *([point] if point else [])], stdout=subprocess.PIPE, text=True, cwd=HOME
    )


def told(process: "subprocess.Popen[str]") -> Iterator[tuple[str, float]]:
    """What it says, and how many seconds after its first word."""
    assert process.stdout is not None
    began = None
    with process.stdout as lines:
        for line in lines:
            now = time.perf_counter()
            began = now if began is None else began
            yield line.strip(), now - began
    process.wait()


def child(*words: str | Path) -> str:
    done = subprocess.run([*CHILD, *words], capture_output=True, text=True, check=False, cwd=HOME)
    if done.returncode:
        raise AssertionError(f"{words}: {done.stderr[-2_000:]}")
    return done.stdout


# ── a lost index ───────────────────────────────────────────────────────────────────────────────────────────────────


async def made_anew(work: Path, seed: int, count: int) -> dict[str, Any]:
    """The sample bank's weeks, with the embedder that ships: the top ten before the index is lost and after."""
    rows = [json.loads(line) for line in (HOME / "eval/suites/ask.jsonl").read_text("utf-8").splitlines()]
    rows = Random(seed).sample(rows, min(count, len(rows)))
    async with opened(work, open_dense(Settings().index.embedder)) as (_, _, stores):
        for folder in sorted((HOME / "corpus/drops").glob("20*")):
            await publish(stores.ledger, (await build(stores, folder)).snapshot)
        snapshots = [status.snapshot for status in await stores.ledger.snapshots()]
        before = [await top_ten(stores, row, n) for row in rows for n in snapshots]
        await stores.index.wipe()
        began = time.perf_counter()
        written = await reindex(stores)
        took = time.perf_counter() - began
        after = [await top_ten(stores, row, n) for row in rows for n in snapshots]
        there, wanted = await stores.index.count(), await stores.ledger.passage_count()
    differ = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    return {
        "questions": len(rows), "snapshots": len(snapshots), "compared": len(before), "passages": written,
        "missing": wanted - there, "seconds": round(took, 2), "top_10_differs": len(differ), "examples": differ[:3],
    }  # fmt: skip


async def top_ten(stores: Stores, row: dict[str, Any], snapshot: int) -> list[str]:
    vectors = await stores.encoder.encode_query(row["question"])
    visible = Visible(snapshot, datetime.fromisoformat(row["as_of"]), ("retail", "supervisor", "private_banking"))
    return [hit.passage_id for hit in await stores.index.search(vectors, visible, 10)]


def run(work: Path, seed: int, quick: bool) -> dict[str, object]:
    switches, readers = (12, 10) if quick else (100, READERS)
    blind = asyncio.run(switched(work / "blind", seed, 20, 10, retrieval=FollowsThePointer))
    return {
        "seed": seed,
        "kills": killed(work / "kills", seed, len(QUICK_POINTS) if quick else 50),
        "switches": asyncio.run(switched(work / "switches", seed, switches, readers)),
        "found_wrong_where_readers_follow_the_pointer": blind["went_wrong"],
        "index_made_anew": asyncio.run(made_anew(work / "anew", seed, 10 if quick else 40)),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(Path(folder), 20261124, "--quick" in sys.argv), ensure_ascii=False, indent=2))
