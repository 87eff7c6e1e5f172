"""The gate passes what is as good, fails what is worse beyond chance, and says how many cases it lacks in between."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from seatmate.domain.calls import Speaker
from seatmate.domain.releases import Release
from seatmate.domain.verdicts import Check, GateVerdict, Outcome, Waiver
from seatmate.settings import HOME
from seatmate_eval.cache import key_of
from seatmate_eval.cases import Case, GoldMask, RedactionCase, RetrievalCase, SaidBefore
from seatmate_eval.cli import app
from seatmate_eval.gates import BadGates, load_gates
from seatmate_eval.metrics.catalogue import METRICS
from seatmate_eval.outputs import MaskedTalk, MaskedUtterance
from seatmate_eval.plan import code
from seatmate_eval.results import Item, Manifest, RunState, SuiteOfRun, read_run
from seatmate_eval.sample_bank import Bank, corpus_sha256
from seatmate_eval.scoring import metrics_of, scores_of
from seatmate_eval.suites import SUITES, load_suites
from tests.eval.gate_world import (
    CANDIDATE,
    LIVE,
    NOW,
    Output,
    Outputs,
    Trial,
    asks,
    good,
    suite_of,
    trial,
    with_outputs,
    write_lines,
    write_run,
)

TODAY = NOW.date()
SHIPPED = ("gates.yaml", "gates-ci.yaml")


def check(verdict: GateVerdict, id_: str) -> Check:
    return next(check for check in verdict.checks if check.id == id_)


def asked(numbers: range, **instead: float) -> Outputs:
    """Some questions are otherwise than a sound release has them."""

    def outputs(case: Case, n: int) -> Output:
        return good(case, n) | (instead if n in numbers and not isinstance(case, RetrievalCase) else {})

    return outputs


def test_a_verdict_names_all_that_it_was_made_with(tmp_path: Path) -> None:
    made = trial(tmp_path)
    verdict = made.verdict()
    assert verdict.outcome is Outcome.PASS
    assert verdict.release_id == json.loads((made.run / "manifest.json").read_text())["release_id"]
    assert verdict.live_release_id == Release.model_validate(LIVE).release_id
    assert verdict.suites_sha256 == {name: suite.sha256 for name, suite in made.suites.items()}
    assert verdict.made_at == NOW
    assert verdict.is_whole()
    assert GateVerdict.model_validate_json(verdict.model_dump_json()).is_whole()


def test_equal_input_gives_the_same_verdict(tmp_path: Path) -> None:
    made = trial(tmp_path)
    assert made.verdict() == made.verdict()


def test_a_floor_shows_how_little_its_zero_proves(tmp_path: Path) -> None:
    found = check(trial(tmp_path).verdict(), "floor/ask/wrong_figure_shown")
    assert (found.estimate, found.high, found.cases, found.clusters) == (0, 3 / 220, 220, 110)
    assert "below 1.36%" in found.detail
    assert "by 110 clusters below 2.73%" in found.detail


def test_a_floor_wants_as_many_cases_as_it_says(tmp_path: Path) -> None:
    made = trial(tmp_path)
    made.gates["floors"][0]["cases"] = 300
    found = check(made.verdict(), "floor/ask/wrong_figure_shown")
    assert (found.outcome, found.more_cases) == (Outcome.INSUFFICIENT, 80)


@pytest.mark.parametrize(
    ("level", "by", "outcome"),
    [
        (0.80, "bound", Outcome.PASS),
        (0.90, "bound", Outcome.INSUFFICIENT),  # 199 of 220 are right; the lower bound is .86
        (0.92, "bound", Outcome.INSUFFICIENT),
        (0.96, "bound", Outcome.FAIL),
        (0.90, "estimate", Outcome.PASS),
        (0.91, "estimate", Outcome.FAIL),
    ],
)
def test_a_minimum_is_asked_of_what_it_says(level: float, by: str, outcome: Outcome, tmp_path: Path) -> None:
    made = trial(tmp_path)
    made.gates["minimums"][0] |= {"level": level, "by": by}
    found = check(made.verdict(), "minimum/ask/right")
    assert found.outcome is outcome
    assert found.threshold == level
    assert (found.more_cases is None) == (outcome is not Outcome.INSUFFICIENT)


def test_a_minimum_of_what_should_be_little_is_asked_of_the_upper_bound(tmp_path: Path) -> None:
    def traps(case: Case, n: int) -> Output:
        return good(case, n) | ({} if isinstance(case, RetrievalCase) else {"trap_hit": float(n % 20 == 0)})

    made = trial(tmp_path, traps, traps)
    for level, outcome in ((0.12, Outcome.PASS), (0.06, Outcome.INSUFFICIENT), (0.01, Outcome.FAIL)):
        made.gates["minimums"][1:] = [{"suite": "ask", "metric": "trap_hit", "level": level, "by": "bound"}]
        found = check(made.verdict(), "minimum/ask/trap_hit")
        assert (found.outcome, "upper" in found.detail) == (outcome, True)


def test_a_minimum_may_be_of_a_slice(tmp_path: Path) -> None:
    made = trial(tmp_path)
    rule = {"suite": "ask", "metric": "right", "level": 0.8, "by": "estimate"}
    made.gates["minimums"] += [rule | {"slice": "card"}, rule | {"slice": "bonds"}]
    verdict = made.verdict()
    assert check(verdict, "minimum/ask/right@card").cases == 74
    assert check(verdict, "minimum/ask/right@bonds").outcome is Outcome.FAIL


def test_worse_within_the_margin_passes_and_is_said(tmp_path: Path) -> None:
    made = trial(tmp_path, asked(range(100, 108), right=0.0))
    made.gates["no_regression"][0] |= {"margin": 0.1, "slices": None}
    found = check(made.verdict(), "no_regression/ask/right")
    assert found.outcome is Outcome.PASS
    assert found.estimate is not None
    assert found.estimate < 0
    assert "worse beyond chance, and within the margin" in found.detail


def test_worse_than_the_margin_beyond_chance_fails(tmp_path: Path) -> None:
    found = check(trial(tmp_path, asked(range(100, 125), right=0.0)).verdict(), "no_regression/ask/right")
    assert found.outcome is Outcome.FAIL
    assert found.high is not None
    assert found.high < 0
    assert found.threshold == -0.04


def test_between_the_two_more_cases_must_say(tmp_path: Path) -> None:
    """Losses and gains by turns: it may be worse by the margin, and it may be none."""

    def noisy(case: Case, n: int) -> Output:
        flipped = {"right": 1.0 - (good(case, n).get("right") or 0.0)} if 20 <= n < 40 and n % 2 else {}
        return good(case, n) | ({} if isinstance(case, RetrievalCase) else flipped)

    verdict = trial(tmp_path, noisy).verdict()
    found = check(verdict, "no_regression/ask/right")
    assert found.outcome is Outcome.INSUFFICIENT
    assert found.more_cases is not None
    assert found.more_cases > 0
    assert f"about {found.more_cases} more cases" in found.detail
    assert verdict.exit_status == 2


def test_as_many_more_cases_as_it_says_decide(tmp_path: Path) -> None:
    """The same losses and gains, one in twenty questions, in a suite that is as much larger as was wished for."""

    def noisy(case: Case, n: int) -> Output:
        if isinstance(case, RetrievalCase):
            return good(case, n)
        turn = n % 40
        return good(case, n) | ({"right": 0.0} if turn in (7, 27) else {"right": 1.0} if turn == 11 else {})

    def live(case: Case, n: int) -> Output:
        turn = n % 40
        return good(case, n) | (
            {} if isinstance(case, RetrievalCase) or turn not in (7, 11, 27) else {"right": float(turn != 11)}
        )

    small = trial(tmp_path / "small", noisy, live, questions=120)
    wish = check(small.verdict(), "no_regression/ask/right").more_cases
    assert wish is not None
    large = trial(tmp_path / "large", noisy, live, questions=120 + int(1.2 * wish))
    assert check(large.verdict(), "no_regression/ask/right").outcome is Outcome.PASS


def test_slices_decide_by_themselves_when_they_are_large_enough(tmp_path: Path) -> None:
    made = trial(tmp_path)
    made.gates["no_regression"][0]["slices"]["cases"] = 100
    verdict = made.verdict()
    assert "no_regression/ask/right@deposit" in {check.id for check in verdict.checks}
    assert "no_regression/ask/right@card" not in {check.id for check in verdict.checks}
    assert "too small to decide: card" in check(verdict, "no_regression/ask/right").detail


@pytest.mark.parametrize(("slices", "outcome"), [(1, Outcome.FAIL), (20, Outcome.INSUFFICIENT)])
def test_one_bad_slice_of_many_must_be_worse_than_one_of_many_may_look(
    slices: int, outcome: Outcome, tmp_path: Path
) -> None:
    """Seven losses and no gain among thirty: one in 128 by chance, and among twenty slices nothing strange. It does not
    pass either way."""
    cases = [
        case.model_copy(update={"slices": (f"s{n // 30}",), "doc_ids": (f"d{n}",)})
        for n, case in enumerate(asks(30 * slices))
    ]
    suites = {"ask": suite_of("ask", cases)}
    made = Trial(
        run=write_run(tmp_path / "candidate", suites, CANDIDATE, asked(range(1, 8), right=0.0)),
        live=write_run(tmp_path / "live", suites, LIVE),
        suites=suites,
        gates={
            "requires": {"suites": {"ask": 30}, "max_age_days": 7},
            "floors": [{"metric": "wrong_figure_shown", "suites": ["ask"]}],
            "minimums": [{"suite": "ask", "metric": "right", "level": 0.5, "by": "estimate"}],
            "no_regression": [
                {"suite": "ask", "metric": "right", "margin": 0.05, "slices": {"margin": 0.05, "cases": 30}}
            ],
        },
    )
    assert check(made.verdict(), "no_regression/ask/right@s0").outcome is outcome


def test_a_relative_margin_is_a_share_of_the_live_figure(tmp_path: Path) -> None:
    found = check(trial(tmp_path).verdict(), "no_regression/ask/total_ms")
    assert found.threshold == pytest.approx(-0.2 * 1008)


def test_a_waiver_lets_pass_under_its_name_until_its_last_day(tmp_path: Path) -> None:
    made = trial(tmp_path).but(live=None)
    waiver = Waiver(check="no_regression/live-run", by="an officer", why="the first release of all", until=TODAY)
    verdict = made.but(waivers=(waiver,)).verdict()
    assert (verdict.outcome, verdict.exit_status, verdict.lets_pass) == (Outcome.WAIVED, 0, True)
    assert check(verdict, "no_regression/live-run").waiver == waiver
    late = made.but(waivers=(waiver,), now=NOW + timedelta(days=1)).verdict()
    assert (late.outcome, late.exit_status) == (Outcome.INSUFFICIENT, 2)
    assert "ended on 2026-11-28" in check(late, "no_regression/live-run").detail


def test_a_waiver_may_stand_in_the_gates(tmp_path: Path) -> None:
    made = trial(tmp_path).but(live=None)
    made.gates["waivers"] = [
        {"check": "no_regression/live-run", "by": "an officer", "why": "the first release", "until": "2026-12-31"}
    ]
    assert made.verdict().outcome is Outcome.WAIVED


def test_a_waiver_of_one_check_waives_no_other(tmp_path: Path) -> None:
    made = trial(tmp_path, asked(range(7, 8), wrong_figure_shown=1.0)).but(live=None)
    waiver = Waiver(check="no_regression/live-run", by="an officer", why="the first release of all", until=TODAY)
    assert made.but(waivers=(waiver,)).verdict().outcome is Outcome.FAIL


def noisy(seed: int, worse: float = 0.0) -> Outputs:
    """Two questions in a hundred flip, whole documents together; of those about cards some more are wrong."""
    random = np.random.default_rng(seed)
    flips, lost = random.random(1000) < 0.02, random.random(2000) < worse

    def outputs(case: Case, n: int) -> Output:
        if isinstance(case, RetrievalCase):
            return good(case, n)
        right = bool(good(case, n)["right"]) != bool(flips[n // 2])
        return {"right": float(right and not (lost[n] and "card" in case.slices)), "wrong_figure_shown": 0.0}

    return outputs


def rounds(tmp_path: Path, worse: float) -> list[GateVerdict]:
    """Twenty candidates and twenty live runs, each with noise of its own."""
    made = trial(tmp_path, questions=1500)
    made.gates["no_regression"] = [
        {"suite": "ask", "metric": "right", "margin": 0.04, "slices": {"margin": 0.05, "cases": 100}}
    ]
    assert made.live is not None
    run, live = read_run(made.run), read_run(made.live)
    return [
        made.decide(
            with_outputs(run, made.suites, noisy(seed, worse)), with_outputs(live, made.suites, noisy(100 + seed))
        )
        for seed in range(20)
    ]


@pytest.mark.slow
def test_an_equal_release_that_is_noisy_passes_nineteen_times_in_twenty(tmp_path: Path) -> None:
    assert sum(verdict.lets_pass for verdict in rounds(tmp_path, 0.0)) >= 19


@pytest.mark.slow
def test_five_points_less_in_one_slice_are_caught_by_name(tmp_path: Path) -> None:
    """Wrong once more in .055 of the cards; .91 of them were right."""
    caught = [
        check(verdict, "no_regression/ask/right@card").outcome in (Outcome.FAIL, Outcome.INSUFFICIENT)
        for verdict in rounds(tmp_path, 0.055)
    ]
    assert sum(caught) >= 19


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_gates_ask_what_the_suites_can_answer(name: str) -> None:
    """Each rule's metric is one that enough cases of its suite have; every suite that is measured is required."""
    gates = load_gates(HOME / "eval" / name).gates
    suites = load_suites(SUITES)
    for suite, wanted in gates.requires.suites.items():
        assert len(suites[suite].cases) >= wanted, suite
    for rule in (*gates.minimums, *gates.no_regression):
        assert any(rule.metric in metrics_of(case) for case in suites[rule.suite].cases), rule
    for floor in gates.floors:
        for suite in floor.suites:
            having = [case for case in suites[suite].cases if floor.metric in metrics_of(case)]
            assert len(having) >= floor.cases, (suite, floor.metric)


