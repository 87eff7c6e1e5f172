"""Building and publishing snapshots of knowledge. The API process owns the embedded index, so this is the way in."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from seatmate.api.deps import AdminDep, CallerDep, WiringDep
from seatmate.domain.errors import NotFound
from seatmate.domain.knowledge import BuildReport, SnapshotStatus
from seatmate.domain.model import Shape
from seatmate.ingest import flow
from seatmate.wiring import Wiring

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"])


class BuildRequest(Shape):
    """`drop` is a folder's name below the drops folder of this installation, such as 2026-W47."""

    drop: Annotated[str, Field(pattern=r"^[\w\-]{1,64}$", examples=["2026-W47"])]


class PublishRequest(Shape):
    snapshot: Annotated[int, Field(ge=1)]


@router.get("/snapshots")
async def snapshots(wiring: WiringDep, caller: CallerDep) -> list[SnapshotStatus]:
    return await wiring.knowledge.snapshots()


@router.post("/diffs")
async def diff(request: BuildRequest, wiring: WiringDep, admin: AdminDep) -> BuildReport:
    """What a build of this drop would change against the live snapshot; writes nothing."""
    return await flow.diff(wiring.stores, _folder(wiring, request.drop))


@router.post("/builds")
async def build(request: BuildRequest, wiring: WiringDep, admin: AdminDep) -> BuildReport:
    """Plan the difference of a weekly drop and index it as a candidate; readers see nothing of it."""
    return await flow.build(wiring.stores, _folder(wiring, request.drop))


@router.post("/publish")
async def publish(request: PublishRequest, wiring: WiringDep, admin: AdminDep) -> SnapshotStatus:
    """Move the pointer to a built snapshot: the next question sees it."""
    return await flow.publish(wiring.knowledge, request.snapshot)


@router.post("/rollback")
async def rollback(wiring: WiringDep, admin: AdminDep) -> SnapshotStatus:
    """Move the pointer back to the snapshot that was live before."""
    return await flow.rollback(wiring.knowledge)


def _folder(wiring: Wiring, drop: str) -> Path:
    folder = wiring.settings.corpus / "drops" / drop
    if not folder.is_dir():
        raise NotFound(f"there is no drop {drop} in {folder.parent.name}/")
    return folder
