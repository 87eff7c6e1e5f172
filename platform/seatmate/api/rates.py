"""What supervisors look at: 开口率 and 执行率 of process nodes over a span of days, by agent, team or week."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from seatmate.analytics.rates import By, NodeRates, node_rates
from seatmate.api.deps import InspectorDep, WiringDep
from seatmate.domain.errors import BadInput
from seatmate.domain.knowledge import BANK_ZONE

router = APIRouter(prefix="/api/rates", tags=["rates"])

MOST_DAYS = 92
"""A quarter: every record of the span is read."""


@router.get("/nodes")
async def nodes(
    wiring: WiringDep,
    caller: InspectorDep,
    begin: Annotated[date, Query(description="first day")],
    end: Annotated[date, Query(description="last day, included")],
    by: Annotated[By, Query()] = By.TEAM,
) -> NodeRates:
    """Rates of every node of every scenario with their Wilson intervals; calls that are in no rate are named."""
    if not begin <= end < begin + timedelta(days=MOST_DAYS):
        raise BadInput(f"begin to end are {MOST_DAYS} days at most, in this order")
    calls = await wiring.calls.calls_between(_midnight(begin), _midnight(end + timedelta(days=1)))
    conversations = {call.conversation.conversation_id: call.conversation for call in calls}
    return node_rates([call.record for call in calls], conversations, by, wiring.settings.team_of)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BANK_ZONE)
