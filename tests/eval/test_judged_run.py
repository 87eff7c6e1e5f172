"""`seatmate-eval judge RUN`: verdicts beside the run, bound to its judge and its items, resumed and never mixed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatmate.domain.answers import Answer, AnswerStatus, Citation, Latency, Sentence, SentenceSource
from seatmate.testing.openai_server import Body, OpenAIServer, Trouble
from seatmate_eval.cases import AskCase
from seatmate_eval.cli import app
from seatmate_eval.judged_run import JudgedRun, judged_scores, judges_of, key_of
from seatmate_eval.judges import COMPUTED, JUDGED, JudgeId, Sample, samples_of
from seatmate_eval.results import BadRun, Item, Manifest, RunState, SuiteOfRun
from seatmate_eval.suites import load_suites

JUDGE_ID = JudgeId(model="bank-72b", base="ab" * 32, prompts="cd" * 32, encoder="e", ragas="0.4.3", max_tokens=512)
DAY = datetime(2026, 11, 18, 10, tzinfo=UTC)


def answer(case: AskCase, status: AnswerStatus = AnswerStatus.GROUNDED) -> Answer:
    """One that cites a line of its own."""
    text = "整存整取一年期年利率1.40%。"
    cited = Citation(
        doc_id="deposit-rate-table", version="1", title="", start=0, end=2, quote=text, valid_from=None, valid_to=None
    )
    sentence = Sentence(text=text, source=SentenceSource.MODEL, citations=(cited, cited))
    grounded = status is AnswerStatus.GROUNDED
    return Answer(
        answer_id="a",
        release_id="r",
        snapshot=1,
        as_of=case.as_of,
        question=case.question,
        standalone_query=case.question,
        text=text if grounded else "",
        sentences=(sentence,) if grounded else (),
        status=status,
        latency_ms=Latency(rewrite=0, retrieve=0, first_sentence=None, total=1),
    )


def item(case: AskCase, output: Answer | None, error: str = "") -> Item:
    told = None if output is None else output.model_dump(mode="json")
    return Item(key="0" * 64, suite="ask", case_id=case.id, output=told, error=error, seconds=1.0)


def ask_cases() -> list[AskCase]:
    return [case for case in load_suites()["ask"].cases if isinstance(case, AskCase)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Of the real suite: two answers, a refusal, a crash, and a question that had to be refused."""
    suite = load_suites()["ask"]
    grounded = [case for case in ask_cases() if case.status == "grounded" and case.figures][:4]
    refused = next(case for case in ask_cases() if case.status == "abstained")
    items = [
        item(grounded[0], answer(grounded[0])),
        item(grounded[1], answer(grounded[1])),
        item(grounded[2], answer(grounded[2], AnswerStatus.ABSTAINED)),
        item(grounded[3], None, "TimeoutError"),
        item(refused, answer(refused)),
    ]
    manifest = Manifest(
        run_id="r",
        release_id="r",
        release={},
        corpus_sha256="0" * 64,
        suites={"ask": SuiteOfRun(sha256=suite.sha256, cases=len(suite.cases))},
        concurrency=1,
        started_at=DAY,
        finished_at=DAY,
        state=RunState.COMPLETE,
        machine={},
        code="1",
    )
    (tmp_path / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    (tmp_path / "items.jsonl").write_text("".join(i.model_dump_json() + "\n" for i in items), encoding="utf-8")
    return tmp_path


def samples(run: Path) -> list[Sample]:
    items = [Item.model_validate_json(line) for line in (run / "items.jsonl").read_text().splitlines()]
    return list(samples_of({case.id: case for case in ask_cases()}, items))


def test_a_sample_is_the_answer_with_its_cited_text_and_the_gold(run: Path) -> None:
    first = samples(run)[0]
    assert first.contexts == ("整存整取一年期年利率1.40%。",)
    assert first.reference == "；".join(ask_cases()[0].figures)
    assert first.missing == ""


def test_a_wrong_refusal_and_a_crash_are_unscored_and_a_right_refusal_is_not_judged(run: Path) -> None:
    assert [sample.missing for sample in samples(run)] == [
        "",
        "",
        "the flow refused: None",
        "the flow gave nothing: TimeoutError",
    ]


def test_a_killed_judge_goes_on_where_it_was(run: Path) -> None:
    first, second, *_ = samples(run)
    kept = JudgedRun(run, JUDGE_ID)
    kept.add(first.score("ragas_faithfulness", 1.0))
    with next(run.glob("judge-*.jsonl")).open("a") as lines:
        lines.write(second.score("ragas_faithfulness", 0.5).model_dump_json()[:40])
    again = JudgedRun(run, JUDGE_ID)
    assert again.done() == {key_of(first.score("ragas_faithfulness", 1.0))}
    again.add(second.score("ragas_faithfulness", 0.5))
    assert [score.value for score in judged_scores(run, JUDGE_ID)] == [1.0, 0.5]


def test_what_has_no_value_is_asked_again_only_when_that_is_wanted(run: Path) -> None:
    sample = samples(run)[0]
    kept = JudgedRun(run, JUDGE_ID)
    kept.add(sample.score("ragas_faithfulness", None, "no verdict within 90 s"))
    assert len(kept.done()) == 1
    assert kept.done(again=True) == frozenset()
    kept.add(sample.score("ragas_faithfulness", 0.5))
    assert [score.value for score in judged_scores(run, JUDGE_ID)] == [0.5]


def test_verdicts_on_other_items_are_not_kept(run: Path) -> None:
    JudgedRun(run, JUDGE_ID).add(samples(run)[0].score("ragas_faithfulness", 1.0))
    with (run / "items.jsonl").open("a") as lines:
        lines.write(item(ask_cases()[9], None, "x").model_dump_json() + "\n")
    with pytest.raises(BadRun, match="other items"):
        judged_scores(run, JUDGE_ID)
    assert JudgedRun(run, JUDGE_ID).scores() == ()


def test_two_judges_do_not_mix(run: Path) -> None:
    other = JUDGE_ID.model_copy(update={"model": "bank-8b"})
    JudgedRun(run, JUDGE_ID).add(samples(run)[0].score("ragas_faithfulness", 1.0))
    JudgedRun(run, other)
    assert judged_scores(run, other) == ()
    assert {judge.model for judge in judges_of(run)} == {"bank-72b", "bank-8b"}
    with pytest.raises(BadRun, match="has said nothing"):
        judged_scores(run, "f" * 16)


def test_a_broken_line_in_the_middle_is_a_bad_run(run: Path) -> None:
    kept = JudgedRun(run, JUDGE_ID)
    next(run.glob("judge-*.jsonl")).write_text("{}\n" + samples(run)[0].score("m", 1.0).model_dump_json() + "\n")
    with pytest.raises(BadRun, match="line 1"):
        kept.scores()


# ── the command ────────────────────────────────────────────────────────────────────────────────────────────────────


def agreeable(body: Body) -> str:
    """Any verdict that fits the schema, always yes."""
    schema = body["response_format"]["json_schema"]["schema"]
    return json.dumps(instance(schema, schema.get("$defs", {})), ensure_ascii=False)


def instance(schema: Body, defs: Body) -> object:
    if "$ref" in schema:
        return instance(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "enum" in schema:
        return schema["enum"][-1]
    match schema["type"]:
        case "object":
            return {name: instance(shape, defs) for name, shape in schema["properties"].items()}
        case "array":
            return [instance(schema["items"], defs)] * schema["minItems"]
    return "一年期年利率1.40%"


def test_the_command_judges_a_run_and_a_second_time_asks_nothing(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenAIServer(agreeable, models=("bank-72b",)) as server:
        monkeypatch.setenv("SEATMATE_ENGINE__BASE_URL", server.base_url)
        monkeypatch.setenv("SEATMATE_ENGINE__SERVED_MODEL", "bank-72b")
        server.fail_with(Trouble(status=500))
        first = CliRunner().invoke(app, ["judge", str(run), "--base-sha", "ab" * 32])
        assert first.exit_code == 0, first.output
        asked = len(server.bodies)
        second = CliRunner().invoke(app, ["judge", str(run), "--base-sha", "ab" * 32])
        assert second.exit_code == 0, second.output
        assert len(server.bodies) == asked
    (judge,) = judges_of(run)
    assert (judge.model, judge.base) == ("bank-72b", "ab" * 32)
    scores = judged_scores(run, judge)
    assert len(scores) == 4 * len((*JUDGED, *COMPUTED))
    # Two answers are judged at a time: which of them met the trouble is nobody's rule; that one score is missing, is.
    judged = {sample.case_id for sample in samples(run) if not sample.missing}
    assert [s.unscored for s in scores if s.value is None and s.case_id in judged] == [
        "the model server refused the request with HTTP 500"
    ]


def test_without_a_model_only_what_asks_none_is_computed(run: Path) -> None:
    done = CliRunner().invoke(app, ["judge", str(run), "--no-model"])
    assert done.exit_code == 0, done.output
    (judge,) = judges_of(run)
    assert {score.metric for score in judged_scores(run, judge)} == set(COMPUTED)


def test_a_run_of_other_suites_is_a_broken_harness(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["suites"]["ask"]["sha256"] = "1" * 64
    (run / "manifest.json").write_text(json.dumps(manifest))
    done = CliRunner().invoke(app, ["judge", str(run), "--no-model"])
    assert done.exit_code == 3
    assert "has changed since" in done.output.replace("\n", " ")


def test_a_run_that_goes_on_is_not_judged(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, "state": "running"}))
    done = CliRunner().invoke(app, ["judge", str(run), "--no-model"])
    assert done.exit_code == 3
    assert judges_of(run) == ()
