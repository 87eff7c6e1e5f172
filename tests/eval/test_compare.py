"""Two runs are compared case by case: what is missing on a side is counted there, and nothing is dropped in silence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatmate_eval.aggregate import measured
from seatmate_eval.cases import Case, RetrievalCase
from seatmate_eval.compare import Compared, Comparison, NotComparable, compare
from seatmate_eval.flaky import flaky_cases, noise_of
from seatmate_eval.results import BadRun, read_run
from tests.eval.gate_world import (
    LIVE,
    Output,
    Outputs,
    Trial,
    change_manifest,
    change_rows,
    good,
    rows_of,
    searches,
    suite_of,
    trial,
    write_run,
)


def compared(made: Trial) -> Comparison:
    assert made.live is not None
    return compare(read_run(made.run), read_run(made.live))


def one(found: Comparison, suite: str, metric: str, slice_: str = "") -> Compared:
    return next(row for row in found.compared if (row.suite, row.metric, row.slice) == (suite, metric, slice_))


def where(holds: Callable[[Case, int], bool], **instead: float | None) -> Outputs:
    def outputs(case: Case, n: int) -> Output:
        return good(case, n) | (instead if holds(case, n) else {})

    return outputs


def ask(*numbers: int) -> Callable[[Case, int], bool]:
    return lambda case, n: not isinstance(case, RetrievalCase) and n in numbers


def search(*numbers: int) -> Callable[[Case, int], bool]:
    return lambda case, n: isinstance(case, RetrievalCase) and n in numbers


def test_equal_runs_do_not_differ_in_anything(tmp_path: Path) -> None:
    found = compared(trial(tmp_path))
    assert {(row.suite, row.metric) for row in found.compared} == {
        ("ask", "right"), ("ask", "wrong_figure_shown"), ("ask", "total_ms"),
        ("retrieval", "recall_at_8"), ("retrieval", "foreign_passage"),
    }  # fmt: skip
    for row in found.compared:
        assert row.gain is not None
        assert (row.gain.value, row.gain.low, row.gain.high, row.worse, row.better) == (0, 0, 0, 0, 0)
    assert found.notes == ()


def test_cases_that_got_worse_are_told_worst_first_with_what_was_said_of_them(tmp_path: Path) -> None:
    def worse(case: Case, n: int) -> Output:
        return where(search(1, 2), recall_at_8=0.5)(case, n) | ({"recall_at_8": 0.0} if search(3)(case, n) else {})

    made = trial(tmp_path, worse, where(search(4), recall_at_8=0.0))
    found = one(compared(made), "retrieval", "recall_at_8")
    assert [case.case_id for case in found.got_worse] == ["retrieval/0003", "retrieval/0001", "retrieval/0002"]
    assert [(case.case_id, case.live, case.candidate) for case in found.got_better] == [("retrieval/0004", 0.0, 1.0)]
    assert (found.worse, found.better, found.mcnemar) == (3, 1, None)


def test_more_is_better_in_every_gain(tmp_path: Path) -> None:
    slower = trial(
        tmp_path, lambda case, n: good(case, n) | ({} if isinstance(case, RetrievalCase) else {"total_ms": 2000.0 + n})
    )
    found = one(compared(slower), "ask", "total_ms")
    assert found.gain is not None
    assert found.gain.value == -1200
    assert found.gain.high is not None
    assert found.gain.high < 0
    assert found.worse == 220


def test_a_verdict_that_is_not_given_is_a_failure(tmp_path: Path) -> None:
    found = one(compared(trial(tmp_path, where(ask(1, 2), right=None))), "ask", "right")
    assert (found.unscored, found.worse, found.left_out) == (2, 2, 0)
    assert found.gain is not None
    assert found.gain.value == pytest.approx(-2 / 220)
    assert found.got_worse[0].evidence == "unscored: no value"


def test_a_verdict_whose_row_is_gone_is_a_failure_too(tmp_path: Path) -> None:
    made = trial(tmp_path)
    change_rows(
        made.run / "scores.jsonl",
        lambda rows: [row for row in rows if (row["case_id"], row["metric"]) != ("ask/0001", "right")],
    )
    found = one(compared(made), "ask", "right")
    assert [(case.case_id, case.candidate, case.evidence) for case in found.got_worse] == [
        ("ask/0001", None, "no score")
    ]


def test_a_grade_that_is_not_given_is_left_out_and_counted(tmp_path: Path) -> None:
    found = one(compared(trial(tmp_path, where(search(1, 2, 3), recall_at_8=None))), "retrieval", "recall_at_8")
    assert (found.unscored, found.left_out, found.worse) == (3, 3, 0)
    assert found.gain is not None
    assert found.gain.cases == 57
    assert found.candidate is not None
    assert found.candidate.cases == 57


def test_who_tells_nothing_adds_nothing_to_its_side(tmp_path: Path) -> None:
    """A share of what was told: the candidate cites nothing in ten cases in which the live release cited wrongly."""

    def cites(telling: range) -> Outputs:
        def outputs(case: Case, n: int) -> Output:
            cited = {"citation_precision": float(n >= 10)} if n in telling else {}
            return good(case, n) | ({} if isinstance(case, RetrievalCase) else cited)

        return outputs

    found = one(compared(trial(tmp_path, cites(range(10, 220)), cites(range(220)))), "ask", "citation_precision")
    assert (found.one_sided, found.worse, found.left_out) == (10, 0, 0)
    assert found.gain is not None
    assert found.gain.value == pytest.approx(10 / 220)


def test_discordant_pairs_are_always_shown_and_decide_only_where_cases_are_independent(tmp_path: Path) -> None:
    by_document = one(compared(trial(tmp_path / "a", where(ask(1, 3, 5, 7, 9, 13), right=0.0))), "ask", "right")
    assert (by_document.worse, by_document.better) == (6, 0)
    assert by_document.mcnemar == pytest.approx(2 / 64)
    assert by_document.gain is not None
    assert not by_document.gain.exact
    each_alone = one(
        compared(trial(tmp_path / "b", where(search(*range(6)), foreign_passage=1.0))), "retrieval", "foreign_passage"
    )
    assert each_alone.gain is not None
    assert (each_alone.gain.exact, each_alone.gain.p_worse) == (True, 1 / 64)


def test_slices_are_compared_and_handfuls_are_not(tmp_path: Path) -> None:
    found = compared(trial(tmp_path, where(lambda case, n: "card" in case.slices and n % 2 == 0, right=0.0)))
    cards, deposits = one(found, "ask", "right", "card"), one(found, "ask", "right", "deposit")
    assert cards.gain is not None
    assert cards.gain.high is not None
    assert cards.gain.high < -0.2
    assert deposits.worse == 0
    few = compared(trial(tmp_path / "few", questions=10))
    assert {row.slice for row in few.compared} == {"", "deposit"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"state": "running"}, "not complete"),
        ({"limit": 20}, "limited"),
        ({"code": "metrics-2"}, "different code"),
        ({"failed_of": "other"}, "failed before"),
    ],
)
def test_runs_that_did_not_measure_the_same_are_not_compared(
    changed: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    made = trial(tmp_path)
    change_manifest(made.run, **changed)
    with pytest.raises(NotComparable, match=reason):
        compared(made)


def test_other_cases_under_the_same_name_are_not_compared(tmp_path: Path) -> None:
    made = trial(tmp_path)
    suites = rows_of(made.run / "manifest.json")[0]["suites"]
    change_manifest(made.run, suites=suites | {"ask": suites["ask"] | {"sha256": "0" * 64}})
    with pytest.raises(NotComparable, match="cases of ask"):
        compared(made)


def test_other_documents_and_missing_suites_are_said(tmp_path: Path) -> None:
    made = trial(tmp_path)
    change_manifest(made.run, corpus_sha256="d" * 64)
    only_search = write_run(
        tmp_path / "search",
        {"retrieval": suite_of("retrieval", searches(60))},
        rows_of(made.run / "manifest.json")[0]["release"],
    )
    notes = compared(made.but(live=only_search)).notes
    assert any("different documents" in note for note in notes)
    assert "ask is only in the candidate run" in notes


def test_a_metric_that_nobody_knows_is_no_measurement(tmp_path: Path) -> None:
    made = trial(tmp_path)
    change_rows(made.run / "scores.jsonl", lambda rows: [*rows, rows[0] | {"metric": "splendour"}])
    with pytest.raises(BadRun, match="splendour"):
        compared(made)


def by_turns(made: Trial, *case_ids: str) -> Trial:
    """In the live run, these cases fail their second repeat."""
    assert made.live is not None

    def turned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            row | {"value": 0.0}
            if (row["metric"], row["repeat"]) == ("right", 2) and row["case_id"] in case_ids
            else row
            for row in rows
        ]

    change_rows(made.live / "scores.jsonl", turned)
    return made


def test_repeats_find_cases_that_pass_and_fail_by_turns(tmp_path: Path) -> None:
    made = by_turns(trial(tmp_path, repeats=3), "ask/0001", "ask/0002")
    assert made.live is not None
    live = read_run(made.live)
    assert [(case.case_id, case.metric, case.passed, case.failed) for case in flaky_cases(live)] == [
        ("ask/0001", "right", 2, 1), ("ask/0002", "right", 2, 1),
    ]  # fmt: skip
    noise = noise_of(live)["ask", "right"]
    assert (noise.flaky, noise.cases) == (2, 220)
    assert noise.largest == pytest.approx(2 / 220)
    assert one(compared(made), "ask", "right").noise == pytest.approx(2 / 220)
    assert flaky_cases(read_run(made.run)) == []


def test_repeats_of_a_case_are_one_case(tmp_path: Path) -> None:
    made = by_turns(trial(tmp_path, repeats=3), "ask/0001")
    assert made.live is not None
    cases = measured(read_run(made.live))["ask", "right"].cases
    assert cases["ask/0001"].value == pytest.approx(2 / 3)
    assert len(cases) == 220
    assert noise_of(read_run(trial(tmp_path / "once").run)) == {}


def test_a_gain_says_whether_it_is_beyond_chance(tmp_path: Path) -> None:
    worse = one(compared(trial(tmp_path / "worse", where(ask(*range(60)), right=0.0))), "ask", "right").gain
    better = one(compared(trial(tmp_path / "better", good, where(ask(*range(60)), right=0.0))), "ask", "right").gain
    hardly = one(compared(trial(tmp_path / "hardly", where(ask(1), right=0.0))), "ask", "right").gain
    assert [gain and gain.verdict for gain in (worse, better, hardly)] == ["worse", "better", "not told apart"]


def test_a_metric_of_two_suites_is_told_of_all_their_cases_together(tmp_path: Path) -> None:
    suites = {name: suite_of(name, searches(40)) for name in ("retrieval", "retrieval-weekly")}
    lost = {"recall_at_8": 0.0, "foreign_passage": 0.0}
    candidate = write_run(tmp_path / "run", suites, {**LIVE, "adapter": "bank@222222222222"}, lambda case, n: lost)
    live = write_run(tmp_path / "live", suites, LIVE)
    found = compare(read_run(candidate), read_run(live))
    together = next(row for row in found.together if row.metric == "recall_at_8")
    assert together.suite == ""
    assert together.candidate is not None
    assert (together.candidate.cases, together.candidate.clusters, together.candidate.weight) == (80, 40, 160)
    assert (together.worse, together.got_worse) == (80, ())
    assert (found.release["adapter"], found.live_release["adapter"]) == ("bank@222222222222", "live-adapter")
