"""What every store of releases keeps, fake or real. See index_contract."""

from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain import releases as rules
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.release_ports import Releases
from seatmate.domain.releases import ReleaseState
from seatmate.testing.releases import release

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FILES = {"prompts/ask/answer.md": "只说依据。".encode(), "choices.json": b"{}"}


class ReleasesContract:
    @pytest.fixture
    async def releases(self) -> Releases:
        raise NotImplementedError

    async def test_a_release_comes_back_as_it_was_with_its_files(self, releases: Releases) -> None:
        record = rules.propose(release(), "周敏", NOON, "新的提示词")
        await releases.add(record, FILES)
        assert await releases.release(record.release_id) == record
        assert await releases.files(record.release_id) == FILES

    async def test_a_release_is_added_once(self, releases: Releases) -> None:
        await releases.add(rules.propose(release(), "周敏", NOON, "第一次"), FILES)
        with pytest.raises(Conflict):
            await releases.add(rules.propose(release(), "李强", NOON, "第二次"), {})
        assert await releases.files(release().release_id) == FILES

    async def test_of_two_steps_at_once_one_is_kept(self, releases: Releases) -> None:
        live = rules.adopted(release(), NOON)
        await releases.add(live, {})
        await releases.keep(rules.retire(live, "周敏", NOON + HOUR, "有问题"))
        with pytest.raises(Conflict):
            await releases.keep(rules.retire(live, "李强", NOON + HOUR, "有问题"))
        assert (await releases.release(live.release_id)).steps[-1].by == "周敏"

    async def test_several_are_kept_together_or_not_at_all(self, releases: Releases) -> None:
        first, second = rules.adopted(release("a"), NOON), rules.adopted(release("b"), NOON)
        await releases.add(first, {})
        await releases.add(second, {})
        await releases.keep(rules.retire(second, "周敏", NOON + HOUR, "有问题"))
        ends = [rules.retire(record, "李强", NOON + 2 * HOUR, "一起下线") for record in (first, second)]
        with pytest.raises(Conflict):
            await releases.keep(*ends)
        assert (await releases.release(first.release_id)).state is ReleaseState.LIVE

    async def test_they_are_found_by_their_state_and_the_last_changed_comes_first(self, releases: Releases) -> None:
        live = rules.adopted(release("a"), NOON)
        early = rules.propose(release("b"), "周敏", NOON + HOUR, "草稿")
        late = rules.propose(release("c"), "周敏", NOON + 2 * HOUR, "草稿")
        for record in (late, live, early):
            await releases.add(record, {})
        assert await releases.releases(ReleaseState.DRAFT) == [late, early]
        assert await releases.releases(ReleaseState.LIVE, ReleaseState.DRAFT) == [late, early, live]
        assert await releases.releases() == [late, early, live]
        assert await releases.releases(ReleaseState.CANARY) == []

    async def test_what_nobody_proposed_is_not_there(self, releases: Releases) -> None:
        with pytest.raises(NotFound):
            await releases.release("rel-none")
        with pytest.raises(NotFound):
            await releases.files("rel-none")
        with pytest.raises(Conflict):
            await releases.keep(rules.adopted(release(), NOON))
