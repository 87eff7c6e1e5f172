"""What a killed update left, as whoever opens the stores next finds it, held against one that nobody disturbed."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from seatmate.adapters.dense import HashedGrams
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.errors import NotFound
from seatmate.domain.knowledge import SnapshotState
from seatmate.domain.ports import Visible
from seatmate.ingest.flow import Stores, build, publish, reindex
from tests.ingest.update_weeks import EVERYONE, MOMENTS, questions

_NOISE = 0.001
"""Of scores around 20."""
Look = dict[str, Any]


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


async def looks(home: Path) -> dict[str, Look]:
    """Of every snapshot, an unpublished one too."""
    async with opened(home) as stores:
        return {str(number): await look(stores, number, home) for number in await numbers(stores)}


async def look(stores: Stores, snapshot: int, home: Path) -> Look:
    """Everything that a reader of this snapshot can be told, in the shapes of JSON."""
    seed = int((home / "seed").read_text())
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
    """What is wrong after a kill; nothing if all is well."""
    faults = []
    async with opened(home) as stores:
        live = await stores.ledger.live_snapshot()
        if live not in may_be_live:
            faults.append(f"snapshot {live} is live, not one of {may_be_live}")
        for when in ("at once", "after the start's refill"):
            for number in await numbers(stores, SnapshotState.LIVE, SnapshotState.RETIRED):
                found = await look(stores, number, home)
                faults += compared(f"{when}, snapshot {number}", found, known[str(number)])
            await reindex(stores)
        finished = [n for n in await numbers(stores, SnapshotState.CANDIDATE) if await can_be_published(stores, n)]
    for number in finished:
        faults += await faults_of_the_candidate(home, number, known)
    async with opened(home) as stores:
        report = await build(stores, home / "drops" / "w3")
        await publish(stores.ledger, report.snapshot)
        again = await look(stores, report.snapshot, home)
        faults += compared("the next build", without_numbers(again), without_numbers(known["4"]))
        faults += await faults_of_the_index(stores)
        before = {number: await look(stores, number, home) for number in await numbers(stores)}
        await stores.index.wipe()
        await reindex(stores)
        faults += await faults_of_the_index(stores)
        for number in before:
            faults += compared(f"made anew, snapshot {number}", await look(stores, number, home), before[number])
    return faults


async def numbers(stores: Stores, *states: SnapshotState) -> list[int]:
    return [s.snapshot for s in await stores.ledger.snapshots() if not states or s.state in states]


async def can_be_published(stores: Stores, candidate: int) -> bool:
    """One that was never built to its end has no report, and is refused."""
    try:
        await stores.ledger.report(candidate)
    except NotFound:
        try:
            await publish(stores.ledger, candidate)
        except NotFound:
            return False
    return True


async def faults_of_the_candidate(home: Path, candidate: int, known: dict[str, Look]) -> list[str]:
    """One that can be published must then be whole. Tried on a copy, for it goes live there."""
    copy = home.with_name(f"{home.name}-published")
    await asyncio.to_thread(shutil.copytree, home, copy)
    async with opened(copy) as stores:
        await publish(stores.ledger, candidate)
        faults = compared(f"candidate {candidate}", await look(stores, candidate, copy), known[str(candidate)])
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
    """By part of the look. Scores may differ in their last digits: an engine adds up in the order it keeps."""
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
