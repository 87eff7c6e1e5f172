"""Documents, passages, products and snapshots in SQL: the truth that the index is derived from.

Which snapshot is live is one row of `pointers`; the state of every other snapshot follows from it. Knows nothing of the
index: whoever discards a candidate here has reopened its points there first.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, select, update

from seatmate.adapters.sql import knowledge_tables as t
from seatmate.adapters.sql.base import run
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.knowledge import DocumentVersion, Passage, Product, SnapshotState, SnapshotStatus, Validity

_LIVE = "live"
_OPEN = 2**31 - 1
"""`snap_to` of what no snapshot has closed: a number that no snapshot reaches."""
_BATCH = 500
"""Ids in one query: databases limit the parameters of a statement."""


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
            return [_document(row) for row in connection.execute(query)]

        return await run(self._engine, work, writes=False)

    async def add_documents(
        self, snapshot: int, documents: Sequence[DocumentVersion], passages: Sequence[Passage]
    ) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, snapshot)
            if documents:
                connection.execute(insert(t.documents), [_document_values(d, snapshot) for d in documents])
            if passages:
                connection.execute(insert(t.passages), [_passage_values(p) for p in passages])

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

    async def finish_build(self, snapshot: int, documents: int, passages: int) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, snapshot)
            connection.execute(
                update(t.snapshots)
                .where(t.snapshots.c.snapshot == snapshot)
                .values(documents=documents, passages=passages, finished_at=datetime.now(UTC))
            )

        await run(self._engine, work)

    async def discard(self, snapshot: int) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, snapshot)
            connection.execute(delete(t.documents).where(t.documents.c.snap_from == snapshot))
            connection.execute(update(t.documents).where(t.documents.c.snap_to == snapshot).values(snap_to=_OPEN))
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
                    found[row.passage_id] = _passage(row)
            return found

        return await run(self._engine, work, writes=False)

    async def passages_at(self, snapshot: int) -> list[tuple[Passage, int, int]]:
        def work(connection: Connection) -> list[tuple[Passage, int, int]]:
            query = _PASSAGE.where(t.documents.c.snap_from <= snapshot).order_by(
                t.passages.c.doc_id, t.passages.c.version, t.passages.c.start
            )
            return [(_passage(row), row.snap_from, row.snap_to) for row in connection.execute(query)]

        return await run(self._engine, work, writes=False)

    async def products_at(self, snapshot: int) -> list[Product]:
        def work(connection: Connection) -> list[Product]:
            query = select(t.products).where(t.products.c.snapshot == snapshot).order_by(t.products.c.code)
            return [Product(row.code, row.name, tuple(row.aliases)) for row in connection.execute(query)]

        return await run(self._engine, work, writes=False)

    async def set_products(self, snapshot: int, products: Sequence[Product]) -> None:
        def work(connection: Connection) -> None:
            _require_candidate(connection, snapshot)
            connection.execute(delete(t.products).where(t.products.c.snapshot == snapshot))
            if products:
                rows = [
                    {"snapshot": snapshot, "code": p.code, "name": p.name, "aliases": list(p.aliases)} for p in products
                ]
                connection.execute(insert(t.products), rows)

        await run(self._engine, work)


# Everything of a passage but the whole text of its document.
_PASSAGE: Select[tuple[object, ...]] = select(
    t.passages,
    *(
        t.documents.c[name]
        for name in ("title", "doc_type", "product_codes", "scope", "since", "until", "snap_from", "snap_to")
    ),
).join(t.documents, (t.documents.c.doc_id == t.passages.c.doc_id) & (t.documents.c.version == t.passages.c.version))


def _live(connection: Connection) -> int | None:
    return connection.scalar(select(t.pointers.c.snapshot).where(t.pointers.c.name == _LIVE))


def _statuses(connection: Connection) -> list[SnapshotStatus]:
    live = _live(connection)
    query = select(t.snapshots).where(t.snapshots.c.discarded.is_(False)).order_by(t.snapshots.c.snapshot)
    return [_status(row, live) for row in connection.execute(query)]


def _status(row: Row[tuple[object, ...]], live: int | None) -> SnapshotStatus:
    if row.snapshot == live:
        state = SnapshotState.LIVE
    else:
        state = SnapshotState.CANDIDATE if row.published_at is None else SnapshotState.RETIRED
    return SnapshotStatus(
        snapshot=row.snapshot,
        drop=row.drop_name,
        state=state,
        documents=row.documents,
        passages=row.passages,
        built_at=row.finished_at or row.begun_at,
        published_at=row.published_at,
    )


def _require_candidate(connection: Connection, snapshot: int) -> None:
    """Only what nobody reads yet may change."""
    query = select(t.snapshots.c.snapshot).where(
        t.snapshots.c.snapshot == snapshot, t.snapshots.c.discarded.is_(False), t.snapshots.c.published_at.is_(None)
    )
    if connection.scalar(query) is None:
        raise Conflict(f"snapshot {snapshot} is not a candidate: only a candidate can be written or discarded")


def _document_values(document: DocumentVersion, snapshot: int) -> dict[str, object]:
    return {
        "doc_id": document.doc_id,
        "version": document.version,
        "snap_from": snapshot,
        "snap_to": _OPEN,
        "path": document.path,
        "title": document.title,
        "doc_type": document.doc_type,
        "product_codes": list(document.product_codes),
        "scope": list(document.scope),
        "since": document.validity.since,
        "until": document.validity.until,
        "published_at": document.published_at,
        "supersedes": document.supersedes,
        "extra": [list(pair) for pair in document.extra],
        "text": document.text,
        "superseded": document.superseded,
    }


def _document(row: Row[tuple[object, ...]]) -> DocumentVersion:
    return DocumentVersion(
        doc_id=row.doc_id,
        version=row.version,
        path=row.path,
        title=row.title,
        doc_type=row.doc_type,
        product_codes=tuple(row.product_codes),
        scope=tuple(row.scope),
        validity=Validity(row.since, row.until),
        published_at=row.published_at,
        supersedes=row.supersedes,
        text=row.text,
        extra=tuple((key, value) for key, value in row.extra),
        superseded=row.superseded,
    )


def _passage_values(passage: Passage) -> dict[str, object]:
    return {
        "passage_id": passage.passage_id,
        "doc_id": passage.doc_id,
        "version": passage.version,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "context": passage.context,
        "page": passage.page,
    }


def _passage(row: Row[tuple[object, ...]]) -> Passage:
    return Passage(
        passage_id=row.passage_id,
        doc_id=row.doc_id,
        version=row.version,
        title=row.title,
        doc_type=row.doc_type,
        product_codes=tuple(row.product_codes),
        scope=tuple(row.scope),
        validity=Validity(row.since, row.until),
        start=row.start,
        end=row.end,
        text=row.text,
        context=row.context,
        page=row.page,
    )


def _batches(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH)]
