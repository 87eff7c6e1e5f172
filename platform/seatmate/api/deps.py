"""What an endpoint may ask for: the wiring, the caller and his scopes. Scopes are decided here and nowhere else."""

import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Header, HTTPException, Request

from seatmate.api.metrics import Metrics
from seatmate.domain.errors import Overloaded
from seatmate.wiring.api import Wiring

ADMIN = "admin"
"""The scope that may build and publish knowledge; no document has it."""
QUALITY = "quality"
"""The scope that may judge compliance hits and see rates of agents and teams; no document has it."""


@dataclass(frozen=True)
class Caller:
    scopes: tuple[str, ...]

    @property
    def is_admin(self) -> bool:
        return ADMIN in self.scopes


def _wiring(request: Request) -> Wiring:
    return cast(Wiring, request.app.state.wiring)


def _metrics(request: Request) -> Metrics:
    return cast(Metrics, request.app.state.metrics)


WiringDep = Annotated[Wiring, Depends(_wiring)]
MetricsDep = Annotated[Metrics, Depends(_metrics)]


def _caller(wiring: WiringDep, authorization: Annotated[str | None, Header()] = None) -> Caller:
    keys = wiring.settings.api.keys
    if not keys:
        return Caller(wiring.settings.api.open_scopes)
    given = (authorization or "").removeprefix("Bearer ").strip()
    for key, scopes in keys.items():
        if hmac.compare_digest(key.encode(), given.encode()):
            return Caller(scopes)
    raise HTTPException(401, "a valid API key is needed", {"WWW-Authenticate": "Bearer"})


CallerDep = Annotated[Caller, Depends(_caller)]


def _admin(caller: CallerDep) -> Caller:
    if not caller.is_admin:
        raise HTTPException(403, f"this needs the scope {ADMIN}")
    return caller


def _inspector(caller: CallerDep) -> Caller:
    if QUALITY not in caller.scopes:
        raise HTTPException(403, f"this needs the scope {QUALITY}")
    return caller


InspectorDep = Annotated[Caller, Depends(_inspector)]
AdminDep = Annotated[Caller, Depends(_admin)]


class LiveQuestions:
    """How many questions are being answered; one too many is refused at once instead of making all of them wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = 0

    def enter(self) -> None:
        if self._now >= self._most:
            raise Overloaded(f"{self._most} questions are being answered; try again in a moment")
        self._now += 1

    def leave(self) -> None:
        self._now -= 1


async def _live_question(request: Request) -> AsyncIterator[None]:
    gate = cast(LiveQuestions, request.app.state.live_questions)
    gate.enter()
    try:
        yield
    finally:
        gate.leave()


LiveQuestionDep = Annotated[None, Depends(_live_question)]
