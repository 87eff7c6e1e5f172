"""A judge counts when people agree with it, not before: the coefficients, the labels, every way not to count."""

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate.domain.errors import Misconfigured
from seatmate.domain.figures import find_figures, is_supported
from seatmate_eval.agreement import (
    JUDGE,
    LABELS,
    PROBATION,
    Agreement,
    Label,
    Measured,
    Probation,
    agreement_of,
    cohen_kappa,
    keep,
    krippendorff_alpha,
    labels_sha256,
    load_agreement,
    load_labels,
    load_rules,
    may_count,
)
from seatmate_eval.judges import WITHOUT_HASH, JudgeId
from seatmate_eval.results import Score
from seatmate_eval.sample_bank import DROPS, documents_of, drops_of

METRIC = "ragas_faithfulness"
RULE = Probation(label="faithful", yes_from=1.0, min_labels=100, min_kappa_low=0.6)
JUDGE_ID = JudgeId(model="bank-72b", base="ab" * 32, prompts="cd" * 32, encoder="e", ragas="0.4.3", max_tokens=512)

tables = st.lists(st.integers(0, 40), min_size=6, max_size=6).filter(lambda cells: sum(cells) > 1)


def counts(cells: list[int]) -> np.ndarray:
    return np.array(cells, dtype=float).reshape(2, 3)


def pairs(cells: list[int]) -> list[tuple[str, str]]:
    names = [(person, judge) for person in ("no", "yes") for judge in ("no", "yes", "none")]
    return [name for name, times in zip(names, cells, strict=True) for _ in range(times)]


# ── coefficients ───────────────────────────────────────────────────────────────────────────────────────────────────


@given(tables)
def test_kappa_is_what_its_definition_says(cells: list[int]) -> None:
    both = pairs(cells)
    agreed = sum(a == b for a, b in both) / len(both)
    person, judge = Counter(a for a, _ in both), Counter(b for _, b in both)
    chance = sum(person[word] * judge[word] for word in ("no", "yes")) / len(both) ** 2
    expected = (agreed - chance) / (1 - chance) if chance < 1 else 0.0
    assert float(cohen_kappa(counts(cells))) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.integers(0, 6), min_size=6, max_size=6).filter(lambda cells: sum(cells) > 1))
def test_alpha_is_what_its_definition_says(cells: list[int]) -> None:
    both = pairs(cells)
    words = [word for pair in both for word in pair]
    every = list(permutations(words, 2))
    by_chance = sum(a != b for a, b in every) / len(every)
    observed = sum(a != b for a, b in both) / len(both)
    expected = 1 - observed / by_chance if by_chance else 0.0
    assert float(krippendorff_alpha(counts(cells))) == pytest.approx(expected, abs=1e-9)


@given(tables)
def test_coefficients_stay_between_minus_one_and_one(cells: list[int]) -> None:
    for coefficient in (cohen_kappa, krippendorff_alpha):
        assert -1 - 1e-9 <= float(coefficient(counts(cells))) <= 1 + 1e-9


def test_known_values() -> None:
    """Cohen's kappa 0.4 is the textbook's table of 50; Krippendorff's 0.095 is his example of two observers."""
    assert float(cohen_kappa(counts([15, 10, 0, 5, 20, 0]))) == pytest.approx(0.4)
    assert float(krippendorff_alpha(counts([5, 1, 0, 3, 1, 0]))) == pytest.approx(0.095, abs=5e-4)


def test_two_that_say_the_same_word_always_have_shown_nothing() -> None:
    assert float(cohen_kappa(counts([0, 0, 0, 0, 50, 0]))) == 0.0
    assert float(krippendorff_alpha(counts([0, 0, 0, 0, 50, 0]))) == 0.0


# ── a judge held against labels ────────────────────────────────────────────────────────────────────────────────────


def label(number: int, faithful: bool) -> Label:
    return Label(
        id=f"judge/{number}",
        question="一年定期多少",
        contexts=("一年1.40%",),
        answer="1.40%" if faithful else "1.45%",
        kind="right" if faithful else "wrong_figure",
        faithful=faithful,
        relevant=True,
        why="……",
        doc_id=f"doc-{number % 20}",
        source="hand-written",
        reviewer="test",
    )


LABELS_OF_120 = [label(number, number % 3 != 0) for number in range(120)]


def score(label: Label, value: float | None, unscored: str = "") -> Score:
    return label.sample().score(METRIC, value, unscored)


