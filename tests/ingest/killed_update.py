"""A weekly update in a process of its own, for atomicity to kill, and the look at what it left.

    python killed_update.py prepare HOME SEED        two published weeks and a candidate that nobody published
    python killed_update.py update HOME [POINT]      builds and publishes the next week; says each step as it comes to it
    python killed_update.py judge HOME LIVE KNOWN    what is wrong with HOME, one of LIVE (2, 4 or 2,4) being live
    python killed_update.py look HOME                what the readers of each snapshot find, as JSON

KNOWN is a file with the looks of an update that nobody disturbed. A POINT is `step:n:when`: at the n-th call of a write
of the records or of the index, `before`, `inside` or `after` it, the process kills itself.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, event

from seatmate.adapters.dense import HashedGrams
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.builds import BuildReport
from seatmate.domain.errors import NotFound
from seatmate.domain.knowledge import BANK_ZONE, Product, SnapshotState
from seatmate.domain.ports import IndexPoint, NewKnowledge, Visible
from seatmate.ingest.flow import Stores, build, publish, reindex
from seatmate.testing.drops import drop

PRODUCTS = 48
QUERIES = 40
EVERYONE = ("retail", "private_banking")
MOMENTS = tuple(datetime(2026, 11, day, 10, tzinfo=BANK_ZONE) for day in (1, 10, 30))
"""One in the days of each week's text."""
BEGINS = {"w1": date(2026, 10, 1), "w2": date(2026, 11, 9), "spare": date(2026, 11, 12), "w3": date(2026, 11, 16)}
_NOISE = 0.001
"""Of scores around 20."""
Look = dict[str, Any]


# ── the bank ───────────────────────────────────────────────────────────────────────────────────────────────────────


def write_weeks(home: Path, seed: int) -> None:
    """In every week some texts change; one is new, one withdrawn, one superseded, one renamed, one comes back."""
    texts = {name: sheets(name, seed) for name in BEGINS}
    for week, (name, day) in enumerate(BEGINS.items()):
        files: dict[str, str] = {}
        rows = []
        for doc_id, (text, revised) in texts[name].items():
            path = f"{'moved/' if week and doc_id == 'p1' else ''}{doc_id}.md"
            files[path] = text
            number = int(doc_id[1:])
            rows.append(
                {
                    "path": path, "doc_id": doc_id, "title": f"{product_name(number)}产品说明书", "doc_type": "产品说明书",
                    "product_codes": product_code(number), "scope": "private_banking" if number % 7 == 6 else "retail",
                    "valid_from": revised.isoformat(), "published_at": f"{day.isoformat()}T09:00:00+08:00",
                    "supersedes": f"p{week}" if number == PRODUCTS + week else "",
                }
            )  # fmt: skip
        # Says another minimum amount than the product's own sheet: the product is withheld.
        files["odd.md"] = f"# 起购金额提示\n\n{product_name(5)}（{product_code(5)}）的起购金额为777元。\n"
        rows.append(
            {
                "path": "odd.md", "doc_id": "odd", "title": "起购金额提示", "doc_type": "公告",
                "product_codes": product_code(5), "scope": "retail", "valid_from": "2026-10-01",
                "published_at": f"{day.isoformat()}T09:00:00+08:00",
            }
        )  # fmt: skip
        drop(home / "drops" / name, files, rows)


def sheets(name: str, seed: int) -> dict[str, tuple[str, date]]:
    """doc_id → its text in that week, and since when it says so."""
    week = list(BEGINS).index(name)
    made = {}
    for number in [*range(PRODUCTS), *([PRODUCTS + week] if week else [])]:
        if (week and number == 2 * week) or (week == 3 and number == 9):
            continue  # withdrawn; or superseded, by the one that is new
        revision = {"w1": "w1", "w2": "w2" if number % 3 == 0 else "w1"}.get(name, name if number % 2 == 0 else "w1")
        if number == 12:  # comes back in the third week
            revision = "w2" if name == "w2" else "w1"
        made[f"p{number}"] = (sheet(number, Random(f"{seed} {number} {revision}")), BEGINS[revision])
    return made


