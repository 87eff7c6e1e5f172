"""What exactly answers, and how it may come to do so: measured, approved by one person, put into traffic by another.

A release is named by the hash of all its parts (DESIGN §3). Its record is the list of its steps, of which none is
overwritten.

    draft ──verdict that lets pass──▶ evaluated ──▶ approved ──▶ canary ──▶ live ──▶ retired ──rollback──▶ live
                                                            └──────────────▶┘

Pure rules: what a step needs is checked here, who calls them and where they are kept is not known.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from seatmate.domain.errors import Conflict
from seatmate.domain.model import Shape
from seatmate.domain.verdicts import GateVerdict, Outcome

INSTALLATION = "installation"
"""Who put the first release of a new installation live: there was nothing that it could have been compared with."""
MOST_CANARY = 0.5


class Release(Shape):
    """Every part by hash or version; change one and `release_id` changes. Answers also keep their corpus snapshot."""

    base_model: str
    adapter: str
    prompts: str
    rules: str
    encoder: str
    retrieval: str
    analysis: str
    code: str

    @property
    def release_id(self) -> str:
        canonical = json.dumps(self.model_dump(), sort_keys=True, ensure_ascii=False)
        return f"rel-{hashlib.sha256(canonical.encode()).hexdigest()[:12]}"


class ReleaseState(StrEnum):
    DRAFT = "draft"
    EVALUATED = "evaluated"
    APPROVED = "approved"
    CANARY = "canary"
    LIVE = "live"
    RETIRED = "retired"

    @property
    def label(self) -> str:
        return {
            "draft": "草稿",
            "evaluated": "已评测",
            "approved": "已批准",
            "canary": "灰度中",
            "live": "在用",
            "retired": "已下线",
        }[self.value]


class ReleaseRefused(Conflict):
    """A step that the release's state, its verdict or the person does not allow."""

    code = "RELEASE_REFUSED"


class ReleaseStep(Shape):
    """Who did what, when and why."""

    state: ReleaseState
    by: str
    at: AwareDatetime
    why: str
    share: float | None = None
    """Of conversations, for a canary."""
    verdict_sha256: str | None = None
    """What the step rests on."""


class ReleaseRecord(Shape):
    """A release and all that was done with it. `steps` has one at least."""

    parts: Release
    steps: Annotated[tuple[ReleaseStep, ...], Field(min_length=1)]
    verdict: GateVerdict | None = None
    """The newest; the steps name the one that they rest on."""

    @property
    def release_id(self) -> str:
        return self.parts.release_id

    @property
    def state(self) -> ReleaseState:
        return self.steps[-1].state

    @property
    def share(self) -> float:
        """Of conversations that it answers, for a canary."""
        return self.steps[-1].share or 0.0

    @property
    def promoted_at(self) -> datetime | None:
        """When it last came into traffic by a verdict, or, as the first of an installation, without one. None: never.

        Being restored by a rollback is no promotion.
        """
        live = [step for step in self.steps if step.state is ReleaseState.LIVE]
        promoted = [step.at for step in live if step.verdict_sha256] or [step.at for step in live[:1]]
        return promoted[-1] if promoted else None

    def last(self, state: ReleaseState) -> ReleaseStep | None:
        return next((step for step in reversed(self.steps) if step.state is state), None)


@dataclass(frozen=True)
class Gatekeeper:
    """What a verdict is held against when somebody wants to rely on it."""

    suites_sha256: Mapping[str, str]
    """Of the suites as they are installed now."""
    gates_sha256: str
    key: str = ""
    max_age: timedelta = timedelta(days=14)

    def refuse_unless_good(self, record: ReleaseRecord, at: datetime) -> GateVerdict:
        """The verdict that lets the release pass. ReleaseRefused says what is wrong with the one there is."""
        verdict = record.verdict
        if verdict is None:
            raise ReleaseRefused(f"{record.release_id} 没有评测结论，不能继续")
        if fault := self._fault(record, verdict, at):
            raise ReleaseRefused(f"{record.release_id} 的评测结论不可用：{fault}")
        return verdict

    def _fault(self, record: ReleaseRecord, verdict: GateVerdict, at: datetime) -> str | None:
        stale = [name for name, sha256 in verdict.suites_sha256.items() if self.suites_sha256.get(name) != sha256]
        expired = [c.id for c in verdict.checks if c.waiver is not None and c.waiver.until < at.date()]
        faults = {
            "内容与封印不符，可能被改动": not verdict.is_whole(self.key),
            f"它属于另一个版本 {verdict.release_id}": verdict.release_id != record.release_id,
            f"结论是 {verdict.outcome.value}": not verdict.lets_pass,
            "结论与各项检查不一致": any(c.outcome in (Outcome.FAIL, Outcome.INSUFFICIENT) for c in verdict.checks),
            f"评测题已更新：{'、'.join(stale)}": bool(stale),
            "门限文件已更新": verdict.gates_sha256 != self.gates_sha256,
            f"已超过 {self.max_age.days} 天": at - verdict.made_at > self.max_age,
            "结论的时间在将来": verdict.made_at > at + timedelta(minutes=5),
            f"豁免已到期：{'、'.join(expired)}": bool(expired),
        }
        return next((why for why, holds in faults.items() if holds), None)


