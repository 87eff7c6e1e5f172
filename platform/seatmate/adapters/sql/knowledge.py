"""Documents, passages, products and snapshots in SQL: the truth that the index is derived from.

Which snapshot is live is one row of `pointers`; the state of every other snapshot follows from it. Knows nothing of the
index: whoever discards a candidate here has reopened its points there first.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select, update

from seatmate.adapters.sql import knowledge_tables as t
from seatmate.adapters.sql.base import run
from seatmate.adapters.sql.knowledge_rows import (
    document_values,
    fact_values,
    passage_values,
    product_values,
    to_document,
    to_fact,
    to_passage,
    to_product,
    to_status,
    to_waiver,
)
from seatmate.adapters.sql.upsert import upsert
from seatmate.domain.builds import BuildReport, ReportedDisagreement
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.facts import ProductFact, Waiver
from seatmate.domain.knowledge import OPEN_SNAPSHOT, DocumentVersion, Passage, Product, SnapshotState, SnapshotStatus
from seatmate.domain.ports import KnownPassage, NewKnowledge

_LIVE = "live"
_BATCH = 500
"""Ids in one query: databases limit the parameters of a statement."""
_VERSION = (t.documents.c.doc_id, t.documents.c.version)
_PLACE = (t.passages.c.doc_id, t.passages.c.version, t.passages.c.start)


class SqlKnowledge:
    """The KnowledgeLedger on SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def live_snapshot(self) -> int | None:
        return await run(self._engine, _live, writes=False)

    async def snapshots(self) -> list[SnapshotStatus]:
        return await run(self._engine, _statuses, writes=False)

    async def begin_snapshot(self, drop: str) -> int:
        def work(connection: Connection) -> int:
            waiting = [s.snapshot for s in _statuses(connection) if s.state is SnapshotState.CANDIDATE]
            if waiting:
                raise Conflict(f"snapshot {waiting[0]} is still a candidate: discard it before another build")
            number = (connection.scalar(select(func.max(t.snapshots.c.snapshot))) or 0) + 1
            connection.execute(insert(t.snapshots).values(snapshot=number, drop_name=drop, begun_at=datetime.now(UTC)))
            return number

        return await run(self._engine, work)

    async def documents_at(self, snapshot: int) -> list[DocumentVersion]:
        def work(connection: Connection) -> list[DocumentVersion]:
            query = (
                select(t.documents)
                .where(t.documents.c.snap_from <= snapshot, t.documents.c.snap_to > snapshot)
                .order_by(t.documents.c.doc_id)
            )
            return [to_document(row) for row in connection.execute(query)]

        return await run(self._engine, work, writes=False)

    async def documents_named(self, snapshot: int, doc_ids: Sequence[str]) -> list[DocumentVersion]:
        def work(connection: Connection) -> list[DocumentVersion]:
            query = (
                select(t.documents)
                .where(
                    t.documents.c.doc_id.in_(doc_ids),
                    t.documents.c.snap_from <= snapshot,
                    t.documents.c.snap_to > snapshot,
                )
                .order_by(*_VERSION)
            )
            return [to_document(row) for row in connection.execute(query)]

        return await run(self._engine, work, writes=False)

    async def document(self, doc_id: str, version: str, up_to: int | None = None) -> DocumentVersion:
        def work(connection: Connection) -> DocumentVersion:
            query = select(t.documents).where(t.documents.c.doc_id == doc_id, t.documents.c.version == version)
            if up_to is not None:
                query = query.where(t.documents.c.snap_from <= up_to)
            row = connection.execute(query).one_or_none()
            if row is None:
                raise NotFound(f"there is no document {doc_id} in version {version}")
            return to_document(row)

        return await run(self._engine, work, writes=False)

    async def versions_ever(self) -> set[tuple[str, str]]:
        def work(connection: Connection) -> set[tuple[str, str]]:
            return {(row.doc_id, row.version) for row in connection.execute(select(*_VERSION))}

        return await run(self._engine, work, writes=False)

    async def add_knowledge(self, snapshot: int, new: NewKnowledge) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, snapshot)
            for table, rows in (
                (t.documents, [document_values(d, snapshot) for d in new.documents]),
                (t.passages, [passage_values(p) for p in new.passages]),
                (t.product_facts, [fact_values(f) for f in new.facts]),
            ):
                if rows:
                    connection.execute(insert(table), rows)

        await run(self._engine, work)

    async def close_documents(self, snapshot: int, doc_ids: Sequence[str]) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, snapshot)
            for batch in _batches(doc_ids):
                connection.execute(
                    update(t.documents)
                    .where(
                        t.documents.c.doc_id.in_(batch),
                        t.documents.c.superseded.is_(False),
                        t.documents.c.snap_from < snapshot,
                        t.documents.c.snap_to > snapshot,
                    )
                    .values(snap_to=snapshot)
                )

        await run(self._engine, work)

    async def finish_build(self, report: BuildReport) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, report.snapshot)
            connection.execute(
                update(t.snapshots)
                .where(t.snapshots.c.snapshot == report.snapshot)
                .values(
                    documents=report.documents,
                    passages=report.passages,
                    report=report.model_dump_json(),
                    disputed=_hashes(report.disagreements),
                    finished_at=datetime.now(UTC),
                )
            )

        await run(self._engine, work)

    async def report(self, snapshot: int) -> BuildReport:
        def work(connection: Connection) -> str | None:
            there = (t.snapshots.c.snapshot == snapshot, t.snapshots.c.discarded.is_(False))
            return connection.scalar(select(t.snapshots.c.report).where(*there))

        text = await run(self._engine, work, writes=False)
        if text is None:
            raise NotFound(f"snapshot {snapshot} was never built to its end: there is no report of it")
        return BuildReport.model_validate_json(text)

    async def withheld(self, snapshot: int) -> tuple[str, ...]:
        def work(connection: Connection) -> tuple[str, ...]:
            return _withheld(connection, _disputed(connection, snapshot))

        return await run(self._engine, work, writes=False)

    async def waive(self, snapshot: int, waiver: Waiver) -> None:
        def work(connection: Connection) -> None:
            disputed = _disputed(connection, snapshot)
            if waiver.product_code not in disputed:
                raise Conflict(f"snapshot {snapshot} has no disagreement about {waiver.product_code} to waive")
            values = {
                "product_code": waiver.product_code,
                "disagreement": disputed[waiver.product_code],
                "snapshot": snapshot,
                "by": waiver.by,
                "reason": waiver.reason,
                "at": waiver.at,
            }
            upsert(connection, t.waivers, values)

        await run(self._engine, work)

    async def waivers(self, snapshot: int) -> list[Waiver]:
        def work(connection: Connection) -> list[Waiver]:
            return _waivers(connection, _disputed(connection, snapshot))

        return await run(self._engine, work, writes=False)

    async def abandon(self, snapshot: int) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, snapshot)
            there = t.snapshots.c.snapshot == snapshot
            connection.execute(update(t.snapshots).where(there).values(finished_at=None, report=None))

        await run(self._engine, work)

    async def discard(self, snapshot: int) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, snapshot)
            connection.execute(delete(t.documents).where(t.documents.c.snap_from == snapshot))
            connection.execute(
                update(t.documents).where(t.documents.c.snap_to == snapshot).values(snap_to=OPEN_SNAPSHOT)
            )
            connection.execute(delete(t.products).where(t.products.c.snapshot == snapshot))
            connection.execute(update(t.snapshots).where(t.snapshots.c.snapshot == snapshot).values(discarded=True))

        await run(self._engine, work)

    async def move_pointer(self, snapshot: int) -> SnapshotState:
        def work(connection: Connection) -> SnapshotState:
            finished = connection.scalar(
                select(t.snapshots.c.snapshot).where(
                    t.snapshots.c.snapshot == snapshot,
                    t.snapshots.c.finished_at.is_not(None),
                    t.snapshots.c.discarded.is_(False),
                )
            )
            if finished is None:
                raise NotFound(f"snapshot {snapshot} was never built to its end: it cannot be published")
            moved = connection.execute(update(t.pointers).where(t.pointers.c.name == _LIVE).values(snapshot=snapshot))
            if moved.rowcount == 0:
                connection.execute(insert(t.pointers).values(name=_LIVE, snapshot=snapshot))
            connection.execute(
                update(t.snapshots).where(t.snapshots.c.snapshot == snapshot).values(published_at=datetime.now(UTC))
            )
            return SnapshotState.LIVE

        return await run(self._engine, work)

    async def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        def work(connection: Connection) -> dict[str, Passage]:
            found = {}
            for batch in _batches(passage_ids):
                for row in connection.execute(_PASSAGE.where(t.passages.c.passage_id.in_(batch))):
                    found[row.passage_id] = to_passage(row)
            return found

        return await run(self._engine, work, writes=False)

    async def passages_of(self, versions: Sequence[tuple[str, str]]) -> list[Passage]:
        def work(connection: Connection) -> list[Passage]:
            wanted = set(versions)
            found = []
            for batch in _batches(sorted({doc_id for doc_id, _ in wanted})):
                query = _PASSAGE.where(t.passages.c.doc_id.in_(batch)).order_by(*_PLACE)
                rows = connection.execute(query)
                found += [to_passage(row) for row in rows if (row.doc_id, row.version) in wanted]
            return found

        return await run(self._engine, work, writes=False)

    async def passage_counts(self, snapshot: int) -> dict[tuple[str, str], int]:
        def work(connection: Connection) -> dict[tuple[str, str], int]:
            key = (t.passages.c.doc_id, t.passages.c.version)
            query = (
                select(*key, func.count().label("passages"))
                .join(t.documents, (t.documents.c.doc_id == key[0]) & (t.documents.c.version == key[1]))
                .where(t.documents.c.snap_from <= snapshot, t.documents.c.snap_to > snapshot)
                .group_by(*key)
            )
            return {(row.doc_id, row.version): row.passages for row in connection.execute(query)}

        return await run(self._engine, work, writes=False)

    async def passages_after(self, passage_id: str, limit: int) -> list[KnownPassage]:
        def work(connection: Connection) -> list[KnownPassage]:
            query = _PASSAGE.where(t.passages.c.passage_id > passage_id).order_by(t.passages.c.passage_id).limit(limit)
            return [KnownPassage(to_passage(row), row.snap_from, row.snap_to) for row in connection.execute(query)]

        return await run(self._engine, work, writes=False)

    async def passage_count(self) -> int:
        def work(connection: Connection) -> int:
            return connection.scalar(select(func.count()).select_from(t.passages)) or 0

        return await run(self._engine, work, writes=False)

    async def facts_at(self, snapshot: int, product_codes: Sequence[str] | None = None) -> list[ProductFact]:
        def work(connection: Connection) -> list[ProductFact]:
            f = t.product_facts.c
            query = _FACT.where(t.documents.c.snap_from <= snapshot, t.documents.c.snap_to > snapshot)
            if product_codes is not None:
                query = query.where(f.product_code.in_(product_codes))
            query = query.order_by(f.product_code, f.attribute, f.doc_id, f.version, f.start, f.fact_id)
            return [to_fact(row) for row in connection.execute(query)]

        return await run(self._engine, work, writes=False)

    async def products_at(self, snapshot: int) -> list[Product]:
        def work(connection: Connection) -> list[Product]:
            query = select(t.products).where(t.products.c.snapshot == snapshot).order_by(t.products.c.code)
            return [to_product(row) for row in connection.execute(query)]

        return await run(self._engine, work, writes=False)

    async def set_products(self, snapshot: int, products: Sequence[Product]) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, snapshot)
            connection.execute(delete(t.products).where(t.products.c.snapshot == snapshot))
            if products:
                connection.execute(insert(t.products), [product_values(p, snapshot) for p in products])

        await run(self._engine, work)


