"""Looking up what is known: a product as of a day with its history, and a document at the place that a citation names.

Only what the caller's scopes let him read; what he may not know of does not exist for him.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from seatmate.api.deps import Caller, CallerDep, WiringDep
from seatmate.api.readable import published_snapshot, readable_now
from seatmate.ask.flow import known_to
from seatmate.domain.answers import AsOf
from seatmate.domain.catalogue import ProductSheet, StatedFact, in_order_of_time
from seatmate.domain.errors import NotFound
from seatmate.domain.knowledge import DocumentVersion, Product
from seatmate.domain.model import Shape
from seatmate.wiring.api import Wiring

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"])


class ProductName(Shape):
    code: str
    name: str
    aliases: tuple[str, ...]


class ReadableDocument(Shape):
    """A document version with its whole normalised text, into which the offsets of citations point."""

    doc_id: str
    version: str
    title: str
    doc_type: str
    product_codes: tuple[str, ...]
    valid_from: AwareDatetime | None
    valid_until: AwareDatetime | None
    published_at: AwareDatetime | None
    superseded: bool
    text: str


@router.get("/products")
async def products(wiring: WiringDep, caller: CallerDep) -> list[ProductName]:
    """The products of the live snapshot that the caller may know of."""
    snapshot = await wiring.knowledge.live_snapshot()
    if snapshot is None:
        return []
    known = known_to(caller.scopes, await wiring.knowledge.products_at(snapshot))
    return [ProductName(code=p.code, name=p.name, aliases=p.aliases) for p in known]


@router.get("/products/{code}")
async def product(
    code: str,
    wiring: WiringDep,
    caller: CallerDep,
    as_of: AsOf | None = None,
    snapshot: Annotated[int | None, Query(ge=1)] = None,
) -> ProductSheet:
    """What the documents state of a product on a day, each value with its source, and what held before and will hold.

    `snapshot` asks what was known then; by default it is the live one.
    """
    number = await published_snapshot(wiring, snapshot)
    found = await _known_product(wiring, caller, number, code)
    moment = as_of or wiring.now()
    withheld = code in await wiring.knowledge.withheld(number) and not caller.is_admin
    facts = [] if withheld else await _readable_facts(wiring, caller, number, code)
    now = [fact for fact, holds in ((f, _holds(f, moment)) for f in facts) if holds]
    report = await wiring.knowledge.report(number) if caller.is_admin else None
    waivers = await wiring.knowledge.waivers(number) if caller.is_admin else []
    return ProductSheet(
        code=found.code,
        name=found.name,
        aliases=found.aliases,
        snapshot=number,
        as_of=moment,
        withheld=withheld,
        facts=in_order_of_time(now),
        history=in_order_of_time([fact for fact in facts if fact not in now]),
        disagreements=tuple(d for d in report.disagreements if d.product_code == code) if report else (),
        waivers=tuple(w for w in waivers if w.product_code == code),
    )


@router.get("/documents/{doc_id}/{version}")
async def document(doc_id: str, version: str, wiring: WiringDep, caller: CallerDep) -> ReadableDocument:
    """The text that a citation points into: `text[start:end]` is its quote. Administrators may read a candidate's."""
    published = [s.snapshot for s in await wiring.knowledge.snapshots() if s.published_at is not None]
    up_to = None if caller.is_admin else max(published, default=0)
    found = await wiring.knowledge.document(doc_id, version, up_to)
    if not set(found.scope) & set(caller.scopes) or not await readable_now(wiring, caller, [doc_id]):
        raise NotFound(f"there is no document {doc_id} in version {version}")
    return ReadableDocument(
        doc_id=found.doc_id,
        version=found.version,
        title=found.title,
        doc_type=found.doc_type,
        product_codes=found.product_codes,
        valid_from=found.validity.since,
        valid_until=found.validity.until,
        published_at=found.published_at,
        superseded=found.superseded,
        text=found.text,
    )


async def _known_product(wiring: Wiring, caller: Caller, snapshot: int, code: str) -> Product:
    """As it was called in the snapshot, if the caller may know of it then and now."""
    live = await wiring.knowledge.live_snapshot() or snapshot
    now = {p.code for p in await wiring.knowledge.products_at(live)}
    known_now = {p.code for p in known_to(caller.scopes, await wiring.knowledge.products_at(live))}
    for found in known_to(caller.scopes, await wiring.knowledge.products_at(snapshot)):
        if found.code == code and (code in known_now or code not in now):
            return found
    raise NotFound(f"there is no product {code}")


async def _readable_facts(wiring: Wiring, caller: Caller, snapshot: int, code: str) -> list[StatedFact]:
    """Facts from documents that the caller may read."""
    facts = [f for f in await wiring.knowledge.facts_at(snapshot, [code]) if set(f.scope) & set(caller.scopes)]
    readable = await readable_now(wiring, caller, {f.doc_id for f in facts})
    facts = [f for f in facts if f.doc_id in readable]
    named = await wiring.knowledge.documents_named(snapshot, sorted({f.doc_id for f in facts}))
    documents: dict[tuple[str, str], DocumentVersion] = {(d.doc_id, d.version): d for d in named}
    return [StatedFact.of(fact, documents[fact.doc_id, fact.version]) for fact in facts]


def _holds(fact: StatedFact, moment: AwareDatetime) -> bool:
    since, until = fact.valid_from, fact.valid_until
    return (since is None or since <= moment) and (until is None or moment < until)