def test_the_shipped_gates_list_every_floor_wherever_it_is_scored() -> None:
    gates = load_gates().gates
    listed = {(suite, floor.metric) for floor in gates.floors for suite in floor.suites}
    scored = {
        (name, metric)
        for name, suite in load_suites(SUITES).items()
        if name in gates.requires.suites
        for case in suite.cases
        for metric in metrics_of(case)
        if METRICS[metric].floor
    }
    assert scored <= listed


def test_a_gates_file_is_told_all_that_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "gates.yaml"
    path.write_text(
        "requires: {suites: {ask: 0, tell: 5}, max_age_days: 7}\n"
        "floors: [{metric: right, suites: [ask]}]\n"
        "minimums: [{suite: ask, metric: splendour, level: .nan, by: hope}]\n"
        "speed: fast\n"
    )
    with pytest.raises(BadGates) as told:
        load_gates(path)
    for fault in ("suites.ask", "tell is no suite", "right is no floor", "splendour", "level", "by", "speed"):
        assert fault in str(told.value), fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("floors: []\nfloors: []\n", "floors stands there twice"),
        ("floors: [", "gates.yaml"),
        ("[]", "gates.yaml"),
        ("", "gates.yaml"),
    ],
)
def test_what_is_no_gates_file_is_refused(text: str, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "gates.yaml"
    path.write_text(text)
    with pytest.raises(BadGates, match=fault):
        load_gates(path)


def test_rules_that_contradict_each_other_are_faults(tmp_path: Path) -> None:
    made = trial(tmp_path)
    made.gates["minimums"] += [
        made.gates["minimums"][0],
        {"suite": "time", "metric": "right", "level": 0, "by": "bound"},
    ]
    made.gates["requires"]["limit_allowed"] = True
    with pytest.raises(BadGates) as told:
        made.verdict()
    for fault in ("minimum/ask/right stands there twice", "time has a rule", "limited run cannot be compared"):
        assert fault in str(told.value)


# The command, over real cases and real metrics.


def talks() -> list[RedactionCase]:
    return [
        RedactionCase(
            id=f"redaction/{n}", source="test", reviewer="test", kept=("5万元",),
            talk=(SaidBefore(speaker=Speaker.CUSTOMER, text=f"密码是 73{n}915，存5万元"),),
            hidden=(GoldMask(kind="SECRET", quote=f"73{n}915"),),
        )
        for n in range(6)
    ]  # fmt: skip


class Office:
    """Suites, gates and a run of them in a folder, and the command over them."""

    def __init__(self, folder: Path, leaks: bool = False) -> None:
        self.folder = folder
        self.run = folder / "run"
        for name in ("suites", "drops", "calls", "run"):
            (folder / name).mkdir()
        content = "".join(case.model_dump_json() + "\n" for case in talks())
        (folder / "suites" / "redaction.jsonl").write_text(content)
        corpus = corpus_sha256(folder / "drops", folder / "calls")
        release_id = Release.model_validate(LIVE).release_id
        now = datetime.now(UTC)
        manifest = Manifest(
            run_id="run",
            release_id=release_id,
            release=LIVE,
            corpus_sha256=corpus,
            suites={"redaction": SuiteOfRun(sha256=hashlib.sha256(content.encode()).hexdigest(), cases=6)},
            concurrency=1,
            started_at=now - timedelta(minutes=2),
            finished_at=now - timedelta(minutes=1),
            state=RunState.COMPLETE,
            machine={},
            code=code(),
        )
        (self.run / "manifest.json").write_text(manifest.model_dump_json())
        items = [
            Item(
                key=key_of(case, release_id, corpus, 1),
                suite="redaction",
                case_id=case.id,
                output=masked(case.talk[0].text if leaks and n == 3 else "密码是 ⟦SECRET⟧，存5万元"),
                seconds=0,
            )
            for n, case in enumerate(talks())
        ]
        bank = Bank({}, {}, corpus)
        scores = [score for case, item in zip(talks(), items, strict=True) for score in scores_of(case, item, bank)]
        write_lines(self.run / "items.jsonl", [item.model_dump(mode="json") for item in items])
        write_lines(self.run / "scores.jsonl", [score.model_dump(mode="json") for score in scores])
        self.gates: dict[str, Any] = {
            "requires": {"suites": {"redaction": 6}, "max_age_days": 1},
            "floors": [{"metric": "c3_leak", "suites": ["redaction"]}],
            "minimums": [{"suite": "redaction", "metric": "hidden", "level": 0.5, "by": "estimate"}],
        }

    def gate(self, *options: str) -> Result:
        (self.folder / "gates.yaml").write_text(json.dumps(self.gates))
        places = [f"--{name}={self.folder / name}" for name in ("suites", "drops", "calls")]
        gates = f"--gates={self.folder / 'gates.yaml'}"
        return CliRunner().invoke(app, ["gate", str(self.run), gates, *places, *options])


def masked(text: str) -> dict[str, Any]:
    utterance = MaskedUtterance(utt_id="u1", speaker=Speaker.CUSTOMER, text=text)
    return MaskedTalk(utterances=(utterance,), hidden=()).model_dump(mode="json")


def test_the_command_passes_with_0_and_leaves_the_sealed_verdict(tmp_path: Path) -> None:
    done = Office(tmp_path).gate("--out", str(tmp_path / "out" / "verdict.json"))
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].startswith("PASS rel-")
    assert GateVerdict.model_validate_json((tmp_path / "out" / "verdict.json").read_bytes()).is_whole()


