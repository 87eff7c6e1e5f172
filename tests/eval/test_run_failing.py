"""Which cases `--failed` asks again: errors, missing scores, bad verdicts, shares of the gold that are not whole."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatmate_eval.failing import failing_cases
from seatmate_eval.results import Item, Manifest, Run, Score, SuiteOfRun

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)


def run_of(*scores: Score, error: str = "") -> Run:
    manifest = Manifest(
        run_id="run", release_id="rel-1", release={}, corpus_sha256="a" * 64, started_at=NOON, machine={}, code="c",
        suites={"answer": SuiteOfRun(sha256="b" * 64, cases=1)}, concurrency=1,
    )  # fmt: skip
    output = None if error else {}
    item = Item(key="d" * 64, suite="answer", case_id="answer/1", output=output, error=error, seconds=1)
    return Run(folder=Path("run"), manifest=manifest, items=(item,), scores=scores)


def score(metric: str, value: float | None) -> Score:
    unscored = "" if value is not None else "the model server was away"
    return Score(
        suite="answer", case_id="answer/1", metric=metric, value=value, unscored=unscored, cluster="rate"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scores", "fails"),
    [
        ([("right", 1.0), ("citation_recall", 0.5), ("by_model", 0.0), ("total_ms", 900.0)], False),
        ([("right", 0.0)], True),
        ([("right", 1.0), ("wrong_figure_shown", 1.0)], True),
        ([("trap_hit", 0.0), ("degraded", 0.0)], False),
        ([("right", None)], True),
        ([("recall_at_5", 1.0), ("mrr", 0.5), ("stale_passages", 0.0)], False),
        ([("recall_at_5", 0.5)], True),
        ([("kyc_recall", 1.0), ("kyc_recall/occupation", 0.0)], True),
        ([("kyc_precision", 0.5), ("rouge_l", 0.1), ("call_tokens", 900.0)], False),
        ([("near_miss_fired", 0.5)], True),
    ],
)
def test_a_case_fails_by_its_verdict_or_by_what_the_gold_wanted(
    scores: list[tuple[str, float | None]], fails: bool
) -> None:
    found = failing_cases(run_of(*(score(metric, value) for metric, value in scores)))
    assert found == ({("answer", "answer/1")} if fails else set())


def test_a_case_with_an_error_fails_whatever_it_was_worth() -> None:
    assert failing_cases(run_of(score("right", 1.0), error="NotFound: …")) == {("answer", "answer/1")}
