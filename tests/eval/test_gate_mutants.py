"""Whatever is done to a release, a run, the gates or a verdict so that they say more than is so: none gets through.

Each mutant is one thing done to a trial that passes without it. Edits are made in the files, as a hand would.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from seatmate.domain.verdicts import Outcome, Waiver
from seatmate_eval.cases import Case
from seatmate_eval.gates import BadGates
from seatmate_eval.results import BadRun
from tests.eval.gate_world import (
    CANDIDATE,
    LIVE,
    NOW,
    Output,
    Trial,
    asks,
    change_manifest,
    change_rows,
    good,
    parts_with,
    rows_of,
    searches,
    suite_of,
    trial,
    write_lines,
    write_run,
)

Rows = list[dict[str, Any]]
Mutant = Callable[[Path], Trial]
TODAY = NOW.date()

MUTANTS: dict[str, tuple[Mutant, str]] = {}
"""By name: what is done, and the check that must notice. "" where no verdict comes about at all."""


def mutant(check: str) -> Callable[[Mutant], Mutant]:
    def named(make: Mutant) -> Mutant:
        MUTANTS[make.__name__] = make, check
        return make

    return named


def test_an_equal_release_passes(tmp_path: Path) -> None:
    verdict = trial(tmp_path).verdict()
    assert verdict.lets_pass
    assert verdict.exit_status == 0
    assert {check.outcome for check in verdict.checks} == {Outcome.PASS}


def test_there_are_enough_mutants() -> None:
    assert len(MUTANTS) >= 25


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_blocked_by_the_check_that_is_for_it(name: str, tmp_path: Path) -> None:
    make, noticed_by = MUTANTS[name]
    mutated = make(tmp_path)
    try:
        verdict = mutated.verdict()
    except (BadRun, BadGates):
        assert noticed_by == "", "it was expected to have a verdict"
        return
    assert not verdict.lets_pass
    assert verdict.exit_status in (1, 2)
    assert noticed_by in {check.id for check in verdict.checks if check.outcome in (Outcome.FAIL, Outcome.INSUFFICIENT)}


# The release is worse.


@mutant("no_regression/ask/right")
def a_worse_model(runs: Path) -> Trial:
    return trial(runs, lambda case, n: good(case, n) | ({"right": 0.0} if is_ask(case) and n % 9 == 0 else {}))


@mutant("no_regression/ask/right@card")
def a_worse_slice(runs: Path) -> Trial:
    """Cards alone, a twelfth of them."""
    return trial(runs, lambda case, n: good(case, n) | ({"right": 0.0} if is_ask(case) and n % 36 in (3, 15) else {}))


@mutant("no_regression/retrieval/recall_at_8")
def a_worse_search(runs: Path) -> Trial:
    return trial(runs, lambda case, n: good(case, n) | ({} if is_ask(case) or n % 4 else {"recall_at_8": 0.5}))


@mutant("no_regression/ask/total_ms")
def a_slower_release(runs: Path) -> Trial:
    return trial(runs, lambda case, n: good(case, n) | ({"total_ms": 1600.0 + n} if is_ask(case) else {}))


@mutant("minimum/ask/right")
def as_bad_as_a_bad_live_release(runs: Path) -> Trial:
    def bad(case: Case, n: int) -> Output:
        return good(case, n) | ({"right": float(n % 3 != 0)} if is_ask(case) else {})

    return trial(runs, bad, bad)


@mutant("floor/ask/wrong_figure_shown")
def one_wrong_figure_in_a_thousand(runs: Path) -> Trial:
    return trial(
        runs, lambda case, n: good(case, n) | ({"wrong_figure_shown": 1.0} if n == 777 else {}), questions=1000
    )


@mutant("floor/ask/false_quote")
def a_breach_of_a_floor_that_the_gates_do_not_list(runs: Path) -> Trial:
    return trial(runs, lambda case, n: good(case, n) | ({"false_quote": float(n == 5)} if is_ask(case) else {}))


@mutant("floor/ask/wrong_figure_shown")
def a_floor_that_is_not_scored_in_one_case(runs: Path) -> Trial:
    return trial(runs, lambda case, n: good(case, n) | ({"wrong_figure_shown": None} if n == 7 else {}))


@mutant("floor/retrieval/c3_leak")
def a_floor_that_nobody_looked_at(runs: Path) -> Trial:
    made = trial(runs)
    made.gates["floors"].append({"metric": "c3_leak", "suites": ["retrieval"]})
    return made


@mutant("floor/ask/wrong_figure_shown")
def a_floor_that_was_looked_at_in_too_few_cases(runs: Path) -> Trial:
    made = trial(runs)
    made.gates["floors"][0]["cases"] = 500
    return made


@mutant("no_regression/ask/right")
def verdicts_that_are_not_given(runs: Path) -> Trial:
    """No value in place of a bad one."""
    return trial(runs, lambda case, n: good(case, n) | ({"right": None} if is_ask(case) and n % 6 == 1 else {}))


@mutant("complete/retrieval/unscored/recall_at_8")
def grades_that_are_not_given(runs: Path) -> Trial:
    return trial(runs, lambda case, n: good(case, n) | ({} if is_ask(case) or n % 5 else {"recall_at_8": None}))


@mutant("complete/live/retrieval/unscored/recall_at_8")
def grades_that_the_live_release_does_not_have(runs: Path) -> Trial:
    return trial(runs, live=lambda case, n: good(case, n) | ({} if is_ask(case) or n % 5 else {"recall_at_8": None}))


# The run is not whole.


@mutant("complete/ask/items")
def missing_rows(runs: Path) -> Trial:
    """The cases that failed are gone from items and scores, as if they had never been."""
    return with_rows(trial(runs), lambda rows: [row for row in rows if row["case_id"] not in ("ask/0011", "ask/0022")])


@mutant("complete/ask/scores")
def missing_scores(runs: Path) -> Trial:
    return with_scores(trial(runs), lambda rows: [row for row in rows if row["value"] != 0 or row["metric"] != "right"])


@mutant("complete/ask/scores")
def no_scores(runs: Path) -> Trial:
    return with_scores(trial(runs), lambda rows: [])


@mutant("complete/run/suites")
def a_missing_suite(runs: Path) -> Trial:
    made = trial(runs)
    suites = {"ask": made.suites["ask"]}
    return made.but(run=write_run(runs / "again" / "candidate", suites, CANDIDATE))


@mutant("complete/retrieval/items")
def a_suite_that_is_gone_from_the_manifest(runs: Path) -> Trial:
    made = trial(runs)
    suites = manifest_of(made.run)["suites"]
    change_manifest(made.run, suites={"ask": suites["ask"]})
    return made


@mutant("complete/ask/items")
def a_partial_run_that_says_it_is_complete(runs: Path) -> Trial:
    return with_rows(trial(runs), lambda rows: rows[: len(rows) // 2])


@mutant("complete/run/state")
def a_running_run(runs: Path) -> Trial:
    return with_manifest(trial(runs), state="running")


@mutant("complete/run/state")
def a_run_without_an_end(runs: Path) -> Trial:
    return with_manifest(trial(runs), finished_at=None)


@mutant("complete/run/limit")
def a_limited_run(runs: Path) -> Trial:
    made = with_rows(trial(runs), lambda rows: [row for row in rows if int(row["case_id"][-4:]) < 150])
    suites = manifest_of(made.run)["suites"]
    suites["ask"]["cases"] = 150
    return with_manifest(made, limit=150, suites=suites)


@mutant("complete/run/limit")
def a_run_of_what_had_failed_before(runs: Path) -> Trial:
    made = with_manifest(trial(runs), limit=1, failed_of="run-earlier")
    made.gates["requires"]["limit_allowed"] = True
    del made.gates["no_regression"]
    return made


@mutant("complete/ask/crashed")
def a_crashed_item(runs: Path) -> Trial:
    made = with_items(trial(runs), lambda rows: [*rows[:3], rows[3] | {"output": None, "error": "crash"}, *rows[4:]])
    return with_scores(
        made,
        lambda rows: [
            row | {"value": None, "unscored": "crash"} if row["case_id"] == "ask/0003" else row for row in rows
        ],
    )


@mutant("complete/ask/items")
def duplicate_items(runs: Path) -> Trial:
    """A case that failed stands there once more, and is right this time."""
    made = trial(runs)
    again = next(row for row in rows_of(made.run / "items.jsonl") if row["case_id"] == "ask/0011")
    return with_items(made, lambda rows: [*rows, again | {"output": again["output"] | {"right": 1.0}}])


@mutant("complete/ask/scores")
def duplicate_scores(runs: Path) -> Trial:
    return with_scores(trial(runs), lambda rows: [*rows, *[row for row in rows if row["metric"] == "right"][1:9]])


@mutant("complete/ask/items")
def cases_that_are_in_no_suite(runs: Path) -> Trial:
    made = trial(runs)
    item = rows_of(made.run / "items.jsonl")[1]
    score = rows_of(made.run / "scores.jsonl")[1]
    with_items(made, lambda rows: [*rows, *(item | {"case_id": f"ask/e{n}"} for n in range(50))])
    return with_scores(made, lambda rows: [*rows, *(score | {"case_id": f"ask/e{n}"} for n in range(50))])


@mutant("complete/run/repeats")
def no_repeats_where_three_are_asked_for(runs: Path) -> Trial:
    made = trial(runs)
    made.gates["requires"]["repeats"] = 3
    return made


@mutant("complete/ask/items")
def repeats_that_were_not_run(runs: Path) -> Trial:
    return with_manifest(trial(runs), repeats=3)


@mutant("complete/ask/cases")
def fewer_cases_than_count(runs: Path) -> Trial:
    return trial(runs, questions=80)


# Something was edited.


@mutant("complete/ask/scores")
def an_edited_score(runs: Path) -> Trial:
    return with_scores(trial(runs), lambda rows: [row | {"value": 1.0} if wrong(row) else row for row in rows])


@mutant("complete/ask/scores")
def an_edited_weight(runs: Path) -> Trial:
    return with_scores(trial(runs), lambda rows: [row | {"weight": 0.001} if wrong(row) else row for row in rows])


@mutant("complete/ask/scores")
def a_bad_case_moved_to_another_slice(runs: Path) -> Trial:
    return with_scores(trial(runs), lambda rows: [row | {"slices": ["x"]} if wrong(row) else row for row in rows])


@mutant("complete/ask/scores")
def an_edited_item(runs: Path) -> Trial:
    def edited(rows: Rows) -> Rows:
        return [row | {"output": row["output"] | {"right": 1.0}} if row["suite"] == "ask" else row for row in rows]

    return with_items(trial(runs), edited)


@mutant("")
def not_a_number_in_a_line(runs: Path) -> Trial:
    return with_scores(trial(runs), lambda rows: [*rows[:-1], rows[-1] | {"value": float("nan")}])


@mutant("")
def a_score_without_a_value_or_a_reason(runs: Path) -> Trial:
    return with_scores(trial(runs), lambda rows: [*rows[:-1], rows[-1] | {"value": None}])


@mutant("")
def a_torn_line(runs: Path) -> Trial:
    made = trial(runs)
    path = made.run / "items.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], lines[4][:30], *lines[5:]]))
    return made


@mutant("")
def a_run_without_a_manifest(runs: Path) -> Trial:
    made = trial(runs)
    (made.run / "manifest.json").unlink()
    return made


@mutant("complete/ask/scores")
def scores_of_a_metric_that_there_is_not(runs: Path) -> Trial:
    return with_scores(trial(runs), lambda rows: [*rows, rows[0] | {"metric": "splendour"}])


@mutant("complete/run/release")
def an_edited_part_of_the_release(runs: Path) -> Trial:
    return with_manifest(trial(runs), release=CANDIDATE | {"prompts": "another"})


@mutant("complete/run/release")
def a_wrong_release_hash(runs: Path) -> Trial:
    return with_manifest(trial(runs), release_id="rel-000000000000")


@mutant("complete/run/release")
def parts_that_make_no_release(runs: Path) -> Trial:
    return with_manifest(trial(runs), release={"model": "any"})


@mutant("complete/ask/items")
def a_run_of_one_release_under_the_name_of_another(runs: Path) -> Trial:
    """Parts and hash agree; the keys of the items do not."""
    parts, release_id = parts_with(adapter="bank@999999999999")
    return with_manifest(trial(runs), release=parts, release_id=release_id)


@mutant("complete/run/release")
def a_run_of_another_release_than_was_asked_for(runs: Path) -> Trial:
    return trial(runs).but(release_id="rel-123456789abc")


@mutant("complete/run/identity")
def swapped_run_ids(runs: Path) -> Trial:
    made = trial(runs)
    assert made.live is not None
    change_manifest(made.run, run_id="live")
    change_manifest(made.live, run_id="candidate")
    return made


@mutant("complete/run/identity")
def swapped_manifests(runs: Path) -> Trial:
    made = trial(runs)
    assert made.live is not None
    ours, theirs = made.run / "manifest.json", made.live / "manifest.json"
    one, other = ours.read_text(), theirs.read_text()
    ours.write_text(other)
    theirs.write_text(one)
    return made


# It measured something else, or long ago.


@mutant("complete/run/suites")
def a_stale_suite(runs: Path) -> Trial:
    """A case was changed after the run."""
    made = trial(runs)
    changed = made.suites["ask"].cases[0].model_copy(update={"question": "另一个问题"})
    return made.but(suites=dict(made.suites) | {"ask": suite_of("ask", (changed, *made.suites["ask"].cases[1:]))})


@mutant("complete/run/suites")
def a_suite_that_has_grown(runs: Path) -> Trial:
    made = trial(runs)
    return made.but(suites=dict(made.suites) | {"ask": suite_of("ask", asks(221))})


@mutant("complete/ask/items")
def a_stale_suite_with_the_new_hash_written_into_the_manifest(runs: Path) -> Trial:
    made = a_stale_suite(runs)
    suites = manifest_of(made.run)["suites"]
    suites["ask"]["sha256"] = made.suites["ask"].sha256
    return with_manifest(made, suites=suites)


@mutant("complete/run/corpus")
def other_documents(runs: Path) -> Trial:
    return trial(runs).but(corpus_sha256="d" * 64)


@mutant("complete/ask/items")
def other_documents_with_the_new_hash_written_into_the_manifest(runs: Path) -> Trial:
    return with_manifest(trial(runs), corpus_sha256="d" * 64).but(corpus_sha256="d" * 64)


@mutant("complete/run/code")
def other_metrics(runs: Path) -> Trial:
    return trial(runs).but(code="metrics-2")


@mutant("complete/run/age")
def an_old_run(runs: Path) -> Trial:
    return trial(runs).but(now=NOW + timedelta(days=8))


@mutant("complete/run/state")
def a_run_of_tomorrow(runs: Path) -> Trial:
    return trial(runs).but(now=NOW - timedelta(days=1))


# The live run is no measure.


@mutant("no_regression/live-run")
def no_live_run(runs: Path) -> Trial:
    return trial(runs).but(live=None)


@mutant("complete/live/other-run")
def the_candidate_as_its_own_live_run(runs: Path) -> Trial:
    made = trial(runs)
    return made.but(live=made.run)


@mutant("complete/live/suites")
def a_live_run_of_other_suites(runs: Path) -> Trial:
    made = trial(runs)
    other = dict(made.suites) | {"retrieval": suite_of("retrieval", searches(61))}
    return made.but(live=write_run(runs / "other" / "live", other, LIVE))


@mutant("complete/live/state")
def a_live_run_that_runs(runs: Path) -> Trial:
    made = trial(runs)
    assert made.live is not None
    change_manifest(made.live, state="running")
    return made


@mutant("complete/live/ask/scores")
def a_live_run_made_worse(runs: Path) -> Trial:
    made = trial(runs)
    assert made.live is not None
    change_rows(
        made.live / "scores.jsonl",
        lambda rows: [row | {"value": 0.0} if row["metric"] == "right" else row for row in rows],
    )
    return made


@mutant("complete/live/ask/items")
def a_live_run_without_what_went_well(runs: Path) -> Trial:
    made = trial(runs)
    assert made.live is not None
    for name in ("items.jsonl", "scores.jsonl"):
        change_rows(made.live / name, lambda rows: [row for row in rows if not row["case_id"].endswith("1")])
    return made


@mutant("complete/live/corpus")
def a_live_run_on_other_documents(runs: Path) -> Trial:
    made = trial(runs)
    assert made.live is not None
    change_manifest(made.live, corpus_sha256="d" * 64)
    return made


# The gates or waivers are not what they should be.


@mutant("")
def gates_without_floors(runs: Path) -> Trial:
    return with_gates(trial(runs), floors=[])


@mutant("")
def gates_that_require_nothing(runs: Path) -> Trial:
    return with_gates(trial(runs), requires={"suites": {}, "max_age_days": 7})


@mutant("")
def gates_with_a_rule_of_a_metric_that_there_is_not(runs: Path) -> Trial:
    return with_gates(trial(runs), minimums=[{"suite": "ask", "metric": "splendour", "level": 0.1, "by": "estimate"}])


@mutant("")
def gates_with_a_rule_of_a_suite_that_there_is_not(runs: Path) -> Trial:
    return with_gates(trial(runs), minimums=[{"suite": "tell", "metric": "right", "level": 0.1, "by": "estimate"}])


@mutant("")
def gates_that_make_a_floor_a_level(runs: Path) -> Trial:
    rule = {"suite": "ask", "metric": "wrong_figure_shown", "level": 0.1, "by": "estimate"}
    return with_gates(trial(runs), minimums=[rule])


@mutant("")
def gates_that_wish_for_not_a_number(runs: Path) -> Trial:
    return with_gates(trial(runs), minimums=[{"suite": "ask", "metric": "right", "level": float("nan"), "by": "bound"}])


@mutant("minimum/ask/right")
def an_expired_waiver(runs: Path) -> Trial:
    return waived(as_bad_as_a_bad_live_release(runs), "minimum/ask/right", TODAY - timedelta(days=1))


@mutant("minimum/ask/right")
def a_waiver_of_another_check(runs: Path) -> Trial:
    return waived(as_bad_as_a_bad_live_release(runs), "minimum/ask/right@card")


@mutant("floor/ask/wrong_figure_shown")
def a_waiver_of_a_floor(runs: Path) -> Trial:
    return waived(a_floor_that_is_not_scored_in_one_case(runs), "floor/ask/wrong_figure_shown")


@mutant("complete/ask/items")
def a_waiver_of_an_incomplete_run(runs: Path) -> Trial:
    return waived(missing_rows(runs), "complete/ask/items")


# The verdict was edited.


@pytest.mark.parametrize("key", ["", "the gate's key"])
def test_an_edited_verdict_is_none(key: str, tmp_path: Path) -> None:
    verdict = a_worse_model(tmp_path).but(key=key).verdict()
    assert verdict.is_whole(key)
    for changed in (
        {"outcome": Outcome.PASS},
        {"release_id": "rel-000000000000"},
        {"run_sha256": "0" * 64},
        {"checks": tuple(check for check in verdict.checks if check.outcome is Outcome.PASS)},
        {"live_release_id": None},
    ):
        assert not verdict.model_copy(update=changed).is_whole(key)


def test_a_verdict_that_was_sealed_by_somebody_else_is_none(tmp_path: Path) -> None:
    verdict = a_worse_model(tmp_path).but(key="the gate's key").verdict()
    forged = verdict.model_copy(update={"outcome": Outcome.PASS})
    assert not forged.sealed("another key").is_whole("the gate's key")
    assert not forged.sealed().is_whole("the gate's key")


def test_an_edited_run_is_not_the_run_of_the_verdict(tmp_path: Path) -> None:
    """Output and scores edited together agree with each other; the verdict's hash of the run tells them apart."""
    made = trial(tmp_path)
    before = made.verdict()

    def right(rows: Rows) -> Rows:
        return [row | {"output": row["output"] | {"right": 1.0}} if row["suite"] == "ask" else row for row in rows]

    with_items(made, right)
    with_scores(made, lambda rows: [row | {"value": 1.0} if row["metric"] == "right" else row for row in rows])
    assert made.verdict().run_sha256 != before.run_sha256


