"""Rows of the knowledge tables to the shapes of the domain and back. Knows no query and no transaction."""

from typing import Any

from sqlalchemy import Row

from seatmate.domain.attributes import Attribute
from seatmate.domain.facts import ProductFact, Waiver
from seatmate.domain.knowledge import (
    OPEN_SNAPSHOT,
    DocumentVersion,
    Passage,
    Product,
    SnapshotState,
    SnapshotStatus,
    Validity,
)

AnyRow = Row[tuple[object, ...]]


def document_values(document: DocumentVersion, snapshot: int) -> dict[str, Any]:
    return {
        "doc_id": document.doc_id,
        "version": document.version,
        "snap_from": snapshot,
        "snap_to": OPEN_SNAPSHOT,
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
        "source_sha256": document.source_sha256,
    }


def to_document(row: AnyRow) -> DocumentVersion:
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
        source_sha256=row.source_sha256,
    )


def passage_values(passage: Passage) -> dict[str, Any]:
    return {
        "passage_id": passage.passage_id,
        "doc_id": passage.doc_id,
        "version": passage.version,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "headings": list(passage.headings),
        "columns": list(passage.columns),
        "product_codes": list(passage.product_codes),
        "page": passage.page,
        "sheet": passage.sheet,
    }


def to_passage(row: AnyRow) -> Passage:
    """Of a passage's row joined with its document's; `document_codes` are the document's products."""
    return Passage(
        passage_id=row.passage_id,
        doc_id=row.doc_id,
        version=row.version,
        title=row.title,
        doc_type=row.doc_type,
        product_codes=tuple(row.document_codes if row.product_codes is None else row.product_codes),
        scope=tuple(row.scope),
        validity=Validity(row.since, row.until),
        start=row.start,
        end=row.end,
        text=row.text,
        headings=tuple(row.headings),
        columns=tuple(row.columns),
        page=row.page,
        sheet=row.sheet,
    )


def fact_values(fact: ProductFact) -> dict[str, Any]:
    return {
        "product_code": fact.product_code,
        "attribute": fact.attribute.value,
        "value": fact.value,
        "raw": fact.raw,
        "unit": fact.unit,
        "condition": fact.condition,
        "since": fact.validity.since,
        "until": fact.validity.until,
        "doc_id": fact.doc_id,
        "version": fact.version,
        "start": fact.start,
        "end": fact.end,
        "quote": fact.quote,
    }


def to_fact(row: AnyRow) -> ProductFact:
    """Of a fact's row joined with its document's scope."""
    return ProductFact(
        product_code=row.product_code,
        attribute=Attribute(row.attribute),
        value=row.value,
        raw=row.raw,
        unit=row.unit,
        condition=row.condition,
        validity=Validity(row.since, row.until),
        scope=tuple(row.scope),
        doc_id=row.doc_id,
        version=row.version,
        start=row.start,
        end=row.end,
        quote=row.quote,
    )


def product_values(product: Product, snapshot: int) -> dict[str, Any]:
    return {
        "snapshot": snapshot,
        "code": product.code,
        "name": product.name,
        "aliases": list(product.aliases),
        "scope": list(product.scope),
    }


def to_product(row: AnyRow) -> Product:
    return Product(row.code, row.name, tuple(row.aliases), tuple(row.scope))


def to_waiver(row: AnyRow) -> Waiver:
    return Waiver(product_code=row.product_code, by=row.by, reason=row.reason, at=row.at)


def to_status(row: AnyRow, live: int | None, withheld: tuple[str, ...]) -> SnapshotStatus:
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
        withheld=withheld,
    )
