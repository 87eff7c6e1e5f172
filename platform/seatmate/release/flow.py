"""A release on its way into traffic: propose → measured → approve → canary → promote, and back.

The rules of each step are the domain's; here they are put together with what is kept. Every step says who and why, and
of two people who take one at the same time one is told to look again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from seatmate.domain import releases as rules
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.release_ports import CanServe, Releases
from seatmate.domain.releases import Gatekeeper, Release, ReleaseRecord, ReleaseRefused, ReleaseState, Routing
from seatmate.domain.verdicts import GateVerdict


class ReleaseFlow:
    """The flow with its parts. `keeper` is asked at each step: suites and gates may have changed on disk."""

    def __init__(
        self,
        releases: Releases,
        keeper: Callable[[], Gatekeeper],
        can_serve: CanServe,
        now: Callable[[], datetime],
    ) -> None:
        self._releases = releases
        self._keeper = keeper
        self._can_serve = can_serve
        self._now = now

    async def propose(self, parts: Release, files: Mapping[str, bytes], by: str, why: str) -> ReleaseRecord:
        """A draft of what this installation is now; a retired release may be proposed again."""
        record = rules.propose(parts, by, self._now(), why)
        try:
            known = await self._releases.release(parts.release_id)
        except NotFound:
            await self._releases.add(record, files)
            return record
        if known.state is not ReleaseState.RETIRED:
            raise ReleaseRefused(f"{parts.release_id} 已经提出，当前{known.state.label}")
        again = known.model_copy(update={"steps": (*known.steps, *record.steps), "verdict": None})
        await self._releases.keep(again)
        return again

    async def measured(self, release_id: str, verdict: GateVerdict, by: str) -> ReleaseRecord:
        record = await self._releases.release(release_id)
        return await self._kept(rules.measured(record, verdict, self._keeper(), by, self._now()))

    async def approve(self, release_id: str, by: str, why: str) -> ReleaseRecord:
        record = await self._compared(release_id)
        return await self._kept(rules.approve(record, self._keeper(), by, self._now(), why))

    async def canary(self, release_id: str, share: float, by: str, why: str) -> ReleaseRecord:
        record = await self._compared(release_id)
        await self._refuse_unservable(record)
        others = [c for c in await self._releases.releases(ReleaseState.CANARY) if c.release_id != release_id]
        if others:
            raise ReleaseRefused(f"{others[0].release_id} 正在灰度，同时只能有一个")
        return await self._kept(rules.start_canary(record, self._keeper(), share, by, self._now(), why))

    async def promote(self, release_id: str, by: str, why: str, *, after_restart: bool = False) -> ReleaseRecord:
        """Live, and what was live retires with it in one transaction.

        `after_restart`: the release is other code or another base model, which only the next start can serve.
        """
        record, at = await self._compared(release_id), self._now()
        if not after_restart:
            await self._refuse_unservable(record)
        promoted = rules.promote(record, self._keeper(), by, at, why)
        others = await self._releases.releases(ReleaseState.LIVE, ReleaseState.CANARY)
        ended = [rules.retire(o, by, at, f"由 {release_id} 接替") for o in others if o.release_id != release_id]
        await self._releases.keep(promoted, *ended)
        return promoted

    async def rollback(self, by: str, why: str) -> ReleaseRecord:
        """Stop the canary; without one, back to the release that was live before. The record of what is live now."""
        at = self._now()
        live = (await self._releases.releases(ReleaseState.LIVE))[0]
        canaries = await self._releases.releases(ReleaseState.CANARY)
        if canaries:
            await self._releases.keep(*(rules.retire(canary, by, at, why) for canary in canaries))
            return live
        before = await self._live_before(live)
        await self._refuse_unservable(before)
        return await self._kept(rules.restore(before, by, at, why), rules.retire(live, by, at, why))

    async def stand_down(self, release_id: str, by: str, why: str) -> bool:
        """End this canary; live goes on. False: it is no canary any more, somebody was faster."""
        record = await self._releases.release(release_id)
        if record.state is not ReleaseState.CANARY:
            return False
        try:
            await self._releases.keep(rules.retire(record, by, self._now(), why))
        except Conflict:
            return False
        return True

    async def within_reach(self) -> list[ReleaseRecord]:
        """What answers, and what one rollback would bring back: live, canary and the release before."""
        found = await self._releases.releases(ReleaseState.LIVE, ReleaseState.CANARY)
        live = next((record for record in found if record.state is ReleaseState.LIVE), None)
        if live is None:
            return found
        try:
            return [*found, await self._live_before(live)]
        except ReleaseRefused:
            return found

    async def routing(self, installed: Release, files: Callable[[], Mapping[str, bytes]]) -> Routing:
        """Who is live and who is the canary. The first start of a new installation makes its own release live."""
        found = await self._releases.releases(ReleaseState.LIVE, ReleaseState.CANARY)
        live = next((record for record in found if record.state is ReleaseState.LIVE), None)
        if live is None:
            return await self._adopt(installed, files())
        canary = next((record for record in found if record.state is ReleaseState.CANARY), None)
        return Routing(live.release_id, canary.release_id, canary.share) if canary else Routing(live.release_id)

    async def _adopt(self, installed: Release, files: Mapping[str, bytes]) -> Routing:
        try:
            await self._releases.add(rules.adopted(installed, self._now()), files)
        except Conflict:  # API and worker start together, and either may be first
            live = await self._releases.releases(ReleaseState.LIVE)
            if not live:
                raise ReleaseRefused("没有在用的版本：请先批准并上线一个版本") from None
            return Routing(live[0].release_id)
        return Routing(installed.release_id)

    async def _live_before(self, live: ReleaseRecord) -> ReleaseRecord:
        """What was in traffic when the live release was promoted. Rolled back again, it goes further back."""
        retired = await self._releases.releases(ReleaseState.RETIRED)
        since = live.promoted_at
        earlier = [(at, r.release_id, r) for r in retired if (at := r.promoted_at) and since and at < since]
        if not earlier:
            raise ReleaseRefused(f"{live.release_id} 之前没有在用过的版本，无法回退")
        return max(earlier, key=lambda entry: entry[:2])[2]

    async def _compared(self, release_id: str) -> ReleaseRecord:
        """The release, unless it was compared with another than the live one: that says nothing of what it replaces."""
        record = await self._releases.release(release_id)
        against = record.verdict.live_release_id if record.verdict else None
        live = await self._releases.releases(ReleaseState.LIVE)
        if against is not None and live and live[0].release_id != against:
            raise ReleaseRefused(f"评测时对照的是 {against}，现在在用的是 {live[0].release_id}，请重新评测")
        return record

    async def _refuse_unservable(self, record: ReleaseRecord) -> None:
        if reason := await self._can_serve(record):
            raise ReleaseRefused(f"此安装无法提供 {record.release_id}：{reason}")

    async def _kept(self, record: ReleaseRecord, *others: ReleaseRecord) -> ReleaseRecord:
        await self._releases.keep(record, *others)
        return record
