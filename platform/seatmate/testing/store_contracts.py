"""What every PassageIndex and every KnowledgeLedger keeps, fake or real. A test subclasses one and gives the store:

    class TestEdgeKeepsTheContract(PassageIndexContract):
        @pytest.fixture
        async def index(self, tmp_path): ...

Knows nothing of files or engines.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.knowledge import DocumentVersion, Passage, Product, SnapshotState, Validity
from seatmate.domain.ports import IndexPoint, KnowledgeLedger, PassageIndex, Visible
from seatmate.testing.stores import HashEncoder

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
OPEN = 2**31 - 1
ALWAYS, FOR_EVER = -(2**40), 2**40
ENCODER = HashEncoder()


def point(
    name: str,
    text: str = "远程柜台转账手续费",
    scope: tuple[str, ...] = ("retail",),
    since: int = ALWAYS,
    until: int = FOR_EVER,
    snap_from: int = 1,
    snap_to: int = OPEN,
) -> IndexPoint:
    [vectors] = ENCODER.encode_passages([text])
    return IndexPoint(passage_id(name), vectors, scope, (), since, until, snap_from, snap_to)


def passage_id(name: str) -> str:
    return Passage.id_of(name, "v", 0, 1)


def visible(
    snapshot: int = 1, as_of: datetime = NOON, scopes: tuple[str, ...] = ("retail",), in_force_only: bool = True
) -> Visible:
    return Visible(snapshot, as_of, scopes, in_force_only)


class PassageIndexContract:
    @pytest.fixture
    async def index(self) -> PassageIndex:
        raise NotImplementedError

    async def found(self, index: PassageIndex, seen: Visible, query: str = "转账手续费") -> set[str]:
        return {hit.passage_id for hit in await index.search(ENCODER.encode_query(query), seen, 50)}

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
        hits = await index.search(ENCODER.encode_query("转账手续费"), visible(), 50)
        assert [(-hit.score, hit.passage_id) for hit in hits] == sorted((-hit.score, hit.passage_id) for hit in hits)
        assert [hit.passage_id for hit in hits] == sorted(passage_id(name) for name in names)

    async def test_the_better_match_comes_first_and_the_limit_holds(self, index: PassageIndex) -> None:
        await index.write(
            [point("fee"), point("rate", text="一年期整存整取利率"), point("card", text="信用卡年费减免")]
        )
        hits = await index.search(ENCODER.encode_query("整存整取利率"), visible(), 1)
        assert [hit.passage_id for hit in hits] == [passage_id("rate")]
        assert await index.search(ENCODER.encode_query("利率"), visible(), 0) == []

    async def test_a_rare_word_of_the_visible_snapshot_counts_though_it_was_common_before(
        self, index: PassageIndex
    ) -> None:
        """IDF is that of what the query may see, not of everything ever written."""
        await index.write([point(f"gone {n}", text="甲乙") for n in range(30)])
        await index.close_points([passage_id(f"gone {n}") for n in range(30)], 2)
        await index.write([point(f"common {n}", text="丙丁戊己", snap_from=2) for n in range(8)])
        await index.write([point("rare", text="甲乙庚辛", snap_from=2)])
        hits = await index.search(ENCODER.encode_query("甲乙丙丁"), visible(2), 3)
        assert hits[0].passage_id == passage_id("rare")

    async def test_writing_again_replaces(self, index: PassageIndex) -> None:
        await index.write([point("p")])
        await index.write([point("p", scope=("supervisor",))])
        assert await index.count() == 1
        assert await self.found(index, visible()) == set()

    async def test_words_that_nothing_knows_do_no_harm(self, index: PassageIndex) -> None:
        await index.write([point("p")])
        assert isinstance(await index.search(ENCODER.encode_query(""), visible(), 5), list)

    async def test_wiped_is_empty_and_can_be_written(self, index: PassageIndex) -> None:
        await index.write([point("p")])
        await index.wipe()
        assert await index.count() == 0
        await index.write([point("q")])
        assert await self.found(index, visible()) == {passage_id("q")}


def document(doc_id: str, text: str = "手续费为5元。", version: str | None = None) -> DocumentVersion:
    return DocumentVersion(
        doc_id=doc_id,
        version=version or DocumentVersion.version_of(text, doc_id),
        path=f"{doc_id}.md",
        title=f"{doc_id}的标题",
        doc_type="公告",
        product_codes=("YCWY090A",),
        scope=("retail",),
        validity=Validity(NOON, NOON + timedelta(days=3)),
        published_at=NOON,
        supersedes=None,
        text=text,
        extra=(("owner", "运营"),),
    )


def passage(of: DocumentVersion) -> Passage:
    return Passage(
        passage_id=Passage.id_of(of.doc_id, of.version, 0, len(of.text)),
        doc_id=of.doc_id,
        version=of.version,
        title=of.title,
        doc_type=of.doc_type,
        product_codes=of.product_codes,
        scope=of.scope,
        validity=of.validity,
        start=0,
        end=len(of.text),
        text=of.text,
        context=of.title,
        page=2,
    )


class KnowledgeLedgerContract:
    @pytest.fixture
    async def ledger(self) -> KnowledgeLedger:
        raise NotImplementedError

    async def publish(
        self, ledger: KnowledgeLedger, documents: Sequence[DocumentVersion], closed: Sequence[str]
    ) -> int:
        snapshot = await ledger.begin_snapshot("drop")
        await ledger.add_documents(snapshot, documents, [passage(d) for d in documents])
        await ledger.close_documents(snapshot, closed)
        await ledger.finish_build(snapshot, len(documents), len(documents))
        await ledger.move_pointer(snapshot)
        return snapshot

    async def test_what_is_stored_comes_back_the_same(self, ledger: KnowledgeLedger) -> None:
        a = document("a")
        await self.publish(ledger, [a], [])
        assert await ledger.documents_at(1) == [a]
        assert await ledger.passages([passage(a).passage_id, "unknown"]) == {passage(a).passage_id: passage(a)}
        assert await ledger.passages_at(1) == [(passage(a), 1, OPEN)]

    async def test_each_snapshot_has_its_own_documents(self, ledger: KnowledgeLedger) -> None:
        old, new, other = document("a"), document("a", "手续费为0元。"), document("b")
        await self.publish(ledger, [old, other], [])
        await self.publish(ledger, [new], ["a", "b"])
        assert await ledger.documents_at(1) == [old, other]
        assert await ledger.documents_at(2) == [new]
        lives = {(p.doc_id, p.version): (since, to) for p, since, to in await ledger.passages_at(2)}
        assert lives == {("a", old.version): (1, 2), ("b", other.version): (1, 2), ("a", new.version): (2, OPEN)}

    async def test_a_candidate_is_not_live_until_the_pointer_moves(self, ledger: KnowledgeLedger) -> None:
        assert await ledger.live_snapshot() is None
        snapshot = await ledger.begin_snapshot("2026-W45")
        assert [s.state for s in await ledger.snapshots()] == [SnapshotState.CANDIDATE]
        with pytest.raises(NotFound):
            await ledger.move_pointer(snapshot)
        await ledger.finish_build(snapshot, 3, 7)
        assert await ledger.live_snapshot() is None
        assert await ledger.move_pointer(snapshot) is SnapshotState.LIVE
        [status] = await ledger.snapshots()
        assert (status.documents, status.passages, status.drop) == (3, 7, "2026-W45")
        assert status.state is SnapshotState.LIVE
        assert status.published_at is not None
        assert await ledger.live_snapshot() == snapshot

    async def test_going_back_moves_the_same_pointer(self, ledger: KnowledgeLedger) -> None:
        await self.publish(ledger, [document("a")], [])
        await self.publish(ledger, [], [])
        assert await ledger.move_pointer(1) is SnapshotState.LIVE
        assert [s.state for s in await ledger.snapshots()] == [SnapshotState.LIVE, SnapshotState.RETIRED]

    async def test_a_discarded_candidate_leaves_no_trace_and_its_number_is_not_used_again(
        self, ledger: KnowledgeLedger
    ) -> None:
        a, b = document("a"), document("b")
        await self.publish(ledger, [a], [])
        candidate = await ledger.begin_snapshot("drop")
        await ledger.add_documents(candidate, [b], [passage(b)])
        await ledger.close_documents(candidate, ["a"])
        await ledger.set_products(candidate, [Product("X", "x")])
        await ledger.discard(candidate)
        assert [s.snapshot for s in await ledger.snapshots()] == [1]
        assert await ledger.documents_at(candidate) == [a]
        assert await ledger.passages([passage(b).passage_id]) == {}
        assert await ledger.products_at(candidate) == []
        assert await ledger.begin_snapshot("drop") == candidate + 1
        await ledger.add_documents(candidate + 1, [b], [passage(b)])

    async def test_there_is_one_candidate_at_a_time(self, ledger: KnowledgeLedger) -> None:
        await ledger.begin_snapshot("drop")
        with pytest.raises(Conflict):
            await ledger.begin_snapshot("drop")

    async def test_what_was_published_cannot_be_changed(self, ledger: KnowledgeLedger) -> None:
        snapshot = await self.publish(ledger, [document("a")], [])
        with pytest.raises(Conflict):
            await ledger.add_documents(snapshot, [document("b")], [])
        with pytest.raises(Conflict):
            await ledger.close_documents(snapshot, ["a"])
        with pytest.raises(Conflict):
            await ledger.discard(snapshot)

    async def test_a_discarded_candidate_cannot_be_published(self, ledger: KnowledgeLedger) -> None:
        snapshot = await ledger.begin_snapshot("drop")
        await ledger.finish_build(snapshot, 0, 0)
        await ledger.discard(snapshot)
        with pytest.raises(NotFound):
            await ledger.move_pointer(snapshot)

    async def test_products_belong_to_their_snapshot(self, ledger: KnowledgeLedger) -> None:
        products = [Product("A1", "甲", ("小甲", "甲甲")), Product("B1", "乙")]
        snapshot = await ledger.begin_snapshot("drop")
        await ledger.set_products(snapshot, [Product("C1", "丙")])
        await ledger.set_products(snapshot, products)
        assert await ledger.products_at(snapshot) == products
        assert await ledger.products_at(snapshot + 1) == []
