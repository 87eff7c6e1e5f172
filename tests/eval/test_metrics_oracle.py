"""Whoever cites the right lines is right in every case of the suites, and whoever changes one digit of them is caught.

The lines are looked up in the sample bank by the gold itself: gold that no true answer could satisfy fails here too.
"""

from collections.abc import Iterator

import pytest

from seatmate.ask.spoken import figures_in
from seatmate.domain.answers import Answer, Sentence, SentenceSource
from seatmate.domain.knowledge import DocumentVersion
from seatmate_eval.cases import AskCase, RetrievalCase
from seatmate_eval.metrics import answer, grounding, retrieval
from seatmate_eval.metrics.catalogue import METRICS
from seatmate_eval.sample_bank import Bank, load_bank
from seatmate_eval.suites import load_suites
from tests.eval import small_bank

CASES = [case for suite in load_suites().values() for case in suite.cases]
ASKS = [case for case in CASES if isinstance(case, AskCase) and case.status == "grounded"]
SEARCHES = [case for case in CASES if isinstance(case, RetrievalCase)]


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_bank()


def in_force(case: AskCase | RetrievalCase, doc_ids: Iterator[str], bank: Bank) -> list[DocumentVersion]:
    return [v for doc_id in doc_ids for v in bank.documents[doc_id] if v.validity.holds_at(case.as_of)]


def quoted(version: DocumentVersion, line: str) -> Sentence:
    return small_bank.sentence(line, small_bank.cite(version, line), source=SentenceSource.QUOTE)


def right_answer(case: AskCase, bank: Bank) -> Answer:
    """For each thing that the gold asks for the line of its documents that has it, and as few traps as can be."""
    lines = [
        (version, line)
        for version in in_force(case, iter(case.doc_ids), bank)
        for line in (text.strip() for text in version.text.splitlines())
        if line
    ]

    def traps(place: tuple[DocumentVersion, str]) -> int:
        return sum(answer.states(place[1], trap) for trap in case.trap_figures)

    having = [[place for place in lines if answer.states(place[1], figure)] for figure in case.figures]
    having += [[place for place in lines if answer.says(place[1], point)] for point in case.points]
    assert all(having), f"{case.id}: no line of its documents has what the gold asks for"
    sentences = [quoted(*min(places, key=traps)) for places in having or [lines]]
    return small_bank.answer(*sentences, as_of=case.as_of)


def one_digit_changed(given: Answer) -> Answer | None:
    """The last digit of the first rate or amount; None where there is none in digits."""
    first, *others = given.sentences
    text = first.text
    figure = next((f for f in figures_in(text) if f.kind in ("pct", "amt") and f.raw[0].isdigit()), None)
    if figure is None:
        return None
    at = max(place for place in range(figure.start, figure.end) if text[place].isdigit())
    changed = f"{text[:at]}{(int(text[at]) + 3) % 10}{text[at + 1 :]}"
    sentences = (first.model_copy(update={"text": changed}), *others)
    return given.model_copy(update={"sentences": sentences, "text": "".join(s.text for s in sentences)})


def floors(case: AskCase, given: Answer, bank: Bank) -> dict[str, str]:
    found = grounding.measure(given, answer.asked_of(case), bank.documents)
    return {one.metric: one.evidence for one in found if METRICS[one.metric].floor and one.value}


def test_an_answer_of_the_right_lines_is_right_and_breaches_nothing(bank: Bank) -> None:
    for case in ASKS:
        given = right_answer(case, bank)
        found = {one.metric: one for one in answer.measure(case, given, bank.documents)}
        if not found["trap_hit"].value:  # a line may hold both the figure and its trap: 由1.45%调整为1.40%
            assert found["right"].value == 1, (case.id, found["right"].evidence)
        if case.doc_ids:
            assert found["citation_recall"].value == 1, (case.id, found["citation_recall"].evidence)
        assert floors(case, given, bank) == {}, case.id


def test_one_changed_digit_is_a_wrong_figure(bank: Bank) -> None:
    changed = [(case, one_digit_changed(right_answer(case, bank))) for case in ASKS]
    mutants = [(case, given) for case, given in changed if given is not None]
    assert len(mutants) > 100
    unseen = [case.id for case, given in mutants if "wrong_figure_shown" not in floors(case, given, bank)]
    assert unseen == []


def test_the_line_of_another_time_is_an_expired_citation(bank: Bank) -> None:
    seen = 0
    for case in ASKS:
        for doc_id in case.doc_ids:
            for version in bank.documents[doc_id]:
                if version.validity.holds_at(case.as_of):
                    continue
                line = version.text.strip().splitlines()[0].strip()
                assert "expired_citation" in floors(case, small_bank.answer(quoted(version, line)), bank), case.id
                seen += 1
    assert seen > 20


def test_the_golds_own_words_are_found_current_and_open(bank: Bank) -> None:
    for case in SEARCHES:
        passages = [
            small_bank.passage(version, gold.quote)
            for gold in case.passages
            for version in in_force(case, iter([gold.doc_id]), bank)
            if gold.quote in version.text
        ]
        found = {one.metric: one.value for one in retrieval.measure(case, passages, bank.documents)}
        assert found["recall_at_8"] == found["mrr"] == 1, case.id
        assert found["stale_passages"] == found["foreign_passage"] == 0, case.id
