"""Building, inspecting and publishing snapshots of knowledge. The API process owns the embedded index, so this is the
way in."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from pydantic import Field

from seatmate.api import problems
from seatmate.api.deps import AdminDep, CallerDep, WiringDep
from seatmate.api.events import EVENTS, event
from seatmate.domain.builds import BuildReport
from seatmate.domain.errors import NotFound, SeatmateError
from seatmate.domain.facts import Waiver
from seatmate.domain.knowledge import SnapshotStatus
from seatmate.domain.model import Shape
from seatmate.domain.weekly import Accepted, WeeklyReport
from seatmate.ingest import flow
from seatmate.wiring.api import Wiring

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"])


class BuildRequest(Shape):
    """`drop` is a folder's name below the drops folder of this installation, such as 2026-W47."""

    drop: Annotated[str, Field(pattern=r"^[\w\-]{1,64}$", examples=["2026-W47"])]


class CheckRequest(Shape):
    snapshot: Annotated[int, Field(ge=1)]


class PublishRequest(CheckRequest):
    """`accepted`: who publishes although questions of the week are answered wrongly, and why."""

    accepted: Accepted | None = None


class WaiverRequest(Shape):
    """Who answers for a product being shown although its documents disagree, and why."""

    snapshot: Annotated[int, Field(ge=1)]
    product_code: Annotated[str, Field(min_length=1, max_length=64)]
    by: Annotated[str, Field(min_length=2, max_length=64)]
    reason: Annotated[str, Field(min_length=2, max_length=500)]


@router.get("/snapshots")
async def snapshots(wiring: WiringDep, caller: CallerDep) -> list[SnapshotStatus]:
    """Every snapshot. Which products are withheld is told to administrators only."""
    statuses = await wiring.knowledge.snapshots()
    return statuses if caller.is_admin else [s.model_copy(update={"withheld": ()}) for s in statuses]


@router.get("/reports/{snapshot}")
async def report(snapshot: int, wiring: WiringDep, admin: AdminDep) -> BuildReport:
    """The report of a build: what changed, dates read, disagreements, lint."""
    found = await wiring.knowledge.report(snapshot)
    return found.model_copy(update={"withheld": await wiring.knowledge.withheld(snapshot)})


@router.post("/diffs")
async def diff(request: BuildRequest, wiring: WiringDep, admin: AdminDep) -> BuildReport:
    """What a build of this drop would change against the live snapshot; writes nothing."""
    return await wiring.builds.diff(_folder(wiring, request.drop))


@router.post("/builds", response_model=BuildReport)
async def build(
    request: BuildRequest,
    wiring: WiringDep,
    admin: AdminDep,
    accept: Annotated[str, Header()] = "application/json",
) -> BuildReport | StreamingResponse:
    """Plan the difference of a weekly drop and index it as a candidate; readers see nothing of it.

    With `Accept: text/event-stream`: an event `step` as each step begins, then `report` or `problem`.
    """
    folder = _folder(wiring, request.drop)
    if EVENTS in accept:
        return StreamingResponse(_build_events(wiring, folder), media_type=EVENTS)
    return await wiring.builds.build(folder)


@router.post("/checks")
async def check(request: CheckRequest, wiring: WiringDep, admin: AdminDep) -> WeeklyReport:
    """Ask a built snapshot what its differences from the live one raise, and judge the answers. Changes nothing."""
    return await wiring.weekly.run(request.snapshot)


@router.get("/checks/{snapshot}")
async def checked(snapshot: int, wiring: WiringDep, admin: AdminDep) -> WeeklyReport:
    """The newest report on a snapshot."""
    return await wiring.weekly.newest(snapshot)


@router.post("/publish")
async def publish(request: PublishRequest, wiring: WiringDep, admin: AdminDep) -> SnapshotStatus:
    """Move the pointer to a built snapshot: the next question sees it, but for products whose documents disagree.

    It is asked the questions of its differences first, if that has not been done. 409 WEEKLY_CHECK_FAILED when one is
    answered wrongly and nobody accepts that by name.
    """
    return await wiring.weekly.publish(request.snapshot, request.accepted)


@router.post("/rollback")
async def rollback(wiring: WiringDep, admin: AdminDep) -> SnapshotStatus:
    """Move the pointer back to the snapshot that was live before."""
    return await flow.rollback(wiring.knowledge)


@router.post("/waivers")
async def waive(request: WaiverRequest, wiring: WiringDep, admin: AdminDep) -> Waiver:
    """Show a product although its documents disagree. Holds for the same disagreement of later weeks too."""
    waiver = Waiver(product_code=request.product_code, by=request.by, reason=request.reason, at=wiring.now())
    await wiring.knowledge.waive(request.snapshot, waiver)
    return waiver


async def _build_events(wiring: Wiring, folder: Path) -> AsyncIterator[str]:
    """The build goes on when the listener leaves: it ends with a report or is discarded by the next one."""
    steps: asyncio.Queue[str | None] = asyncio.Queue()
    building = asyncio.create_task(wiring.builds.build(folder, steps.put_nowait))
    building.add_done_callback(lambda _: steps.put_nowait(None))
    while (step := await steps.get()) is not None:
        yield event("step", json.dumps({"step": step}))
    try:
        yield event("report", building.result().model_dump_json())
    except SeatmateError as error:
        yield event("problem", bytes(problems.of(error).body).decode())


def _folder(wiring: Wiring, drop: str) -> Path:
    folder = wiring.settings.corpus / "drops" / drop
    if not folder.is_dir():
        raise NotFound(f"there is no drop {drop} in {folder.parent.name}/")
    return folder