# Everything of a passage but the whole text of its document.
_PASSAGE: Select[tuple[object, ...]] = select(
    t.passages,
    t.documents.c.product_codes.label("document_codes"),
    *(t.documents.c[name] for name in ("title", "doc_type", "scope", "since", "until", "snap_from", "snap_to")),
).join(t.documents, (t.documents.c.doc_id == t.passages.c.doc_id) & (t.documents.c.version == t.passages.c.version))

_FACT: Select[tuple[object, ...]] = select(t.product_facts, t.documents.c.scope).join(
    t.documents,
    (t.documents.c.doc_id == t.product_facts.c.doc_id) & (t.documents.c.version == t.product_facts.c.version),
)


def _live(connection: Connection) -> int | None:
    return connection.scalar(select(t.pointers.c.snapshot).where(t.pointers.c.name == _LIVE))


def _statuses(connection: Connection) -> list[SnapshotStatus]:
    live = _live(connection)
    columns = [column for column in t.snapshots.c if column.name != "report"]
    query = select(*columns).where(t.snapshots.c.discarded.is_(False)).order_by(t.snapshots.c.snapshot)
    rows = connection.execute(query).all()
    return [to_status(row, live, _withheld(connection, row.disputed)) for row in rows]


def _withheld(connection: Connection, disputed: dict[str, str]) -> tuple[str, ...]:
    if not disputed:
        return ()
    waived = _waivers(connection, disputed)
    return tuple(sorted(disputed.keys() - {waiver.product_code for waiver in waived}))


