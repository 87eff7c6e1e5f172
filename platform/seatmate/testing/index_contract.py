"""What every PassageIndex keeps, fake or real. A test subclasses it and gives the index:

    class TestEdgeKeepsTheContract(PassageIndexContract):
        @pytest.fixture
        async def index(self, tmp_path): ...

Knows nothing of files or engines.
"""

from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain.knowledge import OPEN_SNAPSHOT, Passage
from seatmate.domain.ports import IndexPoint, PassageIndex, Vectors, Visible
from seatmate.testing.stores import HashEncoder

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
ALWAYS, FOR_EVER = -(2**40), 2**40
ENCODER = HashEncoder()


def point(
    name: str,
    text: str = "远程柜台转账手续费",
    scope: tuple[str, ...] = ("retail",),
    since: int = ALWAYS,
    until: int = FOR_EVER,
    snap_from: int = 1,
    snap_to: int = OPEN_SNAPSHOT,
    products: tuple[str, ...] = (),
) -> IndexPoint:
    return IndexPoint(passage_id(name), vectors_of(text), scope, products, since, until, snap_from, snap_to)


def vectors_of(text: str) -> Vectors:
    return ENCODER.vectors_of_passage(text)


def passage_id(name: str) -> str:
    return Passage.id_of(name, "v", 0, 1)


def visible(
    snapshot: int = 1,
    as_of: datetime = NOON,
    scopes: tuple[str, ...] = ("retail",),
    in_force_only: bool = True,
    withheld: tuple[str, ...] = (),
) -> Visible:
    return Visible(snapshot, as_of, scopes, in_force_only, withheld)


