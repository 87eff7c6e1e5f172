"""What every KnowledgeLedger keeps, fake or real: documents, passages, facts and snapshots. See index_contract."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain.attributes import Attribute
from seatmate.domain.builds import BuildReport, ReportedDisagreement
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.facts import Disagreement, ProductFact, Waiver
from seatmate.domain.knowledge import OPEN_SNAPSHOT, DocumentVersion, Passage, Product, SnapshotState, Validity
from seatmate.domain.ports import KnowledgeLedger, KnownPassage, NewKnowledge

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)


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