def sheet(number: int, rng: Random) -> str:
    rate, days = rng.randrange(105, 420) / 100, rng.choice((7, 30, 90, 180, 365))
    rows = {
        "风险等级": f"R{rng.randrange(1, 5)}",
        "产品期限": f"{days}天",
        "起购金额": f"{rng.randrange(1, 90) * 1000:,}元",
        "业绩比较基准": f"年化{rate:.2f}%",
        "固定管理费": f"{rng.randrange(1, 60) / 100:.2f}%",
        "托管费": f"{rng.randrange(1, 9) / 100:.2f}%",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return (
        f"# {product_name(number)}产品说明书\n\n产品代码：{product_code(number)}。\n\n## 要素\n\n| 项目 | 内容 |\n|---|---|\n{table}\n\n"
        f"## 赎回\n\n{product_name(number)}持有满{days}天后每个工作日可以赎回，资金T+{rng.randrange(1, 4)}到账。"
        f"单日赎回上限为{rng.randrange(10, 900)}万元。\n"
    )


def product_name(number: int) -> str:
    first, second = "春夏秋冬晨暮星月"[number % 8], "云海山川松竹梅兰"[number // 8]
    return f"{first}{second}稳盈{(number % 5 + 1) * 30}天"


def product_code(number: int) -> str:
    return f"YCTS{number:04d}"


def questions(seed: int) -> list[tuple[str, Visible]]:
    """What is asked, and when and by whom; the snapshot is filled in where it is asked."""
    rng = Random(f"questions {seed}")
    asked = []
    for _ in range(QUERIES):
        what = rng.choice(("起购金额多少", "风险等级是几级", "业绩比较基准", "几天到账", "管理费怎么收", "上限"))
        scopes = rng.choice((("retail",), EVERYONE))
        name = product_name(rng.randrange(PRODUCTS))
        asked.append((f"{name}{what}", Visible(0, rng.choice(MOMENTS), scopes, rng.random() < 0.8)))
    return asked


# ── the update, and where it dies ──────────────────────────────────────────────────────────────────────────────────


class Dying:
    """Says each write as it begins and ends, and dies at its point."""

    def __init__(self, point: str) -> None:
        self._step, number, self._when = point.split(":") if point else ("", "0", "")
        self._number = int(number)
        self._calls: dict[str, int] = {}
        self._now = ""

    @contextmanager
    def at(self, step: str) -> Iterator[bool]:
        """Around a write; gives whether it has to die inside."""
        self._calls[step] = self._calls.get(step, 0) + 1
        say(f"{step} {self._calls[step]}")
        self._now = step
        self._die(step, "before")
        yield self._dies(step, "inside")
        self._now = ""
        self._die(step, "after")
        say(f"{step} {self._calls[step]} done")

    def at_commit(self, connection: object) -> None:
        """Everything is written, nothing is kept yet."""
        self._die(self._now, "inside")

    def _dies(self, step: str, when: str) -> bool:
        return (step, self._calls.get(step), when) == (self._step, self._number, self._when)

    def _die(self, step: str, when: str) -> None:
        if self._dies(step, when):
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def say(what: str) -> None:
    os.write(1, f"{what}\n".encode())


class DyingKnowledge(SqlKnowledge):
    def __init__(self, engine: Engine, dying: Dying) -> None:
        super().__init__(engine)
        self._dying = dying
        event.listen(engine, "commit", dying.at_commit)

    async def begin_snapshot(self, drop: str) -> int:
        with self._dying.at("begin_snapshot"):
            return await super().begin_snapshot(drop)

    async def add_knowledge(self, snapshot: int, new: NewKnowledge) -> None:
        with self._dying.at("add_knowledge"):
            await super().add_knowledge(snapshot, new)

    async def close_documents(self, snapshot: int, doc_ids: Sequence[str]) -> None:
        with self._dying.at("close_documents"):
            await super().close_documents(snapshot, doc_ids)

    async def set_products(self, snapshot: int, products: Sequence[Product]) -> None:
        with self._dying.at("set_products"):
            await super().set_products(snapshot, products)

    async def finish_build(self, report: BuildReport) -> None:
        with self._dying.at("finish_build"):
            await super().finish_build(report)

    async def discard(self, snapshot: int) -> None:
        with self._dying.at("discard"):
            await super().discard(snapshot)

    async def move_pointer(self, snapshot: int) -> SnapshotState:
        with self._dying.at("move_pointer"):
            return await super().move_pointer(snapshot)


class DyingIndex(QdrantEdgeIndex):
    def __init__(self, folder: Path, encoder: HybridEncoder, dying: Dying) -> None:
        super().__init__(folder, encoder.dimensions, encoder.fingerprint)
        self._dying = dying

    async def write(self, points: Sequence[IndexPoint]) -> None:
        with self._dying.at("index_write") as dies:
            await super().write(points[: len(points) // 2] if dies else points)
            if dies:
                die()

    async def close_points(self, passage_ids: Sequence[str], snap_to: int) -> None:
        with self._dying.at("index_close") as dies:
            await super().close_points(passage_ids[: len(passage_ids) // 2] if dies else passage_ids, snap_to)
            if dies:
                die()

    async def reopen_points(self, snap_to: int) -> None:
        with self._dying.at("index_reopen"):
            await super().reopen_points(snap_to)


async def prepare(home: Path, seed: int) -> None:
    write_weeks(home, seed)
    (home / "seed").write_text(str(seed))
    engine = open_engine(f"sqlite:///{home / 'records.db'}")
    upgrade(engine)
    engine.dispose()
    async with opened(home) as stores:
        for name in ("w1", "w2"):
            report = await build(stores, home / "drops" / name)
            await publish(stores.ledger, report.snapshot)
        await build(stores, home / "drops" / "spare")


async def update(home: Path, point: str) -> None:
    dying = Dying(point)
    engine = open_engine(f"sqlite:///{home / 'records.db'}")
    encoder = HybridEncoder(SparseEncoder(), HashedGrams())
    index = DyingIndex(home / "index", encoder, dying)
    stores = Stores(DyingKnowledge(engine, dying), index, encoder)
    report = await build(stores, home / "drops" / "w3", told=say)
    say("publish")
    await publish(stores.ledger, report.snapshot)
    await index.aclose()
    say("published")


@asynccontextmanager
async def opened(home: Path) -> AsyncIterator[Stores]:
    encoder = HybridEncoder(SparseEncoder(), HashedGrams())
    engine = open_engine(f"sqlite:///{home / 'records.db'}")
    index = QdrantEdgeIndex(home / "index", encoder.dimensions, encoder.fingerprint)
    try:
        yield Stores(SqlKnowledge(engine), index, encoder)
    finally:
        await index.aclose()
        engine.dispose()


# ── the look afterwards ────────────────────────────────────────────────────────────────────────────────────────────


async def looks(home: Path) -> dict[str, Look]:
    """Of every snapshot, an unpublished one too."""
    seed = int((home / "seed").read_text())
    async with opened(home) as stores:
        return {str(s.snapshot): await look(stores, s.snapshot, seed) for s in await stores.ledger.snapshots()}


async def look(stores: Stores, snapshot: int, seed: int) -> Look:
    """Everything that a reader of this snapshot can be told, in the shapes of JSON."""
    ledger = stores.ledger
    withheld = await ledger.withheld(snapshot)
    hits: dict[str, list[Any]] = {}
    for n, (question, asker) in enumerate(questions(seed)):
        visible = Visible(snapshot, asker.as_of, asker.scopes, asker.in_force_only, withheld)
        found = await stores.index.search(await stores.encoder.encode_query(question), visible, 10)
        passages = await ledger.passages([hit.passage_id for hit in found])
        hits[f"{n} {question}"] = [
            [hit.score, p.doc_id, p.version, p.start, p.text, str(p.validity.until)] if p else [hit.score, "nothing"]
            for hit in found
            for p in [passages.get(hit.passage_id)]
        ]
    documents = [
        [d.doc_id, d.version, str(d.validity.since), str(d.validity.until), d.superseded, d.path, d.text]
        for d in await ledger.documents_at(snapshot)
    ]
    facts = [
        [f.product_code, f.attribute.value, f.doc_id, f.version, f.value, f.start, str(f.validity.until)]
        for f in await ledger.facts_at(snapshot)
    ]
    everything = Visible(snapshot, MOMENTS[0], EVERYONE, in_force_only=False)
    return {
        "documents": sorted(documents),
        "facts": sorted(facts),
        "products": [[p.code, p.name, list(p.aliases), list(p.scope)] for p in await ledger.products_at(snapshot)],
        "withheld": list(withheld),
        "hits": hits,
        "points": await stores.index.count(everything),
        "passages": sum((await ledger.passage_counts(snapshot)).values()),
    }


async def judge(home: Path, may_be_live: Sequence[int], known: dict[str, Look]) -> list[str]:
    """What is wrong after a kill, as whoever opens the stores next would find it; nothing if all is well."""
    seed = int((home / "seed").read_text())
    faults = await faults_of_the_candidate(home, known)
    async with opened(home) as stores:
        live = await stores.ledger.live_snapshot()
        if live not in may_be_live:
            faults.append(f"snapshot {live} is live, not one of {may_be_live}")
        published = [s.snapshot for s in await stores.ledger.snapshots() if s.state is not SnapshotState.CANDIDATE]
        for when in ("at once", "after the start's refill"):
            for number in published:
                faults += compared(f"{when}, snapshot {number}", await look(stores, number, seed), known[str(number)])
            await reindex(stores)
        report = await build(stores, home / "drops" / "w3")
        await publish(stores.ledger, report.snapshot)
        again = await look(stores, report.snapshot, seed)
        faults += compared("the next build", without_numbers(again), without_numbers(known["4"]))
        faults += await faults_of_the_index(stores)
        published = [s.snapshot for s in await stores.ledger.snapshots()]
        before = {number: await look(stores, number, seed) for number in published}
        await stores.index.wipe()
        await reindex(stores)
        faults += await faults_of_the_index(stores)
        for number in published:
            faults += compared(f"made anew, snapshot {number}", await look(stores, number, seed), before[number])
    return faults


async def faults_of_the_candidate(home: Path, known: dict[str, Look]) -> list[str]:
    """If it is said to be finished, publishing it must give it whole; else it must be refused. Tried on a copy."""
    copy = home.with_name(f"{home.name}-published")
    shutil.copytree(home, copy)
    seed = int((home / "seed").read_text())
    faults = []
    async with opened(copy) as stores:
        await reindex(stores)  # as at every start
        for status in await stores.ledger.snapshots():
            if status.state is SnapshotState.CANDIDATE:
                try:
                    await publish(stores.ledger, status.snapshot)
                except NotFound:
                    continue
                found = await look(stores, status.snapshot, seed)
                faults += compared(f"candidate {status.snapshot}, published", found, known[str(status.snapshot)])
    shutil.rmtree(copy)
    return faults


async def faults_of_the_index(stores: Stores) -> list[str]:
    """Are the records' passages in the index, each in its snapshots, and nothing else?"""
    faults = []
    count, wanted = await stores.index.count(), await stores.ledger.passage_count()
    if count != wanted:
        faults.append(f"the index has {count} points of {wanted} passages")
    ids = [known.passage.passage_id for known in await stores.ledger.passages_after("", wanted)]
    if missing := set(ids) - set(await stores.index.vectors(ids)):
        faults.append(f"{len(missing)} passages are not in the index")
    for status in await stores.ledger.snapshots():
        everything = Visible(status.snapshot, MOMENTS[0], EVERYONE, in_force_only=False)
        seen = await stores.index.count(everything)
        there = sum((await stores.ledger.passage_counts(status.snapshot)).values())
        if seen != there:
            faults.append(f"snapshot {status.snapshot} has {there} passages and {seen} visible points")
    return faults


def compared(what: str, found: Look, wanted: Look) -> list[str]:
    """By part of the look. Scores may differ in their last digits: an engine adds up in the order it keeps things in."""
    faults = []
    for part in wanted:
        if found[part] == wanted[part] or (part == "hits" and same_hits(found[part], wanted[part])):
            continue
        if not isinstance(wanted[part], list | dict):
            faults.append(f"{what}: {part} {found[part]}, not {wanted[part]}")
            continue
        ours, theirs = (set(lines(side[part])) for side in (found, wanted))
        more, less = sorted(ours - theirs), sorted(theirs - ours)
        faults.append(f"{what}: {part}: {len(more)} too many {more[:1]}, {len(less)} missing {less[:1]}"[:600])
    return faults


def same_hits(found: dict[str, list[Any]], wanted: dict[str, list[Any]]) -> bool:
    """The same passages in the same order."""
    return all(
        [hit[1:] for hit in found[asked]] == [hit[1:] for hit in hits]
        and all(abs(one[0] - other[0]) < _NOISE for one, other in zip(found[asked], hits, strict=True))
        for asked, hits in wanted.items()
    )


def lines(part: list[Any] | dict[str, list[Any]]) -> Iterator[str]:
    pairs = part.items() if isinstance(part, dict) else [("", part)]
    return (f"{name} {line}" for name, found in pairs for line in found)


def without_numbers(seen: Look) -> Look:
    """The versions that a build makes of earlier ones bear its number: left out, two builds of a drop are the same."""
    bare: Look = json.loads(re.sub(r'(?<="[0-9a-f]{12})\.\d+', "", json.dumps(seen, ensure_ascii=False)))
    bare["documents"], bare["facts"] = sorted(bare["documents"]), sorted(bare["facts"])
    # Ties are broken by ids, which have the number in them: in what order, and which of the last ones, is left open.
    for question, found in bare["hits"].items():
        above = [hit for hit in found if hit[0] > found[-1][0] + _NOISE]
        bare["hits"][question] = [[0.0, *hit[1:]] for hit in sorted(above, key=lambda hit: hit[1:])]
    return bare


def main(verb: str, home: Path, *more: str) -> None:
    match verb, more:
        case "prepare", (seed,):
            asyncio.run(prepare(home, int(seed)))
        case "update", ():
            asyncio.run(update(home, ""))
        case "update", (point,):
            asyncio.run(update(home, point))
        case "look", ():
            print(json.dumps(asyncio.run(looks(home)), ensure_ascii=False))
        case "judge", (live, known):
            wanted = json.loads(Path(known).read_text("utf-8"))
            print(json.dumps(asyncio.run(judge(home, [int(n) for n in live.split(",")], wanted)), ensure_ascii=False))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