class PassageIndexContract:
    @pytest.fixture
    async def index(self) -> PassageIndex:
        raise NotImplementedError

    async def found(self, index: PassageIndex, seen: Visible, query: str = "转账手续费") -> set[str]:
        return {hit.passage_id for hit in await index.search(await ENCODER.encode_query(query), seen, 50)}

    async def test_a_snapshot_sees_what_was_written_up_to_it_and_not_closed(self, index: PassageIndex) -> None:
        await index.write([point("old"), point("new", snap_from=2)])
        await index.close_points([passage_id("old"), passage_id("nobody")], 2)
        assert await self.found(index, visible(1)) == {passage_id("old")}
        assert await self.found(index, visible(2)) == {passage_id("new")}

    async def test_discarding_a_build_restores_what_it_closed_and_drops_what_it_wrote(
        self, index: PassageIndex
    ) -> None:
        await index.write([point("kept"), point("closed before", snap_to=1, snap_from=0)])
        await index.write([point("candidate", snap_from=2)])
        await index.close_points([passage_id("kept")], 2)
        await index.reopen_points(2)
        await index.reopen_points(2)
        assert await self.found(index, visible(2)) == {passage_id("kept")}
        assert await self.found(index, visible(10_000)) == {passage_id("kept")}
        assert await index.count() == 2

    async def test_closing_again_later_does_not_reopen(self, index: PassageIndex) -> None:
        await index.write([point("a")])
        await index.close_points([passage_id("a")], 2)
        await index.close_points([passage_id("a")], 5)
        assert await self.found(index, visible(3)) == set()

    async def test_validity_is_half_open_to_the_second(self, index: PassageIndex) -> None:
        since, until = int(NOON.timestamp()), int((NOON + timedelta(days=1)).timestamp())
        await index.write([point("p", since=since, until=until)])
        second = timedelta(seconds=1)
        for moment, seen in (
            (NOON - second, False),
            (NOON - timedelta(milliseconds=1), False),
            (NOON, True),
            (NOON + timedelta(days=1) - timedelta(milliseconds=1), True),
            (NOON + timedelta(days=1), False),
        ):
            assert bool(await self.found(index, visible(as_of=moment))) is seen, moment
        assert await self.found(index, visible(as_of=NOON - second, in_force_only=False)) == {passage_id("p")}

    async def test_no_scope_sees_nothing_and_one_of_several_is_enough(self, index: PassageIndex) -> None:
        await index.write([point("r"), point("s", scope=("supervisor", "audit")), point("n", scope=())])
        assert await self.found(index, visible(scopes=())) == set()
        assert await index.count(visible(scopes=())) == 0
        assert await self.found(index, visible(scopes=("audit", "other"))) == {passage_id("s")}
        assert await self.found(index, visible(scopes=("retail", "supervisor"))) == {passage_id("r"), passage_id("s")}

    async def test_ties_come_in_the_order_of_ids(self, index: PassageIndex) -> None:
        names = [f"twin {n}" for n in range(20)]
        await index.write([point(name) for name in names])
        hits = await index.search(await ENCODER.encode_query("转账手续费"), visible(), 50)
        assert [(-hit.score, hit.passage_id) for hit in hits] == sorted((-hit.score, hit.passage_id) for hit in hits)
        assert [hit.passage_id for hit in hits] == sorted(passage_id(name) for name in names)

    async def test_the_better_match_comes_first_and_the_limit_holds(self, index: PassageIndex) -> None:
        await index.write(
            [point("fee"), point("rate", text="一年期整存整取利率"), point("card", text="信用卡年费减免")]
        )
        hits = await index.search(await ENCODER.encode_query("整存整取利率"), visible(), 1)
        assert [hit.passage_id for hit in hits] == [passage_id("rate")]
        assert await index.search(await ENCODER.encode_query("利率"), visible(), 0) == []

    async def test_a_rare_word_of_the_visible_snapshot_counts_though_it_was_common_before(
        self, index: PassageIndex
    ) -> None:
        """IDF is that of what the query may see, not of everything ever written."""
        await index.write([point(f"gone {n}", text="甲乙") for n in range(30)])
        await index.close_points([passage_id(f"gone {n}") for n in range(30)], 2)
        await index.write([point(f"common {n}", text="丙丁戊己", snap_from=2) for n in range(8)])
        await index.write([point("rare", text="甲乙庚辛", snap_from=2)])
        hits = await index.search(await ENCODER.encode_query("甲乙丙丁"), visible(2), 3)
        assert hits[0].passage_id == passage_id("rare")

    async def test_a_withheld_product_is_not_seen_and_what_speaks_of_others_too_is(self, index: PassageIndex) -> None:
        await index.write(
            [point("its own", products=("A1",)), point("shared", products=("A1", "B1")), point("of none")]
        )
        seen = await self.found(index, visible(withheld=("A1", "C1")))
        assert seen == {passage_id("shared"), passage_id("of none")}
        assert await index.count(visible(withheld=("A1",))) == 2
        assert await index.count(visible()) == 3

    async def test_vectors_come_back_as_they_were_written(self, index: PassageIndex) -> None:
        await index.write([point("a", text="一年期利率"), point("b", text="信用卡年费减免")])
        found = await index.vectors([passage_id("a"), passage_id("nobody"), passage_id("b")])
        assert set(found) == {passage_id("a"), passage_id("b")}
        for name, text in (("a", "一年期利率"), ("b", "信用卡年费减免")):
            vectors, written = found[passage_id(name)], vectors_of(text)
            assert vectors.sparse.indices == written.sparse.indices
            assert vectors.sparse.values == pytest.approx(written.sparse.values, rel=1e-6)
            assert vectors.dense == pytest.approx(written.dense, abs=1e-6)

    async def test_writing_again_replaces(self, index: PassageIndex) -> None:
        await index.write([point("p")])
        await index.write([point("p", scope=("supervisor",))])
        assert await index.count() == 1
        assert await self.found(index, visible()) == set()

    async def test_words_that_nothing_knows_do_no_harm(self, index: PassageIndex) -> None:
        await index.write([point("p")])
        assert isinstance(await index.search(await ENCODER.encode_query(""), visible(), 5), list)

    async def test_wiped_is_empty_and_can_be_written(self, index: PassageIndex) -> None:
        await index.write([point("p")])
        await index.wipe()
        assert await index.count() == 0
        await index.write([point("q")])
        assert await self.found(index, visible()) == {passage_id("q")}
