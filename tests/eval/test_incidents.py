"""What went wrong once becomes a case, with gold that the documents bear out."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from seatmate.domain.answers import Answer, AnswerStatus, Asked, Latency, Turn
from seatmate.domain.errors import BadInput
from seatmate.domain.knowledge import DocumentVersion, Validity
from seatmate_eval.cases import AskCase, load_cases
from seatmate_eval.incidents import Gold, add

AT = datetime(2026, 11, 18, 2, tzinfo=UTC)
HISTORY = (Turn(role="user", content="定期怎么存"),)
VALID = Validity.of_days(date(2026, 11, 9), None)
DOCUMENTS = {
    "rate": [
        DocumentVersion(
            "rate", "v2", "rate.md", "利率表", "费率表", (), ("retail",), VALID, None, None, "一年期年利率为1.40%。"
        )
    ],
    "old": [
        DocumentVersion(
            "old", "v1", "old.md", "旧表", "费率表", (), ("retail",), VALID, None, None, "一年期年利率为1.45%。"
        )
    ],
}
GOLD = Gold(
    kind="lookup", status="grounded", reviewer="周敏", figures=("1.40%",), doc_ids=("rate",), trap_figures=("1.45%",)
)


def answer(answer_id: str = "ans-1", asked: bool = True) -> Answer:
    return Answer(
        answer_id=answer_id,
        release_id="rel-1",
        snapshot=3,
        as_of=AT,
        question="一年的呢",
        asked=Asked(at=AT, scopes=("retail",), history=HISTORY) if asked else None,
        standalone_query="定期 一年的呢",
        text="1.45%",
        sentences=(),
        status=AnswerStatus.GROUNDED,
        latency_ms=Latency(rewrite=1, retrieve=1, first_sentence=None, total=2),
    )


def test_a_wrong_answer_becomes_a_case_that_asks_the_same(tmp_path: Path) -> None:
    suite = tmp_path / "incidents.jsonl"
    add(answer(), GOLD, suite, DOCUMENTS)
    add(answer("ans-2"), GOLD, suite, DOCUMENTS)
    first, second = load_cases(suite, AskCase)
    assert (first.id, second.id) == ("incidents/001", "incidents/002")
    assert (first.question, first.history, first.as_of, first.scopes) == ("一年的呢", HISTORY, AT, ("retail",))
    assert (first.figures, first.trap_figures, first.reviewer) == (("1.40%",), ("1.45%",), "周敏")


def test_gold_that_no_document_bears_out_is_not_written(tmp_path: Path) -> None:
    suite = tmp_path / "incidents.jsonl"
    wrong = Gold(kind="lookup", status="grounded", reviewer="周敏", figures=("1.50%",), doc_ids=("rate",))
    with pytest.raises(BadInput, match="stands in none"):
        add(answer(), wrong, suite, DOCUMENTS)
    assert not suite.exists()


def test_an_answer_is_a_case_once(tmp_path: Path) -> None:
    suite = tmp_path / "incidents.jsonl"
    add(answer(), GOLD, suite, DOCUMENTS)
    with pytest.raises(BadInput, match="already"):
        add(answer(), GOLD, suite, DOCUMENTS)
    assert len(load_cases(suite, AskCase)) == 1


def test_an_answer_of_before_asked_was_kept_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="by hand"):
        add(answer(asked=False), GOLD, tmp_path / "incidents.jsonl", DOCUMENTS)