def measured(labels: list[Label], scores: list[Score], judge: JudgeId = JUDGE_ID, sha: str = "") -> Measured:
    return Measured(
        judge=judge,
        digest=judge.digest,
        labels_sha256=sha,
        measured_at=datetime(2026, 11, 28, tzinfo=UTC),
        seconds=1.0,
        agreements=(agreement_of(METRIC, RULE, labels, scores),),
    )


def of(labels: list[Label], scores: list[Score]) -> Agreement:
    return agreement_of(METRIC, RULE, labels, scores)


def test_a_judge_that_says_what_people_say_has_kappa_one() -> None:
    found = of(LABELS_OF_120, [score(each, 1.0 if each.faithful else 0.5) for each in LABELS_OF_120])
    assert (found.kappa.value, found.kappa.low, found.agreed) == (1.0, 1.0, 1.0)
    assert found.table == {"yes/yes": 80, "no/no": 40}
    assert found.clusters == 20


def test_a_judge_that_always_says_yes_has_kappa_zero() -> None:
    found = of(LABELS_OF_120, [score(each, 1.0) for each in LABELS_OF_120])
    assert found.kappa.value == 0.0
    assert found.agreed == pytest.approx(2 / 3)
    assert found.by_kind == {"wrong_figure": "0/40", "right": "80/80"}


