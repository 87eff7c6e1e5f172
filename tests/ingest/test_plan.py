"""What a drop does to a snapshot's documents, and until when the replaced ones were true."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.builds import Change
from seatmate.domain.knowledge import DocumentVersion, Validity
from seatmate.ingest.plan import (
    Plan,
    PlannedDocument,
    content_version,
    ended_by_successors,
    history,
    plan,
    returned,
    same_content,
    until,
)

PUBLISHED = datetime(2026, 11, 9, 9, tzinfo=UTC)
NOBODY: frozenset[str] = frozenset()


def day(number: int) -> datetime:
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number)


def document(
    doc_id: str,
    text: str = "手续费为5元。",
    since: datetime | None = None,
    ends: datetime | None = None,
    supersedes: str | None = None,
    path: str = "",
) -> DocumentVersion:
    return DocumentVersion(
        doc_id=doc_id,
        version=DocumentVersion.version_of(text, doc_id, str(since), str(ends)),
        path=path or f"{doc_id}.md",
        title=doc_id,
        doc_type="公告",
        product_codes=(),
        scope=("retail",),
        validity=Validity(since, ends),
        published_at=None,
        supersedes=supersedes,
        text=text,
    )


def changes(planned: Plan) -> dict[str, Change]:
    return {d.doc_id: d.change for d in planned.documents}


# ── the plan ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_document_gets_the_word_for_what_happens_to_it() -> None:
    current = [document("same"), document("other", "旧"), document("gone"), document("old")]
    wanted = [document("same"), document("other", "新"), document("new"), document("next", supersedes="old")]
    planned = plan(current, wanted, NOBODY)
    assert changes(planned) == {
        "same": Change.UNCHANGED,
        "other": Change.CHANGED,
        "gone": Change.WITHDRAWN,
        "new": Change.ADDED,
        "next": Change.ADDED,
        "old": Change.SUPERSEDED,
    }
    [old] = [d for d in planned.documents if d.doc_id == "old"]
    assert old.successor is not None
    assert old.successor.doc_id == "next"


def test_a_renamed_file_with_another_text_is_a_change_of_its_document_not_an_addition() -> None:
    planned = plan([document("fee", "旧", path="fee.md")], [document("fee", "新", path="2026/fee.docx")], NOBODY)
    assert changes(planned) == {"fee": Change.CHANGED}
    assert [d.path for d in planned.written] == ["2026/fee.docx"]
    assert [d.path for d in planned.closed] == ["fee.md"]


def test_a_renamed_file_with_the_same_text_writes_and_ends_nothing() -> None:
    planned = plan([document("fee", path="fee.md")], [document("fee", path="moved/fee.md")], NOBODY)
    assert changes(planned) == {"fee": Change.UNCHANGED}
    assert (planned.written, planned.closed) == ([], [])


def test_the_same_file_under_another_doc_id_is_another_document() -> None:
    planned = plan([document("a", path="fee.md")], [document("b", path="fee.md")], NOBODY)
    assert changes(planned) == {"a": Change.WITHDRAWN, "b": Change.ADDED}


def test_a_document_that_the_drop_names_and_cannot_be_used_stays_as_it_is() -> None:
    planned = plan([document("fee"), document("rate")], [document("rate", "新")], frozenset({"fee", "unheard-of"}))
    assert changes(planned) == {"fee": Change.UNCHANGED, "rate": Change.CHANGED}
    assert {d.doc_id for d in planned.kept} == {"fee", "rate"}


def test_a_refused_row_does_not_hide_another_row_of_its_document_that_can_be_used() -> None:
    planned = plan([document("fee")], [document("fee", "新")], frozenset({"fee"}))
    assert changes(planned) == {"fee": Change.CHANGED}


def test_what_ended_before_takes_no_part() -> None:
    ended = replace(document("fee", ends=day(1)), superseded=True)
    planned = plan([ended, document("rate")], [document("rate")], NOBODY)
    assert changes(planned) == {"rate": Change.UNCHANGED}


def test_a_text_that_came_back_is_the_same_content() -> None:
    first = document("fee")
    again = replace(first, version=returned(first.version, 3))
    assert again.version != first.version
    assert content_version(again.version) == first.version
    assert returned(again.version, 7) == f"{first.version}.7"
    assert changes(plan([again], [first], NOBODY)) == {"fee": Change.UNCHANGED}


DOC_IDS = st.sampled_from("abcdef")
TEXTS = st.sampled_from(["甲", "乙", "丙"])
SNAPSHOTS = st.dictionaries(DOC_IDS, TEXTS).map(lambda texts: [document(i, text) for i, text in texts.items()])


@given(SNAPSHOTS, SNAPSHOTS, st.frozensets(DOC_IDS))
def test_carrying_out_a_plan_gives_the_drop_and_what_was_refused(
    current: list[DocumentVersion], wanted: list[DocumentVersion], refused: frozenset[str]
) -> None:
    planned = plan(current, wanted, refused)
    closed = {d.doc_id for d in planned.closed}
    after = {d.doc_id: d.version for d in current if d.doc_id not in closed} | {
        d.doc_id: d.version for d in planned.written
    }
    named = {d.doc_id: d.version for d in wanted}
    kept = {d.doc_id: d.version for d in current if d.doc_id in refused and d.doc_id not in named}
    assert after == named | kept == {d.doc_id: d.version for d in planned.kept}
    assert [d.doc_id for d in planned.documents] == sorted({d.doc_id for d in (*current, *wanted)})


@given(SNAPSHOTS, st.frozensets(DOC_IDS))
def test_the_same_drop_again_changes_nothing(documents: list[DocumentVersion], refused: frozenset[str]) -> None:
    planned = plan(documents, reversed(documents), refused)
    assert set(changes(planned).values()) <= {Change.UNCHANGED}
    assert (planned.written, planned.closed, history(planned.documents, PUBLISHED)) == ([], [], [])


# ── successors of the same drop ────────────────────────────────────────────────────────────────────────────────────


def ended(*documents: DocumentVersion) -> dict[str, datetime | None]:
    return {d.doc_id: d.validity.until for d in ended_by_successors(documents, PUBLISHED)}


def test_a_superseded_document_ends_where_its_successor_begins() -> None:
    both = (document("old", since=day(1)), document("new", since=day(8), supersedes="old"))
    assert ended(*both) == {"old": day(8), "new": None}


def test_its_own_earlier_end_stands() -> None:
    both = (document("old", since=day(1), ends=day(5)), document("new", since=day(8), supersedes="old"))
    assert ended(*both) == {"old": day(5), "new": None}


def test_its_own_later_end_does_not() -> None:
    both = (document("old", since=day(1), ends=day(20)), document("new", since=day(8), supersedes="old"))
    assert ended(*both)["old"] == day(8)


def test_a_successor_that_says_no_day_begins_when_it_was_published() -> None:
    old = document("old", since=day(1))
    assert ended(old, document("new", supersedes="old"))["old"] == PUBLISHED
    dated = replace(document("new", supersedes="old"), published_at=day(4))
    assert ended(old, dated)["old"] == day(4)


def test_one_that_is_left_no_moment_is_not_there() -> None:
    both = (document("old", since=day(8)), document("new", since=day(8), supersedes="old"))
    assert ended(*both) == {"new": None}


def test_a_chain_ends_link_by_link() -> None:
    chain = (
        document("first", since=day(1)),
        document("second", since=day(8), supersedes="first"),
        document("third", since=day(12), supersedes="second"),
    )
    assert ended(*chain) == {"first": day(8), "second": day(12), "third": None}


def test_a_document_that_names_itself_is_no_successor() -> None:
    assert ended(document("self", supersedes="self", since=day(3))) == {"self": None}


def test_an_ended_text_is_another_version_and_no_history() -> None:
    old = document("old", since=day(1))
    [kept] = ended_by_successors([old, document("new", since=day(8), supersedes="old")], PUBLISHED)[:1]
    assert not same_content(kept, old)
    assert not kept.superseded
    [again] = ended_by_successors([old, document("new", since=day(8), supersedes="old")], PUBLISHED)[:1]
    assert again.version == kept.version


DAYS = st.none() | st.integers(0, 12).map(day)
ROWS = st.lists(st.tuples(DOC_IDS, DAYS, DAYS, st.none() | DOC_IDS), max_size=6, unique_by=lambda row: row[0])
CHAINED = ROWS.map(lambda rows: chained([row for row in rows if row[0] != row[3]]))
"""Documents some of which supersede another one; none by two, none by itself."""


def chained(rows: Iterable[tuple[str, datetime | None, datetime | None, str | None]]) -> list[DocumentVersion]:
    taken: set[str | None] = set()
    documents = []
    for doc_id, since, ends, old in rows:
        documents.append(document(doc_id, since=since, ends=ends, supersedes=None if old in taken else old))
        taken.add(old)
    return documents


@given(CHAINED)
def test_nothing_holds_beside_its_successor_and_nothing_is_lengthened(documents: list[DocumentVersion]) -> None:
    by_id = {d.doc_id: d for d in documents}
    successors = {d.supersedes: d for d in documents if d.supersedes}
    for found in ended_by_successors(documents, PUBLISHED):
        before = by_id[found.doc_id].validity
        assert found.validity.since == before.since
        assert found.validity.until is None or before.until is None or found.validity.until <= before.until
        if (successor := successors.get(found.doc_id)) is not None:
            begins = successor.validity.since or PUBLISHED
            assert not found.validity.holds_at(begins)
            assert not found.validity.holds_at(begins + timedelta(days=400))


# ── history ────────────────────────────────────────────────────────────────────────────────────────────────────────


def kept(current: Iterable[DocumentVersion], wanted: Iterable[DocumentVersion]) -> list[DocumentVersion]:
    return history(plan(current, wanted, NOBODY).documents, PUBLISHED)


def test_a_replaced_version_was_true_until_the_new_one_began() -> None:
    [old] = kept([document("fee", "旧", since=day(1))], [document("fee", "新", since=day(8))])
    assert (old.text, old.validity, old.superseded) == ("旧", Validity(day(1), day(8)), True)


def test_a_version_that_begins_no_later_corrects_the_old_one_and_leaves_nothing_of_it() -> None:
    for since in (day(1), day(0)):
        assert kept([document("fee", "旧", since=day(1))], [document("fee", "新", since=since)]) == []


def test_a_version_that_says_no_day_corrects_too() -> None:
    assert kept([document("fee", "旧", since=day(1))], [document("fee", "新")]) == []


def test_a_withdrawn_document_was_true_until_its_withdrawal() -> None:
    [old] = kept([document("fee", since=day(1))], [])
    assert old.validity == Validity(day(1), PUBLISHED)


def test_a_superseded_document_was_true_until_its_successor_began_and_else_until_its_withdrawal() -> None:
    [old] = kept([document("old", since=day(1))], [document("new", since=day(5), supersedes="old")])
    assert old.validity.until == day(5)
    [old] = kept([document("old", since=day(1))], [document("new", supersedes="old")])
    assert old.validity.until == PUBLISHED


def test_what_would_only_have_begun_later_was_never_true() -> None:
    assert kept([document("fee", since=day(20))], []) == []


def test_what_had_ended_by_itself_keeps_that_end() -> None:
    [old] = kept([document("fee", since=day(1), ends=day(3))], [])
    assert old.validity.until == day(3)


PLANNED = st.tuples(SNAPSHOTS, CHAINED).map(lambda pair: plan(pair[0], pair[1], NOBODY).documents)


@given(PLANNED, st.integers(0, 12).map(day))
def test_history_holds_only_what_was_there_and_never_beside_what_replaced_it(
    planned: tuple[PlannedDocument, ...], withdrawn_at: datetime
) -> None:
    by_id = {d.doc_id: d for d in planned}
    found = history(planned, withdrawn_at)
    assert len({d.doc_id for d in found}) == len(found)
    for old in found:
        line = by_id[old.doc_id]
        assert line.change is not Change.UNCHANGED
        assert line.old is not None
        assert (old.text, old.version) == (line.old.text, line.old.version)
        assert old.superseded
        assert old.validity.until is not None
        for n in range(13):
            if old.validity.holds_at(day(n)):
                assert line.old.validity.holds_at(day(n))
                assert line.new is None or line.new.validity.since is None or day(n) < line.new.validity.since


@given(DAYS, DAYS, st.integers(0, 12).map(day))
def test_an_end_takes_exactly_the_moments_from_it_on(
    since: datetime | None, ends: datetime | None, end: datetime
) -> None:
    whole = document("fee", since=since, ends=ends)
    cut = until(whole, end)
    for n in range(-1, 14):
        moment = day(n)
        assert (cut is not None and cut.validity.holds_at(moment)) == (whole.validity.holds_at(moment) and moment < end)