def test_the_command_fails_with_1_and_names_the_check(tmp_path: Path) -> None:
    done = Office(tmp_path, leaks=True).gate()
    assert done.exit_code == 1
    assert "floor/redaction/c3_leak" in done.output.splitlines()[-1]


def test_the_command_lacks_evidence_with_2(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.gates["floors"][0]["cases"] = 30
    done = office.gate("--json")
    verdict = GateVerdict.model_validate_json(done.output)
    assert (done.exit_code, verdict.exit_status, verdict.outcome) == (2, 2, Outcome.INSUFFICIENT)


def test_a_broken_harness_is_3_and_a_sentence(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.gates["minimums"] = []
    done = office.gate()
    assert done.exit_code == 3
    assert "minimums" in done.stderr
    assert CliRunner().invoke(app, ["gate", str(tmp_path / "nothing")]).exit_code == 3
    (office.run / "scores.jsonl").write_text("{")
    office.gates["minimums"] = [{"suite": "redaction", "metric": "hidden", "level": 0.5, "by": "estimate"}]
    assert office.gate().exit_code == 3


def test_two_runs_are_compared_by_the_command(tmp_path: Path) -> None:
    for name, leaks in (("one", False), ("other", True)):
        (tmp_path / name).mkdir()
        Office(tmp_path / name, leaks)
    runs = [str(tmp_path / name / "run") for name in ("other", "one")]
    done = CliRunner().invoke(app, ["compare", *runs])
    assert done.exit_code == 0, done.output
    assert "redaction/3 c3_leak 0 → 1" in done.output
    assert json.loads(CliRunner().invoke(app, ["compare", *runs, "--json"]).output)["run_id"] == "run"
