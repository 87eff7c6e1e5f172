"""The report: what was decided stands first, every failing case has its evidence, and nothing in it is trusted."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from seatmate.domain.answers import Answer
from seatmate.domain.verdicts import Check, GateVerdict, Outcome, Waiver
from seatmate.settings import HOME
from seatmate_eval.cases import AskCase
from seatmate_eval.cli import app
from seatmate_eval.judged_run import JudgedRun
from seatmate_eval.judges import JudgeId
from seatmate_eval.report.cards import cards
from seatmate_eval.report.content import Content, Unscored, faults_of_verdict, gather
from seatmate_eval.report.junit import junit
from seatmate_eval.report.page import page
from seatmate_eval.report.ruling import parts
from seatmate_eval.report.standing import Standing, State
from seatmate_eval.report.summary_json import summary
from seatmate_eval.results import Manifest, Run, RunState
from seatmate_eval.suites import Suite
from tests.eval.report_bank import conversations, write_suites
from tests.eval.report_world import CANDIDATE, HOSTILE, LIVE, NOW, PHONE, write_run, write_verdict

SHOWN_AS_CARDS = (State.REGRESSED, State.FAILING, State.PARTIAL)


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Suite]:
    return write_suites(tmp_path_factory.mktemp("suites"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, suites: dict[str, Suite]) -> tuple[Run, Run]:
    folder = tmp_path_factory.mktemp("runs")
    return write_run(folder, CANDIDATE, suites), write_run(folder, LIVE, suites)


@pytest.fixture(scope="module")
def content(runs: tuple[Run, Run], suites: dict[str, Suite]) -> Content:
    run, live = runs
    verdict = write_verdict(run, live, suites)
    return gather(run, live=live, verdict=verdict, suites=suites, calls=conversations(), made_at=NOW)


@pytest.fixture(scope="module")
def html(content: Content) -> str:
    return page(content)


def verdict_of(content: Content, outcome: Outcome, **changes: object) -> GateVerdict:
    """A sealed verdict on the content's run, of one check."""
    waiver = Waiver(check="minimum/time/right", by="风险部 王工", why="本周资料迟到，已人工复核", until="2026-12-31")
    check = Check(
        id="minimum/time/right",
        kind="minimum",
        outcome=outcome,
        suite="time",
        metric="right",
        more_cases=37 if outcome is Outcome.INSUFFICIENT else None,
        waiver=waiver if outcome is Outcome.WAIVED else None,
    )
    assert content.verdict is not None
    return content.verdict.model_copy(update={"outcome": outcome, "checks": (check,), **changes}).sealed()


