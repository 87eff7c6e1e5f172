"""What the calls of a customer have told, over all channels: his facts as of a day, and a brief for the next agent."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from seatmate.api.deps import CallerDep, WiringDep
from seatmate.domain.brief import Brief, brief
from seatmate.domain.timeline import Claim, timeline

router = APIRouter(prefix="/api/customers", tags=["customers"])

CustomerId = Annotated[str, Path(min_length=1, max_length=128)]
AsOf = Annotated[AwareDatetime | None, Query(description="only what was said up to then; default: now")]


@router.get("/{customer_id}/facts")
async def facts(customer_id: CustomerId, wiring: WiringDep, caller: CallerDep, as_of: AsOf = None) -> list[Claim]:
    """Every claim that the customer has made, the newest first, and how it stands: current, superseded, in conflict."""
    day = as_of or wiring.now()
    return timeline(await wiring.calls.calls_of(customer_id, day), day, wiring.single_valued)


@router.get("/{customer_id}/brief")
async def show_brief(customer_id: CustomerId, wiring: WiringDep, caller: CallerDep, as_of: AsOf = None) -> Brief:
    """What the customer asked, was promised and is upset about, with sources. Empty lists for one who never called."""
    day = as_of or wiring.now()
    return brief(customer_id, await wiring.calls.calls_of(customer_id, day), day, wiring.single_valued)
