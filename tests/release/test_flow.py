"""Into traffic, and back: what the ledger has after each step."""

from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.releases import Gatekeeper, ReleaseRecord, ReleaseRefused, ReleaseState, Routing
from seatmate.release.flow import ReleaseFlow
from seatmate.testing.releases import MemoryReleases, release, verdict_on

START = datetime(2026, 11, 9, 12, tzinfo=UTC)
FILES = {"choices.json": b"{}"}


class Desk:
    """Releases at work: a clock that goes on by a minute with every look, and what cannot be served."""

    def __init__(self) -> None:
        self.at = START
        self.releases = MemoryReleases()
        self.unservable: dict[str, str] = {}
        keeper = Gatekeeper({"answer": "2" * 64}, "9" * 64)
        self.flow = ReleaseFlow(self.releases, lambda: keeper, self.can_serve, self.now)

    def now(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    async def can_serve(self, record: ReleaseRecord) -> str:
        return self.unservable.get(record.release_id, "")

    async def routing(self, name: str = "a") -> Routing:
        return await self.flow.routing(release(name), lambda: FILES)

    async def approved(self, name: str) -> str:
        """Proposed by 周敏, measured, approved by 李强."""
        record = await self.flow.propose(release(name), FILES, "周敏", "改进")
        await self.flow.measured(record.release_id, verdict_on(record.release_id, self.now()).sealed(), "ci")
        await self.flow.approve(record.release_id, "李强", "看过报告")
        return record.release_id

    async def promoted(self, name: str) -> str:
        release_id = await self.approved(name)
        await self.flow.promote(release_id, "王芳", "上线")
        return release_id


A = release("a").release_id


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.routing()
    return desk


async def test_the_first_start_makes_the_installation_live(desk: Desk) -> None:
    assert await desk.routing() == Routing(A)
    assert await desk.routing("b") == Routing(A), "a later installation has to be promoted"
    assert (await desk.releases.release(A)).steps[0].by == "installation"


async def test_a_promotion_retires_what_was_live(desk: Desk) -> None:
    b = await desk.promoted("b")
    assert await desk.routing() == Routing(b)
    assert (await desk.releases.release(A)).state is ReleaseState.RETIRED


async def test_a_canary_answers_its_share_and_is_promoted_or_stopped(desk: Desk) -> None:
    b = await desk.approved("b")
    await desk.flow.canary(b, 0.1, "王芳", "先看一天")
    assert await desk.routing() == Routing(A, b, 0.1)
    await desk.flow.canary(b, 0.5, "王芳", "再看一天")
    assert await desk.routing() == Routing(A, b, 0.5)
    assert (await desk.flow.rollback("值班", "投诉变多")).release_id == A
    assert await desk.routing() == Routing(A)
    with pytest.raises(ReleaseRefused):
        await desk.flow.promote(b, "王芳", "还是上")


async def test_there_is_one_canary_at_a_time(desk: Desk) -> None:
    b, c = await desk.approved("b"), await desk.approved("c")
    await desk.flow.canary(b, 0.1, "王芳", "先看")
    with pytest.raises(ReleaseRefused, match="正在灰度"):
        await desk.flow.canary(c, 0.1, "王芳", "也看")
    await desk.flow.promote(c, "王芳", "直接上线")
    assert await desk.routing() == Routing(c), "who is promoted past a canary ends it"


async def test_a_rollback_goes_back_step_by_step_and_not_to_and_fro(desk: Desk) -> None:
    b = await desk.promoted("b")
    await desk.promoted("c")
    assert (await desk.flow.rollback("值班", "利率写错")).release_id == b
    assert (await desk.flow.rollback("值班", "还是错")).release_id == A
    with pytest.raises(ReleaseRefused, match="没有在用过的版本"):
        await desk.flow.rollback("值班", "再退")


async def test_a_release_that_was_rolled_back_needs_a_new_verdict(desk: Desk) -> None:
    b = await desk.promoted("b")
    await desk.flow.rollback("值班", "利率写错")
    with pytest.raises(ReleaseRefused):
        await desk.flow.promote(b, "王芳", "再来")
    await desk.promoted("b")
    assert await desk.routing() == Routing(b)
    assert (await desk.flow.rollback("值班", "又错")).release_id == A


async def test_a_comparison_with_a_release_that_is_no_longer_live_promotes_nothing(desk: Desk) -> None:
    record = await desk.flow.propose(release("b"), FILES, "周敏", "改进")
    verdict = verdict_on(record.release_id, desk.now()).model_copy(update={"live_release_id": A}).sealed()
    await desk.flow.measured(record.release_id, verdict, "ci")
    await desk.flow.approve(record.release_id, "李强", "看过报告")
    c = await desk.promoted("c")
    for step in (
        desk.flow.promote(record.release_id, "王芳", "上线"),
        desk.flow.canary(record.release_id, 0.1, "王芳", "灰度"),
    ):
        with pytest.raises(ReleaseRefused, match="请重新评测"):
            await step
    assert await desk.routing() == Routing(c)


async def test_what_this_installation_cannot_serve_is_not_put_into_traffic(desk: Desk) -> None:
    b = await desk.approved("b")
    desk.unservable[b] = "模型服务没有加载 bank@b"
    for step in (desk.flow.promote(b, "王芳", "上线"), desk.flow.canary(b, 0.1, "王芳", "灰度")):
        with pytest.raises(ReleaseRefused, match="没有加载"):
            await step
    await desk.flow.promote(b, "王芳", "换装后上线", after_restart=True)
    assert await desk.routing() == Routing(b)


async def test_a_rollback_to_what_cannot_be_served_is_refused_and_changes_nothing(desk: Desk) -> None:
    b = await desk.promoted("b")
    desk.unservable[A] = "代码不同"
    with pytest.raises(ReleaseRefused, match="代码不同"):
        await desk.flow.rollback("值班", "利率写错")
    assert await desk.routing() == Routing(b)


async def test_a_release_is_proposed_once_while_it_is_under_way(desk: Desk) -> None:
    await desk.flow.propose(release("b"), FILES, "周敏", "改进")
    with pytest.raises(Conflict, match="已经提出"):
        await desk.flow.propose(release("b"), FILES, "周敏", "改进")
    with pytest.raises(Conflict, match="在用"):
        await desk.flow.propose(release("a"), FILES, "周敏", "改进")


async def test_steps_on_a_release_that_is_not_there_are_told_so(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.flow.approve("rel-none", "李强", "看过")