@dataclass(frozen=True)
class Routing:
    """Which release answers whom."""

    live: str
    canary: str | None = None
    share: float = 0.0

    def release_for(self, conversation_id: str | None) -> str:
        """A conversation stays with its release for as long as the share does not change; without one it is live's."""
        if self.canary is None or conversation_id is None:
            return self.live
        drawn = hashlib.sha256(f"{self.canary}:{conversation_id}".encode()).digest()
        return self.canary if int.from_bytes(drawn[:8]) / 2**64 < self.share else self.live


def propose(parts: Release, by: str, at: datetime, why: str) -> ReleaseRecord:
    return ReleaseRecord(parts=parts, steps=(_step(ReleaseState.DRAFT, by, at, why),))


def adopted(parts: Release, at: datetime) -> ReleaseRecord:
    """The first release of a new installation, live without a comparison: there is nothing to compare it with."""
    return ReleaseRecord(parts=parts, steps=(_step(ReleaseState.LIVE, INSTALLATION, at, "首次启动"),))


def measured(record: ReleaseRecord, verdict: GateVerdict, keeper: Gatekeeper, by: str, at: datetime) -> ReleaseRecord:
    """With its verdict. One that does not let pass is kept too, and the release stays or becomes a draft."""
    if record.state not in (ReleaseState.DRAFT, ReleaseState.EVALUATED):
        raise ReleaseRefused(f"{record.release_id} {record.state.label}，不再接受评测结论")
    if verdict.release_id != record.release_id or not verdict.is_whole(keeper.key):
        raise ReleaseRefused(f"这份评测结论不属于 {record.release_id}，或已被改动")
    state = ReleaseState.EVALUATED if verdict.lets_pass else ReleaseState.DRAFT
    with_verdict = record.model_copy(update={"verdict": verdict})
    return _with(with_verdict, _step(state, by, at, f"评测结论：{verdict.outcome.value}", verdict=verdict))


def approve(record: ReleaseRecord, keeper: Gatekeeper, by: str, at: datetime, why: str) -> ReleaseRecord:
    """By somebody else than who proposed it."""
    _must_be(record, ReleaseState.EVALUATED)
    verdict = keeper.refuse_unless_good(record, at)
    if by.strip() in {step.by for step in record.steps if step.state is ReleaseState.DRAFT}:
        raise ReleaseRefused("提出人不能批准自己的版本")
    return _with(record, _step(ReleaseState.APPROVED, by, at, why, verdict=verdict))


def start_canary(
    record: ReleaseRecord, keeper: Gatekeeper, share: float, by: str, at: datetime, why: str
) -> ReleaseRecord:
    """Let it answer a share of conversations; said again, with another share."""
    _must_be(record, ReleaseState.APPROVED, ReleaseState.CANARY)
    if not 0 < share <= MOST_CANARY:
        raise ReleaseRefused(f"灰度比例须大于 0，不超过 {MOST_CANARY:.0%}")
    verdict = keeper.refuse_unless_good(record, at)
    _must_not_be_the_approver(record, by)
    return _with(record, _step(ReleaseState.CANARY, by, at, why, share=share, verdict=verdict))


def promote(record: ReleaseRecord, keeper: Gatekeeper, by: str, at: datetime, why: str) -> ReleaseRecord:
    """Live, by somebody else than who approved it."""
    _must_be(record, ReleaseState.APPROVED, ReleaseState.CANARY)
    verdict = keeper.refuse_unless_good(record, at)
    _must_not_be_the_approver(record, by)
    return _with(record, _step(ReleaseState.LIVE, by, at, why, verdict=verdict))


def retire(record: ReleaseRecord, by: str, at: datetime, why: str) -> ReleaseRecord:
    _must_be(record, ReleaseState.LIVE, ReleaseState.CANARY)
    return _with(record, _step(ReleaseState.RETIRED, by, at, why))


def restore(record: ReleaseRecord, by: str, at: datetime, why: str) -> ReleaseRecord:
    """Live again: a rollback needs no verdict and no second person, it goes back to what was there."""
    _must_be(record, ReleaseState.RETIRED)
    if record.promoted_at is None:
        raise ReleaseRefused(f"{record.release_id} 从未在用，不能回退到它")
    return _with(record, _step(ReleaseState.LIVE, by, at, why))


def _must_be(record: ReleaseRecord, *states: ReleaseState) -> None:
    if record.state not in states:
        wanted = "或".join(state.label for state in states)
        raise ReleaseRefused(f"{record.release_id} 当前{record.state.label}，此操作须在{wanted}时进行")


def _must_not_be_the_approver(record: ReleaseRecord, by: str) -> None:
    approved = record.last(ReleaseState.APPROVED)
    if approved is not None and approved.by == by.strip():
        raise ReleaseRefused("批准人不能自己上线，须由另一人操作")


def _step(
    state: ReleaseState,
    by: str,
    at: datetime,
    why: str,
    *,
    share: float | None = None,
    verdict: GateVerdict | None = None,
) -> ReleaseStep:
    if not by.strip() or not why.strip():
        raise ReleaseRefused("须写明操作人和理由")
    sha256 = verdict.sha256 if verdict else None
    return ReleaseStep(state=state, by=by.strip(), at=at, why=why.strip(), share=share, verdict_sha256=sha256)


def _with(record: ReleaseRecord, step: ReleaseStep) -> ReleaseRecord:
    if step.at < record.steps[-1].at:
        raise ReleaseRefused("时间早于上一步")
    return record.model_copy(update={"steps": (*record.steps, step)})