def is_ask(case: Case) -> bool:
    return case.id.startswith("ask/")


def wrong(row: dict[str, Any]) -> bool:
    return bool(row["metric"] == "right" and row["value"] == 0)


def manifest_of(folder: Path) -> dict[str, Any]:
    return rows_of(folder / "manifest.json")[0]


def with_manifest(made: Trial, **changed: Any) -> Trial:
    change_manifest(made.run, **changed)
    return made


def with_items(made: Trial, change: Callable[[Rows], Rows]) -> Trial:
    change_rows(made.run / "items.jsonl", change)
    return made


def with_scores(made: Trial, change: Callable[[Rows], Rows]) -> Trial:
    change_rows(made.run / "scores.jsonl", change)
    return made


def with_rows(made: Trial, change: Callable[[Rows], Rows]) -> Trial:
    """Items and scores alike."""
    items = change(rows_of(made.run / "items.jsonl"))
    kept = {(row["suite"], row["case_id"]) for row in items}
    write_lines(made.run / "items.jsonl", items)
    return with_scores(made, lambda rows: [row for row in rows if (row["suite"], row["case_id"]) in kept])


def with_gates(made: Trial, **changed: Any) -> Trial:
    return made.but(gates=made.gates | changed)


def waived(made: Trial, check: str, until: date = TODAY) -> Trial:
    return made.but(waivers=(Waiver(check=check, by="an officer", why="it is known and accepted", until=until),))