def test_a_label_without_a_verdict_is_a_disagreement() -> None:
    right = [score(each, 1.0 if each.faithful else 0.0) for each in LABELS_OF_120]
    silent = [score(each, None, "no verdict within 90 s") for each in LABELS_OF_120[:60]]
    found = of(LABELS_OF_120, silent + right[60:90])
    assert found.labels == 120
    assert found.agreed == 0.25
    assert found.unscored == {"no verdict within 90 s": 60, "there is no score of it": 30}
    assert found.kappa.value < of(LABELS_OF_120, right).kappa.value


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_the_interval_holds_the_estimate(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores = [score(each, float(draw.random() < (0.9 if each.faithful else 0.2))) for each in LABELS_OF_120]
    kappa = of(LABELS_OF_120, scores).kappa
    assert kappa.low <= kappa.value <= kappa.high


# ── may it count ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, LABELS_OF_120, judge=JUDGE_ID.digest)
    right = [score(each, 1.0 if each.faithful else 0.0) for each in LABELS_OF_120]
    keep(measured(LABELS_OF_120, right, sha=labels_sha256(tmp_path)), tmp_path)
    return tmp_path


def write(folder: Path, labels: list[Label], judge: str | None, min_kappa_low: float = 0.6) -> None:
    (folder / LABELS).write_text("".join(each.model_dump_json() + "\n" for each in labels), encoding="utf-8")
    rule = RULE.model_copy(update={"min_kappa_low": min_kappa_low}).model_dump()
    (folder / PROBATION).write_text(json.dumps({"judge": judge, "metrics": {METRIC: rule}}), encoding="utf-8")


def test_a_judge_that_agrees_and_is_named_may_count(folder: Path) -> None:
    counts, why = may_count(METRIC, JUDGE_ID, folder)
    assert counts
    assert why == "kappa 1.00, at least 1.00, on 120 labels"


@pytest.mark.parametrize("part", ["model", "base", "prompts", "encoder", "ragas"])
def test_another_judge_is_on_probation_again(folder: Path, part: str) -> None:
    counts, why = may_count(METRIC, JUDGE_ID.model_copy(update={part: "another"}), folder)
    assert not counts
    assert "has not been held against the labels" in why


def test_weights_without_a_hash_never_count(folder: Path) -> None:
    judge = JUDGE_ID.model_copy(update={"base": WITHOUT_HASH})
    right = [score(each, 1.0 if each.faithful else 0.0) for each in LABELS_OF_120]
    keep(measured(LABELS_OF_120, right, judge, labels_sha256(folder)), folder)
    assert may_count(METRIC, judge, folder) == (
        False,
        "the judge's weights have no hash: it may be another model tomorrow",
    )


def test_other_labels_are_measured_anew(folder: Path) -> None:
    write(folder, LABELS_OF_120[:-1], judge=JUDGE_ID.digest)
    assert "the labels have changed" in may_count(METRIC, JUDGE_ID, folder)[1]


def test_fewer_than_a_hundred_labels_are_not_enough(tmp_path: Path) -> None:
    few = LABELS_OF_120[:99]
    write(tmp_path, few, judge=JUDGE_ID.digest)
    right = [score(each, 1.0 if each.faithful else 0.0) for each in few]
    keep(measured(few, right, sha=labels_sha256(tmp_path)), tmp_path)
    assert may_count(METRIC, JUDGE_ID, tmp_path) == (False, "99 labels; 100 are wanted")


def test_the_lower_end_decides_not_the_estimate(tmp_path: Path) -> None:
    write(tmp_path, LABELS_OF_120, judge=JUDGE_ID.digest)
    mostly = [score(each, float(each.faithful ^ (number % 6 == 0))) for number, each in enumerate(LABELS_OF_120)]
    found = measured(LABELS_OF_120, mostly, sha=labels_sha256(tmp_path))
    keep(found, tmp_path)
    kappa = found.agreements[0].kappa
    write(tmp_path, LABELS_OF_120, judge=JUDGE_ID.digest, min_kappa_low=(kappa.low + kappa.value) / 2)
    counts, why = may_count(METRIC, JUDGE_ID, tmp_path)
    assert not counts
    assert "not above" in why
    write(tmp_path, LABELS_OF_120, judge=JUDGE_ID.digest, min_kappa_low=kappa.low - 0.01)
    assert may_count(METRIC, JUDGE_ID, tmp_path)[0]


@pytest.mark.parametrize("named", [None, "0" * 16])
def test_a_judge_that_nobody_named_does_not_count(folder: Path, named: str | None) -> None:
    write(folder, LABELS_OF_120, judge=named)
    counts, why = may_count(METRIC, JUDGE_ID, folder)
    assert not counts
    assert "does not name judge" in why


def test_a_metric_without_labels_never_counts(folder: Path) -> None:
    assert may_count("ragas_context_recall", JUDGE_ID, folder) == (
        False,
        "ragas_context_recall: there are no labels for it",
    )


def test_another_threshold_is_another_measurement(folder: Path) -> None:
    rule = RULE.model_copy(update={"yes_from": 0.5}).model_dump()
    (folder / PROBATION).write_text(json.dumps({"judge": JUDGE_ID.digest, "metrics": {METRIC: rule}}))
    assert "has not been measured as" in may_count(METRIC, JUDGE_ID, folder)[1]


def test_no_bank_may_ask_for_fewer_than_a_hundred_labels(tmp_path: Path) -> None:
    rule = {**RULE.model_dump(), "min_labels": 30}
    (tmp_path / PROBATION).write_text(json.dumps({"judge": None, "metrics": {METRIC: rule}}))
    with pytest.raises(Misconfigured, match="min_labels"):
        load_rules(tmp_path)


def test_a_judge_takes_its_own_place_and_nobody_elses(folder: Path) -> None:
    other = JUDGE_ID.model_copy(update={"model": "bank-8b"})
    for judge in (JUDGE_ID, other, other):
        keep(measured(LABELS_OF_120, [], judge), folder)
    assert [m.judge.model for m in load_agreement(folder).measured] == ["bank-72b", "bank-8b"]


# ── the labels that ship ───────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_enough_labels_and_half_of_the_answers_are_wrong_in_some_way() -> None:
    labels = load_labels()
    kinds = Counter(each.kind for each in labels)
    assert len({each.id for each in labels}) == len(labels) >= 120
    assert 0.4 <= kinds["right"] / len(labels) <= 0.6
    assert min(kinds.values()) >= 10
    for each in labels:
        assert (each.faithful, each.relevant) == {
            "right": (True, True),
            "half": (True, False),
            "off_topic": (True, False),
        }.get(each.kind, (False, True)), each.id


def test_the_contexts_of_labels_are_the_documents_own_words() -> None:
    documents = documents_of(drops_of(DROPS))
    for each in load_labels():
        texts = [version.text for version in documents[each.doc_id]]
        assert all(any(context in text for text in texts) for context in each.contexts), each.id


def test_every_figure_of_a_faithful_answer_stands_in_its_contexts() -> None:
    for each in load_labels():
        stated = [figure for context in each.contexts for figure in find_figures(context)]
        if each.faithful:
            assert all(is_supported(figure, stated) for figure in find_figures(each.answer)), each.id


def test_the_rules_that_ship_ask_for_no_less_than_substantial_agreement() -> None:
    rules = load_rules()
    assert set(rules.metrics) == {"ragas_faithfulness", "ragas_answer_relevancy"}
    assert all(rule.min_kappa_low >= 0.6 and rule.min_labels >= 100 for rule in rules.metrics.values())


def test_what_was_measured_is_kept_and_nobody_counts_whom_nobody_named() -> None:
    """The shipped model was made to answer and extract. What it is worth as a judge is kept, and it blocks nothing."""
    named = load_rules().judge
    for found in load_agreement(JUDGE).measured:
        assert found.digest == found.judge.digest
        for agreement in found.agreements:
            assert not may_count(agreement.metric, found.judge)[0] or found.digest == named
