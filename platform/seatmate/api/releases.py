"""Releases over HTTP: who proposed, measured, approved and promoted what; and a past answer looked at again.

All of it needs the scope admin. Who takes a step says so by name: the platform sees to it that two people do what two
people must do, the bank sees to it that a name is a person.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from seatmate.api.deps import AdminDep, WiringDep
from seatmate.domain.answers import Answer, Question
from seatmate.domain.corrections import By
from seatmate.domain.errors import NotFound
from seatmate.domain.model import Shape
from seatmate.domain.releases import MOST_CANARY, Release, ReleaseRecord, ReleaseState, Routing
from seatmate.domain.verdicts import GateVerdict
from seatmate.release.replay import Replay, replay
from seatmate.wiring.api import Wiring

router = APIRouter(tags=["releases"])

ADAPTER_NAME = r"^[a-z][a-z0-9-]{0,31}@[0-9a-f]{12}$"
ReleaseId = Annotated[str, Path(pattern=r"^rel-[0-9a-f]{12}$")]


class Step(Shape):
    by: By
    why: Annotated[str, Field(min_length=2, max_length=500)]


class ProposeStep(Step):
    adapter: Annotated[str, Field(pattern=ADAPTER_NAME)] | None = None
    """Another adapter than this installation was started with."""


class Measured(Shape):
    by: By
    verdict: GateVerdict


class CanaryStep(Step):
    share: Annotated[float, Field(gt=0, le=MOST_CANARY, allow_inf_nan=False)]


class PromoteStep(Step):
    after_restart: bool = False
    """The release is other code or another base model: the next start of the platform will serve it."""


class ShownRelease(Shape):
    """A release under its name, with all its steps."""

    release_id: str
    state: ReleaseState
    record: ReleaseRecord


class Current(Shape):
    """What answers now, and what this installation would be as a release."""

    live: str
    canary: str | None
    share: float
    installed: Release
    installed_id: str
    trouble: str
    """Why the live release of the ledger is not what answers here; empty when it is."""


@router.get("/api/releases")
async def releases(wiring: WiringDep, admin: AdminDep) -> list[ShownRelease]:
    """Every release with its steps; what changed last comes first."""
    return [_shown(record) for record in await wiring.releases.releases()]


@router.get("/api/releases/current")
async def current(wiring: WiringDep, admin: AdminDep) -> Current:
    routing: Routing = await wiring.asks.routing()
    installed = wiring.installation.release
    return Current(
        live=routing.live,
        canary=routing.canary,
        share=routing.share,
        installed=installed,
        installed_id=installed.release_id,
        trouble=wiring.asks.trouble,
    )


@router.get("/api/releases/{release_id}")
async def release(release_id: ReleaseId, wiring: WiringDep, admin: AdminDep) -> ShownRelease:
    return _shown(await wiring.releases.release(release_id))


@router.post("/api/releases", status_code=201)
async def propose(step: ProposeStep, wiring: WiringDep, admin: AdminDep) -> ShownRelease:
    """What this installation is on disk now, as a draft: its prompts and rules are kept with it."""
    proposed, files = wiring.installation.as_on_disk(step.adapter)
    return _shown(await wiring.release_flow.propose(proposed, files, step.by, step.why))


@router.post("/api/releases/rollback")
async def rollback(step: Step, wiring: WiringDep, admin: AdminDep) -> ShownRelease:
    """Stop the canary; without one, back to what was live before. Seen by every process within a second."""
    return _shown(await wiring.release_flow.rollback(step.by, step.why))


@router.post("/api/releases/{release_id}/verdict")
async def measured(release_id: ReleaseId, given: Measured, wiring: WiringDep, admin: AdminDep) -> ShownRelease:
    """The gate's verdict, as `seatmate-eval gate --out` wrote it."""
    return _shown(await wiring.release_flow.measured(release_id, given.verdict, given.by))


@router.post("/api/releases/{release_id}/approve")
async def approve(release_id: ReleaseId, step: Step, wiring: WiringDep, admin: AdminDep) -> ShownRelease:
    return _shown(await wiring.release_flow.approve(release_id, step.by, step.why))


@router.post("/api/releases/{release_id}/canary")
async def canary(release_id: ReleaseId, step: CanaryStep, wiring: WiringDep, admin: AdminDep) -> ShownRelease:
    """A share of conversations, drawn by the hash of their id."""
    return _shown(await wiring.release_flow.canary(release_id, step.share, step.by, step.why))


@router.post("/api/releases/{release_id}/promote")
async def promote(release_id: ReleaseId, step: PromoteStep, wiring: WiringDep, admin: AdminDep) -> ShownRelease:
    return _shown(await wiring.release_flow.promote(release_id, step.by, step.why, after_restart=step.after_restart))


@router.get("/api/answers/{answer_id}")
async def answer(answer_id: str, wiring: WiringDep, admin: AdminDep) -> Answer:
    """An answer as it was given, with the release and the snapshot that made it."""
    return await wiring.answers.answer(answer_id)


@router.post("/api/answers/{answer_id}/replay")
async def replayed(answer_id: str, wiring: WiringDep, admin: AdminDep) -> Replay:
    """Its evidence against the kept documents, and the same question to the same release on the same snapshot."""
    return await replay(
        await wiring.answers.answer(answer_id), wiring.knowledge, lambda answer, asked: _again(wiring, answer, asked)
    )


def _shown(record: ReleaseRecord) -> ShownRelease:
    return ShownRelease(release_id=record.release_id, state=record.state, record=record)


async def _again(wiring: Wiring, answer: Answer, question: Question) -> Answer:
    if answer.snapshot is None:
        raise NotFound("nothing was published when it was asked")
    ask = await wiring.asks.of(answer.release_id)
    return await ask.whole_answer(question, question.scope or (), looking_at=answer.snapshot)