def _disputed(connection: Connection, snapshot: int) -> dict[str, str]:
    query = select(t.snapshots.c.disputed).where(t.snapshots.c.snapshot == snapshot)
    return connection.scalar(query) or {}


def _hashes(disagreements: Sequence[ReportedDisagreement]) -> dict[str, str]:
    """Product codes whose documents disagree, each with a hash of what disagrees."""
    by_code: dict[str, list[str]] = {}
    for d in disagreements:
        values = sorted({stated.value for stated in d.stated})
        by_code.setdefault(d.product_code, []).append(repr((d.attribute.value, d.condition, values)))
    return {code: sha256("\n".join(sorted(what)).encode()).hexdigest() for code, what in by_code.items()}


def _waivers(connection: Connection, disputed: dict[str, str]) -> list[Waiver]:
    query = select(t.waivers).where(t.waivers.c.product_code.in_(disputed)).order_by(t.waivers.c.product_code)
    return [to_waiver(row) for row in connection.execute(query) if disputed[row.product_code] == row.disagreement]


def _require_candidate(connection: Connection, snapshot: int) -> None:
    """Only what nobody reads yet may change."""
    query = select(t.snapshots.c.snapshot).where(
        t.snapshots.c.snapshot == snapshot, t.snapshots.c.discarded.is_(False), t.snapshots.c.published_at.is_(None)
    )
    if connection.scalar(query) is None:
        raise Conflict(f"snapshot {snapshot} is not a candidate: only a candidate can be written or discarded")


def _batches(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH)]
