"""ragas with a judge behind a real HTTP server on loopback: one that answers well, badly, late, or with nothing."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from seatmate.adapters.chat import OpenAIChat
from seatmate.adapters.dense import HashedGrams
from seatmate.prompts import Prompts
from seatmate.settings import HOME
from seatmate.testing.openai_server import Body, OpenAIServer, Trouble
from seatmate_eval.judges import COMPUTED, JUDGED, Sample
from seatmate_eval.metrics.judge import Judge, computed
from seatmate_eval.results import Score

PROMPTS = Prompts.load(HOME / "prompts" / "eval")
ENCODE = HashedGrams().encode
SAMPLE = Sample(
    suite="ask",
    case_id="ask/1",
    cluster="deposit-rate-table",
    question="一年定期利率多少，多少起存",
    answer="整存整取一年期年利率1.40%。50元起存。",
    contexts=("整存整取；一年；年利率：1.40%；起存金额：50元", "三年；年利率：1.80%"),
    reference="1.40%；50元",
)


def asked_for(body: Body) -> str:
    return str(body["response_format"]["json_schema"]["name"]).split("_")[1]


def good(body: Body) -> str:
    """A judge that reads: two statements, both true, the first of the two contexts of use."""
    text = body["messages"][-1]["content"]
    match asked_for(body):
        case "StatementGeneratorOutput":
            return said(statements=["一年期年利率是1.40%", "50元起存"])
        case "ClaimDecompositionOutput":
            return said(claims=["年利率是1.40%", "50元起存"])
        case "NLIStatementOutput":
            return said(statements=[{"statement": "…", "reason": "资料写了", "verdict": 1} for _ in range(2)])
        case "AnswerRelevanceOutput":
            return said(question=SAMPLE.question, noncommittal=0)
        case "ContextPrecisionOutput":
            return said(reason="说的是一年", verdict=int("50元" in text.split("资料：")[1]))
        case "ContextRecallOutput":
            return said(classifications=[{"statement": "1.40%", "reason": "有", "attributed": 1}])
    raise AssertionError(asked_for(body))


def said(**fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False)


def instead(of: str, reply: str) -> Callable[[Body], str]:
    """The good judge, but for one kind of question."""
    return lambda body: reply if asked_for(body) == of else good(body)


async def judged(
    server: OpenAIServer,
    names: Sequence[str] = JUDGED,
    *samples: Sample,
    item_timeout_s: float = 10,
    max_tokens: int = 512,
    encode: Callable[[str], Sequence[float]] = ENCODE,
) -> dict[str, Score]:
    chat = OpenAIChat(server.base_url, "", "mock", total_timeout_s=20)
    judge = Judge(chat, encode, PROMPTS, item_timeout_s=item_timeout_s, max_tokens=max_tokens)
    try:
        return {score.metric: score async for score in judge.scores(samples or (SAMPLE,), names)}
    finally:
        await chat.aclose()


async def test_a_good_judge_gives_every_metric_a_value() -> None:
    with OpenAIServer(good) as server:
        scores = await judged(server)
    assert {name: score.value for name, score in scores.items()} == dict.fromkeys(JUDGED, 1.0)
    assert {(s.suite, s.case_id, s.cluster) for s in scores.values()} == {("ask", "ask/1", "deposit-rate-table")}


async def test_a_statement_without_support_lowers_faithfulness() -> None:
    rows = [{"statement": "…", "reason": "…", "verdict": verdict} for verdict in (1, 0)]
    with OpenAIServer(instead("NLIStatementOutput", said(statements=rows))) as server:
        scores = await judged(server, ("ragas_faithfulness",))
    assert scores["ragas_faithfulness"].value == 0.5


async def test_an_evasive_answer_is_worth_nothing_and_that_is_a_verdict() -> None:
    with OpenAIServer(instead("AnswerRelevanceOutput", said(question="利率多少", noncommittal=1))) as server:
        scores = await judged(server, ("ragas_answer_relevancy",))
    assert scores["ragas_answer_relevancy"].value == 0.0


@pytest.mark.parametrize(
    ("metric", "of", "reply", "why"),
    [
        ("ragas_faithfulness", "NLIStatementOutput", "两句都对", "not the JSON"),
        ("ragas_faithfulness", "NLIStatementOutput", '{"statements": NaN}', "not the JSON"),
        ("ragas_faithfulness", "NLIStatementOutput", "", "not the JSON"),
        (
            "ragas_faithfulness",
            "NLIStatementOutput",
            said(statements=[{"statement": "…", "reason": "…", "verdict": v} for v in (1, 7)]),
            "neither 0 nor 1",
        ),
        (
            "ragas_faithfulness",
            "NLIStatementOutput",
            said(statements=[{"statement": "…", "reason": "…", "verdict": 1}]),
            "1 verdicts for 2 statements",
        ),
        ("ragas_faithfulness", "NLIStatementOutput", said(statements=[]), "nothing to judge"),
        ("ragas_faithfulness", "StatementGeneratorOutput", said(statements=[]), "nothing to judge"),
        ("ragas_answer_relevancy", "AnswerRelevanceOutput", said(question=" ", noncommittal=0), "no question"),
        ("ragas_answer_relevancy", "AnswerRelevanceOutput", '{"question":"问","noncommittal":NaN}', "not the JSON"),
        ("ragas_context_precision", "ContextPrecisionOutput", said(reason="…", verdict=-1), "neither 0 nor 1"),
        ("ragas_context_recall", "ContextRecallOutput", said(classifications=[]), "nothing to judge"),
        ("ragas_factual_correctness", "ClaimDecompositionOutput", said(claims=[]), "nothing to judge"),
        ("ragas_factual_correctness", "ClaimDecompositionOutput", said(claims="一条"), "not the JSON"),
    ],
)
async def test_what_is_no_verdict_has_no_value_and_says_why(metric: str, of: str, reply: str, why: str) -> None:
    with OpenAIServer(instead(of, reply)) as server:
        score = (await judged(server, (metric,)))[metric]
    assert score.value is None
    assert why in score.unscored


async def test_an_answer_that_is_cut_off_has_no_value() -> None:
    with OpenAIServer(good) as server:
        scores = await judged(server, ("ragas_faithfulness",), max_tokens=20)
    assert scores["ragas_faithfulness"].unscored == "the judge's answer was cut off after 20 tokens"


async def test_a_late_judge_has_no_value_and_holds_up_no_other() -> None:
    with OpenAIServer(good) as server:
        server.fail_with(Trouble(wait_s=3.0))
        scores = await judged(server, ("ragas_faithfulness", "ragas_answer_relevancy"), item_timeout_s=1)
    late = [score for score in scores.values() if score.value is None]
    assert [score.unscored for score in late] == ["no verdict within 1 s"]
    assert len(scores) == 2


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (Trouble(status=400), "HTTP 400"),
        (Trouble(status=503), "too much to do"),
        (Trouble(body=b"{}"), ""),
        (Trouble(body=b'{"choices": [{"message": {"content": NaN}}]}'), ""),
    ],
)
async def test_a_server_in_trouble_gives_no_value(trouble: Trouble, why: str) -> None:
    with OpenAIServer(good) as server:
        server.fail_with(trouble)
        score = (await judged(server, ("ragas_answer_relevancy",)))["ragas_answer_relevancy"]
    assert score.value is None
    assert why in score.unscored


async def test_a_server_that_is_gone_gives_no_value() -> None:
    with OpenAIServer(good) as server:
        pass
    scores = await judged(server)
    assert {score.value for score in scores.values()} == {None}
    assert {score.unscored for score in scores.values()} == {"the model server cannot be reached"}


async def test_nan_of_ragas_itself_is_no_value() -> None:
    with OpenAIServer(good) as server:
        score = (await judged(server, ("ragas_answer_relevancy",), encode=lambda text: (0.0, 0.0)))[
            "ragas_answer_relevancy"
        ]
    assert (score.value, score.unscored) == (None, "ragas gave nan")


async def test_what_ragas_trips_over_is_no_value() -> None:
    def broken(text: str) -> Sequence[float]:
        raise KeyError(text)

    with OpenAIServer(good) as server:
        score = (await judged(server, ("ragas_answer_relevancy",), encode=broken))["ragas_answer_relevancy"]
    assert (score.value, score.unscored) == (None, "ragas stopped with KeyError")


async def test_an_answer_that_is_not_there_is_unscored_and_not_asked_about() -> None:
    missing = Sample("ask", "ask/2", "d", "问", reference="1.40%", missing="the flow refused: NO_EVIDENCE")
    uncited = Sample("ask", "ask/3", "d", "问", "答", reference="1.40%")
    with OpenAIServer(good) as server:
        of_missing = await judged(server, JUDGED, missing)
        of_uncited = await judged(server, ("ragas_faithfulness",), uncited)
        assert server.bodies == []
    assert {score.unscored for score in of_missing.values()} == {"the flow refused: NO_EVIDENCE"}
    assert len(of_missing) == len(JUDGED)
    assert of_uncited["ragas_faithfulness"].unscored == "the answer cites nothing"
    assert {score.unscored for score in computed(missing, ENCODE)} == {"the flow refused: NO_EVIDENCE"}


async def test_the_judge_is_asked_in_our_words_with_an_end_to_everything() -> None:
    with OpenAIServer(good) as server:
        await judged(server)
        bodies = server.bodies
    words = "\n".join(message["content"] for body in bodies for message in body["messages"])
    assert not re.search(r"Einstein|JSON Schema|Given a question", words)
    assert {body["messages"][0]["role"] for body in bodies} == {"system"}
    assert all(body["n"] == 1 and body["temperature"] == 0.0 for body in bodies)
    for body in bodies:
        ends_of(body["response_format"]["json_schema"]["schema"])


def ends_of(node: Any) -> None:
    """Every text has a longest length, every list a most, every object only its own fields."""
    if isinstance(node, list):
        for part in node:
            ends_of(part)
    elif isinstance(node, dict):
        assert node.get("type") != "string" or "maxLength" in node
        assert node.get("type") != "array" or {"minItems", "maxItems"} <= set(node)
        assert node.get("type") != "object" or node["additionalProperties"] is False
        for part in node.values():
            ends_of(part)


def test_every_prompt_of_the_judge_is_used_and_none_belongs_to_a_release() -> None:
    code = (HOME / "eval" / "seatmate_eval" / "metrics" / "judge.py").read_text(encoding="utf-8")
    assert set(re.findall(r"prompts\[\"(judge/\w+)\"\]", code)) == set(PROMPTS)
    assert not [name for name in Prompts.load(HOME / "prompts") if name.startswith("judge/")]


def test_what_asks_no_model_reads_chinese() -> None:
    equal = Sample("ask", "ask/1", "d", "问", "一年期年利率1.40%", reference="一年期年利率1.40%")
    other = Sample("ask", "ask/1", "d", "问", "请带身份证到网点", reference="一年期年利率1.40%")
    same = {score.metric: score.value for score in computed(equal, ENCODE)}
    apart = {score.metric: score.value for score in computed(other, ENCODE)}
    assert same == dict.fromkeys(COMPUTED, 1.0)
    assert all(value is not None and value < 0.2 for value in apart.values())


async def test_what_asks_no_model_can_be_computed_inside_an_event_loop() -> None:
    assert [score.unscored for score in computed(SAMPLE, ENCODE)] == [""] * len(COMPUTED)


def test_what_asks_no_model_gives_no_zero_for_nan() -> None:
    scores = {score.metric: score for score in computed(SAMPLE, lambda text: (0.0, 0.0))}
    assert scores["ragas_semantic_similarity"].value is None


def test_a_case_without_points_and_figures_has_no_score_that_needs_them() -> None:
    bare = Sample("ask", "ask/1", "d", "问", "答", ("文",))
    assert list(computed(bare, ENCODE)) == []
    assert [name for name in JUDGED if bare.has(name)] == ["ragas_faithfulness", "ragas_answer_relevancy"]


async def test_leaving_early_ends_what_is_under_way() -> None:
    with OpenAIServer(good, chunk_pause_s=0) as server:
        server.fail_with(Trouble(), Trouble(wait_s=5.0))
        chat = OpenAIChat(server.base_url, "", "mock")
        scores = Judge(chat, ENCODE, PROMPTS).scores((SAMPLE,) * 4, ("ragas_answer_relevancy",))
        async for _ in scores:
            break
        async with asyncio.timeout(2):
            await scores.aclose()  # type: ignore[attr-defined]
        await chat.aclose()


def test_ragas_reports_to_nobody() -> None:
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise RuntimeError('a socket was opened')\n"
        "socket.socket.connect = refuse\n"
        "import seatmate_eval.metrics.judge\n"
        "from ragas._analytics import do_not_track\n"
        "assert do_not_track()\n"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_command_line_does_not_wait_for_ragas() -> None:
    code = "import sys, seatmate_eval.cli\nprint('ragas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_one_file_imports_ragas() -> None:
    folders = [HOME / "platform", HOME / "finetune", HOME / "eval"]
    named = re.compile(r"^\s*(?:import|from) ragas\b|import_module\(.ragas", re.MULTILINE)
    found = [p for folder in folders for p in folder.rglob("*.py") if named.search(p.read_text(encoding="utf-8"))]
    assert found == [Path(HOME / "eval" / "seatmate_eval" / "metrics" / "judge.py")]
