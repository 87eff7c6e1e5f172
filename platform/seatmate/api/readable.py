"""Who may read what of earlier snapshots: whoever may read the document as it is now.

An earlier snapshot and version have the scopes of their day. A document that has been handed to other readers
since is theirs with all that it ever said.
"""

from collections.abc import Iterable

from seatmate.api.deps import Caller
from seatmate.domain.errors import NotFound
from seatmate.wiring.api import Wiring


async def readable_now(wiring: Wiring, caller: Caller, doc_ids: Iterable[str]) -> frozenset[str]:
    """Of these documents, those that the live snapshot does not keep from the caller; one that is gone is not kept."""
    wanted = frozenset(doc_ids)
    live = await wiring.knowledge.live_snapshot()
    named = [] if live is None else await wiring.knowledge.documents_named(live, sorted(wanted))
    kept = {d.doc_id for d in named if not d.superseded and not set(d.scope) & set(caller.scopes)}
    return wanted - kept


async def published_snapshot(wiring: Wiring, snapshot: int | None) -> int:
    """The one that is asked for, if it was ever published; else the live one. NotFound."""
    if snapshot is None:
        live = await wiring.knowledge.live_snapshot()
        if live is None:
            raise NotFound("nothing has been published yet")
        return live
    published = [s.snapshot for s in await wiring.knowledge.snapshots() if s.published_at is not None]
    if snapshot not in published:
        raise NotFound(f"snapshot {snapshot} was never published")
    return snapshot
