"""Points that a summary covers, strictly and loosely, and lines that say nothing of any point."""

from seatmate.domain.evidence import quote_of
from seatmate.domain.findings import Outcome, OutcomeStatus, Source, Summary, SummaryItem
from seatmate.testing.call_contract import conversation
from seatmate_eval.cases import CallCase
from seatmate_eval.metrics.summary import OUTCOME, Point, Score, compare, per_section, points_of

CALL = conversation("C-1", "您好", "我有二十万要存", "三年期是1.80%", "行，我明天去")


def item(utt_id: str, text: str = "") -> SummaryItem:
    quote = quote_of(CALL, utt_id)
    assert quote is not None
    return SummaryItem(text=text or quote.quote, source=Source.QUOTE, evidence=(quote,))


def point(section: str, *utts: str, keywords: tuple[str, ...] = (), text: str = "") -> Point:
    return Point(section, frozenset(utts), text, keywords)


def test_a_point_is_covered_strictly_by_its_own_section_and_loosely_by_any() -> None:
    found = compare(Summary(situation=(item("u2"),)), [point("situation", "u2"), point("action", "u2")]).total
    assert (found.points, found.strict, found.loose) == (2, 1, 2)


def test_keywords_cover_a_point_only_all_together_and_figures_by_value() -> None:
    summary = Summary(situation=(item("u2"),))
    wanted = [
        point("situation", "u9", keywords=("20万", "存")),
        point("situation", "u9", keywords=("20万", "理财")),
        point("situation", "u9", text="客户有20万元"),
        point("situation", "u9", text="客户想存款"),
    ]
    found = compare(summary, wanted).total
    assert (found.strict, found.cited) == (2, 0)


def test_an_item_is_right_when_it_cites_an_utterance_of_any_point() -> None:
    summary = Summary(situation=(item("u2"), item("u1")), action=(item("u3"),))
    compared = compare(summary, [point("situation", "u2", "u3")])
    assert compared.total.precision == 2 / 3
    assert [one.text for one in compared.false] == ["您好"]


def test_the_outcome_is_a_line_with_the_section_outcome() -> None:
    outcome = Outcome(status=OutcomeStatus.PARTLY, text="行，我明天去", evidence=item("u4").evidence)
    compared = compare(Summary(outcome=outcome), [point(OUTCOME, "u4"), point("action", "u3")])
    assert per_section([compared, compared]) == {
        "action": Score(points=2),
        OUTCOME: Score(points=2, strict=2, loose=2, cited=2, items=2, right=2),
    }
    assert [missed.section for missed in compared.missed] == ["action"]


def test_shares_of_nothing_are_not_scored() -> None:
    assert Score().precision is None
    assert Score().strict_coverage is None


def test_the_points_of_a_case_keep_what_they_are_known_by() -> None:
    case = CallCase.model_validate(
        {
            "id": "aftercall/C-1", "conversation_id": "C-1", "source": "test", "reviewer": "test",
            "summary_points": [{"section": "action", "point": "告知利率", "keywords": ["1.80%"], "utts": ["u3"]}],
        }
    )  # fmt: skip
    assert points_of(case) == [Point("action", frozenset({"u3"}), "告知利率", ("1.80%",))]
