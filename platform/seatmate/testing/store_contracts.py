"""What every PassageIndex and every KnowledgeLedger keeps, fake or real. A test subclasses one and gives the store:

    class TestEdgeKeepsTheContract(PassageIndexContract):
        @pytest.fixture
        async def index(self, tmp_path): ...

Knows nothing of files or engines.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain.approved import ApprovedAnswer, ApprovedSource
from seatmate.domain.attributes import Attribute
from seatmate.domain.builds import BuildReport, ReportedDisagreement
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.facts import Disagreement, ProductFact, Waiver
from seatmate.domain.knowledge import OPEN_SNAPSHOT, DocumentVersion, Passage, Product, SnapshotState, Validity
from seatmate.domain.ports import (
    ApprovedAnswers,
    IndexPoint,
    KnowledgeLedger,
    KnownPassage,
    NewKnowledge,
    PassageIndex,
    Vectors,
    Visible,
)
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
        headings=("一、收费", "（二）柜面"),
        columns=("金额", "费用 › 手续费"),
        page=2,
        sheet="收费表",
    )


def fact(of: DocumentVersion, code: str = "YCWY090A", value: str = "amt:5") -> ProductFact:
    return ProductFact(
        product_code=code,
        attribute=Attribute.FEE,
        value=value,
        raw=of.text[4:6],
        unit="元",
        condition="柜面",
        validity=of.validity,
        scope=of.scope,
        doc_id=of.doc_id,
        version=of.version,
        start=4,
        end=6,
        quote=of.text[4:6],
    )


def report(snapshot: int, disagreements: Sequence[ReportedDisagreement] = ()) -> BuildReport:
    return BuildReport(
        snapshot=snapshot,
        drop="2026-W45",
        state=SnapshotState.CANDIDATE,
        documents=3,
        passages=7,
        embedded=7,
        changes=(),
        faults=(),
        disagreements=tuple(disagreements),
        seconds=0.5,
    )


def dispute(code: str, *values: str) -> ReportedDisagreement:
    a = document("a")
    facts = tuple(fact(a, code, value) for value in values)
    return ReportedDisagreement.of(Disagreement(code, Attribute.FEE, "柜面", facts))


class KnowledgeLedgerContract:
    @pytest.fixture
    async def ledger(self) -> KnowledgeLedger:
        raise NotImplementedError

    async def publish(
        self, ledger: KnowledgeLedger, documents: Sequence[DocumentVersion], closed: Sequence[str]
    ) -> int:
        snapshot = await ledger.begin_snapshot("drop")
        passages, facts = [passage(d) for d in documents], [fact(d) for d in documents]
        await ledger.add_knowledge(snapshot, NewKnowledge(documents, passages, facts))
        await ledger.close_documents(snapshot, closed)
        await ledger.finish_build(report(snapshot))
        await ledger.move_pointer(snapshot)
        return snapshot

    async def test_what_is_stored_comes_back_the_same(self, ledger: KnowledgeLedger) -> None:
        a = document("a")
        await self.publish(ledger, [a], [])
        assert await ledger.documents_at(1) == [a]
        assert await ledger.passages([passage(a).passage_id, "unknown"]) == {passage(a).passage_id: passage(a)}
        assert await ledger.passages_of([("a", a.version), ("a", "unknown")]) == [passage(a)]
        assert await ledger.passages_after("", 10) == [KnownPassage(passage(a), 1, OPEN_SNAPSHOT)]
        assert await ledger.facts_at(1) == [fact(a)]
        assert await ledger.document("a", a.version) == a
        with pytest.raises(NotFound):
            await ledger.document("a", "unknown")
        assert await ledger.document("a", a.version, up_to=1) == a
        with pytest.raises(NotFound):
            await ledger.document("a", a.version, up_to=0)

    async def test_a_passage_of_one_product_of_its_documents_stays_so(self, ledger: KnowledgeLedger) -> None:
        a = replace(document("a"), product_codes=("A1", "B1"))
        own = replace(passage(a), product_codes=("B1",))
        snapshot = await ledger.begin_snapshot("drop")
        await ledger.add_knowledge(snapshot, NewKnowledge([a], [own]))
        assert await ledger.passages_of([("a", a.version)]) == [own]

    async def test_each_snapshot_has_its_own_documents(self, ledger: KnowledgeLedger) -> None:
        old, new, other = document("a"), document("a", "手续费为0元。"), document("b")
        await self.publish(ledger, [old, other], [])
        await self.publish(ledger, [new], ["a", "b"])
        assert await ledger.documents_at(1) == [old, other]
        assert await ledger.documents_at(2) == [new]
        known = await ledger.passages_after("", 10)
        lives = {(k.passage.doc_id, k.passage.version): (k.snap_from, k.snap_to) for k in known}
        assert await ledger.passage_counts(1) == {("a", old.version): 1, ("b", other.version): 1}
        assert await ledger.passage_count() == 3
        assert await ledger.versions_ever() == set(lives)
        assert await ledger.facts_at(2) == [fact(new)]
        assert await ledger.facts_at(1, ["YCWY090A"]) == [fact(old), fact(other)]
        assert await ledger.facts_at(1, ["other"]) == []
        ended = {("a", old.version): (1, 2), ("b", other.version): (1, 2)}
        assert lives == ended | {("a", new.version): (2, OPEN_SNAPSHOT)}

    async def test_a_candidate_is_not_live_until_the_pointer_moves(self, ledger: KnowledgeLedger) -> None:
        assert await ledger.live_snapshot() is None
        snapshot = await ledger.begin_snapshot("2026-W45")
        assert [s.state for s in await ledger.snapshots()] == [SnapshotState.CANDIDATE]
        with pytest.raises(NotFound):
            await ledger.move_pointer(snapshot)
        with pytest.raises(NotFound):
            await ledger.report(snapshot)
        await ledger.finish_build(report(snapshot))
        assert await ledger.report(snapshot) == report(snapshot)
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
        await ledger.add_knowledge(candidate, NewKnowledge([b], [passage(b)], [fact(b)]))
        await ledger.close_documents(candidate, ["a"])
        await ledger.set_products(candidate, [Product("X", "x")])
        await ledger.discard(candidate)
        assert [s.snapshot for s in await ledger.snapshots()] == [1]
        assert await ledger.documents_at(candidate) == [a]
        assert await ledger.passages([passage(b).passage_id]) == {}
        assert await ledger.products_at(candidate) == []
        assert await ledger.facts_at(candidate) == [fact(a)]
        assert await ledger.begin_snapshot("drop") == candidate + 1
        await ledger.add_knowledge(candidate + 1, NewKnowledge([b], [passage(b)]))

    async def test_there_is_one_candidate_at_a_time(self, ledger: KnowledgeLedger) -> None:
        await ledger.begin_snapshot("drop")
        with pytest.raises(Conflict):
            await ledger.begin_snapshot("drop")

    async def test_what_was_published_cannot_be_changed(self, ledger: KnowledgeLedger) -> None:
        snapshot = await self.publish(ledger, [document("a")], [])
        with pytest.raises(Conflict):
            await ledger.add_knowledge(snapshot, NewKnowledge([document("b")], []))
        with pytest.raises(Conflict):
            await ledger.close_documents(snapshot, ["a"])
        with pytest.raises(Conflict):
            await ledger.discard(snapshot)

    async def test_an_abandoned_candidate_cannot_be_published(self, ledger: KnowledgeLedger) -> None:
        snapshot = await ledger.begin_snapshot("drop")
        await ledger.finish_build(report(snapshot))
        await ledger.abandon(snapshot)
        with pytest.raises(NotFound):
            await ledger.move_pointer(snapshot)
        with pytest.raises(NotFound):
            await ledger.report(snapshot)
        assert [s.state for s in await ledger.snapshots()] == [SnapshotState.CANDIDATE]
        await ledger.discard(snapshot)

    async def test_a_discarded_candidate_cannot_be_published(self, ledger: KnowledgeLedger) -> None:
        snapshot = await ledger.begin_snapshot("drop")
        await ledger.finish_build(report(snapshot))
        await ledger.discard(snapshot)
        with pytest.raises(NotFound):
            await ledger.move_pointer(snapshot)

    async def test_products_belong_to_their_snapshot(self, ledger: KnowledgeLedger) -> None:
        products = [Product("A1", "甲", ("小甲", "甲甲"), ("retail",)), Product("B1", "乙")]
        snapshot = await ledger.begin_snapshot("drop")
        await ledger.set_products(snapshot, [Product("C1", "丙")])
        await ledger.set_products(snapshot, products)
        assert await ledger.products_at(snapshot) == products
        assert await ledger.products_at(snapshot + 1) == []

    async def test_a_product_in_dispute_is_withheld_until_somebody_waives_it_by_name(
        self, ledger: KnowledgeLedger
    ) -> None:
        snapshot = await ledger.begin_snapshot("drop")
        await ledger.finish_build(report(snapshot, [dispute("A1", "amt:5", "amt:6"), dispute("B1", "amt:1", "x")]))
        assert await ledger.withheld(snapshot) == ("A1", "B1")
        waiver = Waiver(product_code="A1", by="周敏", reason="按产品说明书执行", at=NOON)
        await ledger.waive(snapshot, waiver)
        assert await ledger.withheld(snapshot) == ("B1",)
        assert await ledger.waivers(snapshot) == [waiver]
        assert [s.withheld for s in await ledger.snapshots()] == [("B1",)]
        with pytest.raises(Conflict):
            await ledger.waive(snapshot, waiver.model_copy(update={"product_code": "C1"}))

    async def test_a_waiver_holds_for_the_same_disagreement_of_later_weeks_and_for_no_other(
        self, ledger: KnowledgeLedger
    ) -> None:
        first = await ledger.begin_snapshot("drop")
        await ledger.finish_build(report(first, [dispute("A1", "amt:5", "amt:6")]))
        await ledger.waive(first, Waiver(product_code="A1", by="周敏", reason="已核对", at=NOON))
        await ledger.move_pointer(first)
        same = await ledger.begin_snapshot("drop")
        await ledger.finish_build(report(same, [dispute("A1", "amt:6", "amt:5")]))
        assert await ledger.withheld(same) == ()
        await ledger.move_pointer(same)
        other = await ledger.begin_snapshot("drop")
        await ledger.finish_build(report(other, [dispute("A1", "amt:5", "amt:7")]))
        assert await ledger.withheld(other) == ("A1",)

    async def test_pages_of_passages_go_on_where_the_last_one_ended(self, ledger: KnowledgeLedger) -> None:
        documents = [document(f"d{n}") for n in range(7)]
        await self.publish(ledger, documents, [])
        pages, after = [], ""
        while page := await ledger.passages_after(after, 3):
            after = page[-1].passage.passage_id
            pages.append([known.passage.passage_id for known in page])
        assert [len(page) for page in pages] == [3, 3, 1]
        assert [i for page in pages for i in page] == sorted(passage(d).passage_id for d in documents)


class ApprovedAnswersContract:
    @pytest.fixture
    async def approved(self) -> ApprovedAnswers:
        raise NotImplementedError

    def answer(self, approved_id: str, text: str = "口头挂失免费。", hour: int = 9) -> ApprovedAnswer:
        return ApprovedAnswer(
            approved_id=approved_id,
            questions=("口头挂失收费吗",),
            text=text,
            sources=(ApprovedSource(doc_id="loss", quote="口头挂失不收费"),),
            scope=("retail",),
            valid_until=NOON + timedelta(days=30),
            reviewed_by="周敏",
            pinned_at=NOON.replace(hour=hour),
        )

    async def test_pinned_answers_come_back_oldest_first(self, approved: ApprovedAnswers) -> None:
        late, early = self.answer("b", hour=11), self.answer("a", hour=10)
        await approved.pin(late)
        await approved.pin(early)
        await approved.pin(early)
        assert await approved.pinned() == [early, late]

    async def test_an_id_means_one_answer_for_ever(self, approved: ApprovedAnswers) -> None:
        await approved.pin(self.answer("a"))
        with pytest.raises(Conflict):
            await approved.pin(self.answer("a", text="口头挂失收10元。"))

    async def test_a_withdrawn_answer_is_not_given(self, approved: ApprovedAnswers) -> None:
        await approved.pin(self.answer("a"))
        await approved.withdraw("a", "周敏", NOON)
        await approved.withdraw("a", "周敏", NOON)
        assert await approved.pinned() == []
        with pytest.raises(NotFound):
            await approved.withdraw("b", "周敏", NOON)