class Tags(HTMLParser):
    """Every element of a page with its attributes, and the text of the scripts and of everything else."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.PASS, "通过"),
        (Outcome.FAIL, "不通过"),
        (Outcome.INSUFFICIENT, "证据不足"),
        (Outcome.WAIVED, "豁免"),
    ],
)
def test_the_page_begins_with_the_verdict(content: Content, outcome: Outcome, words: str) -> None:
    shown = page(replace(content, verdict=verdict_of(content, outcome)))
    assert f"<title>{words} · {content.run.manifest.release_id}" in shown
    assert f"{words}</b><span>{outcome.value}</span>" in shown


def test_without_a_verdict_the_page_says_that_nothing_was_decided(content: Content) -> None:
    bare = replace(content, verdict=None)
    assert "尚无结论" in page(bare)
    assert json.loads(summary(bare))["verdict"] is None


def test_how_many_cases_are_missing_and_who_waived_is_told(content: Content) -> None:
    assert "约差 37 题" in page(replace(content, verdict=verdict_of(content, Outcome.INSUFFICIENT)))
    waived = page(replace(content, verdict=verdict_of(content, Outcome.WAIVED)))
    assert "风险部 王工 豁免至 2026-12-31：本周资料迟到，已人工复核" in waived


def with_verdict(content: Content, verdict: GateVerdict, key: str = "") -> Content:
    release_id = content.run.manifest.release_id
    faults = faults_of_verdict(verdict, release_id, content.run_sha256, content.live_sha256, key)
    return replace(content, verdict=verdict, verdict_faults=tuple(faults))


@pytest.mark.parametrize(
    "change",
    [
        {"run_sha256": "0" * 64},
        {"release_id": "rel-000000000000"},
        {"live_run_sha256": "0" * 64},
        {"checks": ()},
    ],
)
def test_a_verdict_that_is_not_of_these_runs_decides_nothing(content: Content, change: dict[str, object]) -> None:
    if "checks" in change:
        change = {"checks": verdict_of(content, Outcome.FAIL).checks}
    told = with_verdict(content, verdict_of(content, Outcome.PASS).model_copy(update=change).sealed())
    assert "裁决无效" in page(told)
    of_json = json.loads(summary(told))["verdict"]
    assert not of_json["valid"]
    assert not of_json["lets_pass"]
    of_gate = ElementTree.fromstring(junit(told)).find("testsuite[@name='gate']")
    assert of_gate is not None
    assert of_gate.get("errors") == "1"


def test_an_edited_verdict_and_one_without_the_banks_key_decide_nothing(content: Content) -> None:
    verdict = verdict_of(content, Outcome.PASS)
    edited = with_verdict(content, verdict.model_copy(update={"corpus_sha256": "0" * 64}))
    assert "可能被改动" in page(edited)
    assert with_verdict(content, verdict, key="bank").verdict_faults
    assert not with_verdict(content, verdict.sealed("bank"), key="bank").verdict_faults
    assert not with_verdict(content, verdict).verdict_faults


def test_floors_stand_before_everything_else_and_what_fails_before_what_passes(content: Content, html: str) -> None:
    order = [html.index(word) for word in ("<h3>底线</h3>", "<h3>最低水平</h3>", "<h3>不退步</h3>")]
    assert order == sorted(order)
    assert html.index("floor/<wbr>time/<wbr>expired_") < html.index("floor/<wbr>redaction/<wbr>c3_")


def test_what_is_different_in_the_release_stands_first(content: Content) -> None:
    named = [(part.key, part.changed) for part in parts(content)]
    assert [key for key, changed in named if changed] == ["adapter", "prompts", "retrieval", "code"]
    assert [changed for _, changed in named] == sorted((changed for _, changed in named), reverse=True)


def test_every_case_that_got_worse_is_shown_with_question_gold_output_and_the_live_output(content: Content) -> None:
    planted = CANDIDATE.wrong - LIVE.wrong
    shown = {card.case_id: card for card in cards(content, State.REGRESSED)}
    assert planted <= shown.keys()
    card = shown["time/loan-car-2"]
    assert [fault.key for fault in card.faults] == ["expired_citation", "right"]
    assert card.faults[1].why == "「3.35%」是上一版的数字，应为「3.05%」"
    assert card.asked is not None
    assert card.asked.question[0].text == "车易贷18号当天是多少"
    assert ("应含数字", "3.05%") in [(line.label, line.text) for line in card.asked.gold]
    assert [(line.label, line.text) for line in card.told[1:]] == [
        ("模型", "车易贷是3.35%。"),
        ("已拦下", "车易贷大约是9.99%。"),
    ]
    assert card.told[1].notes[0].startswith("《车易贷公告》loan-car@2026-W45 [12:21] 2026-10-01 至 2026-11-17")
    assert card.live_told is not None
    assert card.live_told[1].text == "车易贷是3.05%。"


def test_no_case_that_fails_is_left_out(content: Content, html: str) -> None:
    of_page = set(re.findall(r'<article class="case [^>]* id="([^"]+)"', html))
    wanted = {
        f"{one.state.value}-{one.suite}-{one.case_id}" for one in content.standings if one.state in SHOWN_AS_CARDS
    }
    assert of_page == wanted
    failed = {
        (score.suite, score.case_id) for score in content.run.scores if score.metric == "right" and not score.value
    }
    assert failed <= {one.key for one in content.standings if one.state in SHOWN_AS_CARDS}


def test_a_case_that_fails_by_turns_is_flaky_and_the_failed_repeat_is_shown(content: Content, html: str) -> None:
    card = next(card for card in cards(content, State.REGRESSED) if card.case_id == "time/fund-a-1")
    assert card.is_flaky
    assert card.told_of == "第 2 次，共 2 次"
    assert card.told[1].text == "川悦180天管理费是0.20%。"
    assert {row.case_id for row in content.flaky} == {"time/fund-a-1"}
    assert html.index("不稳定的题") < html.index("<code>time/fund-a-1</code></th>")


def test_what_has_no_score_is_listed_with_its_reason_and_counts_as_no_number(content: Content, html: str) -> None:
    assert "the judge did not answer within 60 s" in html
    row = next(row for row in content.rows if row.metric == "ragas_semantic_similarity" and not row.slice)
    assert row.candidate is not None
    assert row.candidate.value == pytest.approx(0.7)
    assert row.candidate.cases == 5
    assert json.loads(summary(content))["unscored"][0]["case_ids"] == ["aftercall/YC-T-003"]


def test_a_case_that_crashed_is_an_error_and_a_failure(tmp_path: Path, suites: dict[str, Suite]) -> None:
    run = write_run(tmp_path, replace(CANDIDATE, crashed=frozenset({"refusal/04"})), suites)
    told = gather(run, live=None, verdict=None, suites=suites, calls=conversations(), made_at=NOW)
    standing = next(one for one in told.standings if one.case_id == "refusal/04")
    assert standing.state is State.FAILING
    assert "the model server closed the connection" in page(told)
    case = ElementTree.fromstring(junit(told)).find("testsuite[@name='refusal']/testcase[@name='refusal/04']/error")
    assert case is not None
    assert json.loads(summary(told))["cases"]["failing"]


def test_without_a_live_run_nothing_is_called_a_step_back(runs: tuple[Run, Run], suites: dict[str, Suite]) -> None:
    told = gather(runs[0], live=None, verdict=None, suites=suites, calls=conversations(), made_at=NOW)
    assert not told.of_state(State.REGRESSED)
    shown = page(told)
    assert "没有给出线上版本，不作对照" in shown
    assert "线上输出" not in shown


def test_a_live_run_of_other_cases_is_not_compared_and_the_reason_is_told(
    tmp_path: Path, runs: tuple[Run, Run], suites: dict[str, Suite]
) -> None:
    run, live = runs
    other = live.model_copy(update={"manifest": live.manifest.model_copy(update={"code": "another"})})
    told = gather(run, live=other, verdict=None, suites=suites, calls={}, made_at=NOW)
    assert not told.compared_with_live
    assert "不能与给出的线上运行比较：they were measured by different code" in page(told)


def test_gold_that_has_changed_since_the_run_is_not_shown_as_its_gold(
    content: Content, runs: tuple[Run, Run], suites: dict[str, Suite]
) -> None:
    changed = {**suites, "time": replace(suites["time"], sha256="0" * 64)}
    told = gather(runs[0], live=None, verdict=None, suites=changed, calls={}, made_at=NOW)
    card = next(card for card in cards(told, State.FAILING) if card.suite == "time")
    assert card.asked is None
    assert any("题库在运行之后有改动" in note and "time" in note for note in told.notes)


def test_a_run_that_is_not_complete_says_so_before_any_figure(runs: tuple[Run, Run], suites: dict[str, Suite]) -> None:
    half = runs[0].manifest.model_copy(update={"state": RunState.RUNNING, "finished_at": None})
    run = runs[0].model_copy(update={"manifest": half, "scores": ()})
    shown = page(gather(run, live=None, verdict=None, suites=suites, calls={}, made_at=NOW))
    assert shown.index("这次运行没有完成") < shown.index("题数")


def test_a_judge_on_probation_is_shown_as_one(runs: tuple[Run, Run], suites: dict[str, Suite]) -> None:
    judge = JudgeId(model="bank@1", base="1" * 64, prompts="2" * 64, encoder="static", ragas="0.4.3", max_tokens=512)
    kept = JudgedRun(runs[0].folder, judge)
    score = runs[0].scores[0].model_copy(update={"metric": "ragas_faithfulness", "value": 0.5})
    kept.add(score)
    told = gather(
        runs[0].model_copy(update={"scores": ()}), live=None, verdict=None, suites=suites, calls={}, made_at=NOW
    )
    assert [(row.metric, row.mean, row.counts) for row in told.judged] == [("ragas_faithfulness", 0.5, False)]
    assert '<span class="badge plain">试用期</span>' in page(told)


def test_words_of_customers_and_models_stay_words(html: str) -> None:
    assert HOSTILE not in html
    tags = Tags(html)
    assert [tag for tag, _ in tags.found].count("script") == 1
    assert "alert('x')" in tags.text


def test_the_page_loads_nothing_and_runs_only_its_own_script(html: str) -> None:
    tags = Tags(html)
    for tag, attributes in tags.found:
        assert not {"src", "srcset", "action", "style"} & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert (attributes.get("href") or "#").startswith("#"), tag
    assert "url(" not in html
    assert "@import" not in html
    policy = next(attributes["content"] for _, attributes in tags.found if "http-equiv" in attributes)
    script = html[html.index("<script>") + len("<script>") : html.index("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def test_no_text_makes_an_element_or_breaks_a_file(content: Content) -> None:
    """The same text everywhere that a run, a verdict or a case can bring one."""

    def elements(words: str) -> int:
        """Those of the page, without the places where an identifier may break."""
        return sum(tag != "wbr" for tag, _ in Tags(page(saying(content, words))).found)

    plain = elements("话")

    @settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate))
    @given(words=st.text(min_size=1, max_size=40))
    @example(words="</script><script>x</script>")
    @example(words='"><img onerror=x>\x00\x1b')
    def holds(words: str) -> None:
        assert elements(words) == plain
        told = saying(content, words)
        ElementTree.fromstring(junit(told))
        json.loads(summary(told))

    holds()


def saying(content: Content, words: str) -> Content:
    """One case, and the words at every place that is not ours."""
    one = next(hostile(one, words) for one in content.standings if one.case_id == "time/loan-car-2")
    return replace(
        content,
        standings=(one,),
        rows=(),
        costs={},
        run=content.run.model_copy(update={"manifest": hostile_manifest(content.run, words)}),
        live_items={one.key: one.items[0]},
        verdict=verdict_of(content, Outcome.FAIL, checks=(hostile_check(words),)),
        notes=(words,),
        unscored=(Unscored("time", words, words, (words,)),),
    )


def hostile(standing: Standing, words: str) -> Standing:
    answer = Answer.model_validate(standing.items[0].output)
    sentence = answer.sentences[0].model_copy(update={"text": words})
    output = answer.model_copy(update={"sentences": (sentence,), "note": words}).model_dump(mode="json")
    faults = tuple(replace(fault, evidence=words) for fault in standing.faults)
    items = tuple(item.model_copy(update={"output": output}) for item in standing.items)
    return replace(standing, faults=faults, items=items, slices=(words,))


def hostile_manifest(run: Run, words: str) -> Manifest:
    release = {**run.manifest.release, "adapter": words}
    return run.manifest.model_copy(update={"release": release, "machine": {words: words}})


def hostile_check(words: str) -> Check:
    return Check(id=words, kind="minimum", outcome=Outcome.FAIL, suite=words, metric=words, slice=words, detail=words)


def test_personal_data_is_in_none_of_the_files(content: Content, html: str) -> None:
    missed = [f"六二幺七 尾号{n}{n}{n}{n}" for n in range(1, 5)]
    spoken = [f"138123456{70 + n}" for n in range(1, 7)]
    for file in (html, summary(content), junit(content)):
        assert not [words for words in (PHONE, *missed, *spoken) if words in file]
    assert "⟦未遮 CARD⟧" in html
    assert "应遮 CARD" in html


def test_of_a_call_the_named_utterances_are_shown_with_their_neighbours(content: Content) -> None:
    card = next(card for card in cards(content, State.FAILING) if card.suite == "aftercall-phone")
    assert card.asked is not None
    labels = [line.label for line in card.asked.question]
    assert labels == ["u1 坐席", "u2 客户", "u3 坐席", "u4 客户", "u5 客户", "u6 坐席"]
    assert card.asked.question[3].text == "⟦PHONE⟧"


def test_the_files_say_what_the_page_says(content: Content) -> None:
    told = json.loads(summary(content))
    assert told["schema"] == "seatmate-eval-report/1"
    assert told["run"]["sha256"] == content.run_sha256
    assert told["verdict"]["outcome"] == "fail"
    assert {case["case_id"] for case in told["cases"]["regressed"]} == {
        standing.case_id for standing in content.of_state(State.REGRESSED)
    }
    whole = next(row for row in told["figures"] if row["metric"] == "right" and not row["slice"])
    expected = next(row for row in content.rows if row.metric == "right" and not row.slice)
    assert expected.gain is not None
    assert whole["gain"]["low"] == expected.gain.low
    assert sum(len(cases) for cases in told["cases"].values()) + told["right"] == 60


def test_junit_counts_its_cases_and_has_the_gates_checks(content: Content) -> None:
    root = ElementTree.fromstring(junit(content))
    assert root.get("tests") == str(len(root.findall("testsuite/testcase")))
    assert root.get("failures") == str(len(root.findall("testsuite/testcase/failure")))
    assert content.verdict is not None
    of_gate = root.find("testsuite[@name='gate']")
    assert of_gate is not None
    assert {case.get("name") for case in of_gate} == {check.id for check in content.verdict.checks}
    failed = {case.get("name") for case in of_gate if case.find("failure") is not None}
    blocked = {c.id for c in content.verdict.checks if c.outcome in (Outcome.FAIL, Outcome.INSUFFICIENT)}
    assert failed == blocked
    waived = of_gate.find("testcase[@name='no_regression/time/total_ms']/skipped")
    assert waived is not None
    assert "运维 陈工" in (waived.get("message") or "")
    case = root.find("testsuite[@name='time']/testcase[@name='time/loan-car-2']/failure")
    assert case is not None
    assert "应为「3.05%」" in (case.text or "")


def test_equal_content_gives_equal_files(content: Content, html: str) -> None:
    assert page(content) == html
    assert summary(content) == summary(content)


def test_the_command_writes_three_files_and_a_broken_run_is_status_3(
    tmp_path: Path, runs: tuple[Run, Run], suites: dict[str, Suite]
) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    for call_id, call in conversations().items():
        (calls / f"{call_id}.json").write_text(call.model_dump_json(), encoding="utf-8")
    write_suites(tmp_path / "suites")
    places = ["--suites", str(tmp_path / "suites"), "--calls", str(calls), "--out", str(tmp_path / "out")]
    run, live = runs
    verdict = ["--verdict", str(run.folder / "verdict.json")]
    write_verdict(run, live, suites)
    done = CliRunner().invoke(app, ["report", str(run.folder), "--live", str(live.folder), *verdict, *places])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["junit.xml", "report.html", "report.json"]
    assert "<b>✕ 不通过</b>" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert CliRunner().invoke(app, ["report", str(tmp_path), *places]).exit_code == 3


def test_the_readmes_case_is_one_and_its_commands_are_there() -> None:
    readme = (HOME / "eval" / "README.md").read_text(encoding="utf-8")
    block = readme[readme.index("```json") + len("```json") :]
    assert AskCase.model_validate_json(block[: block.index("```")]).kind == "boundary"
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert set(re.findall(r"seatmate-eval ([a-z]+[a-z-]*)", readme)) <= known
