"""A run asks each case once, keeps what came back, goes on where it was, and judges no release that it did not ask."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seatmate.domain.answers import Answer, AnswerStatus
from seatmate.domain.errors import BadInput
from seatmate.testing.openai_server import OpenAIServer, Trouble
from seatmate_eval.breaker import ModelAway
from seatmate_eval.cases import Case
from seatmate_eval.results import BadRun, Item, RunState, Score, read_run
from seatmate_eval.run import Watch, run
from seatmate_eval.sample_bank import Bank
from tests.eval import world

DOWN = Trouble(status=500)


def counted(done: list[int]) -> Watch:
    """Adds how many items were there when the driving began."""
    return Watch(begins=lambda there, of: done.append(there))


async def test_every_case_has_an_item_and_its_scores_in_the_order_of_the_suites(tmp_path: Path) -> None:
    options = world.options(tmp_path, retrieval=[world.search(1)], compliance=[world.line(1), world.line(2, False)])
    found = read_run(await run(options, world.settings(tmp_path), world.good))
    assert [(i.case_id, i.error) for i in found.items if i.suite == "retrieval"] == [("retrieval/1", "")]
    assert [score.case_id for score in found.scores] == ["compliance/1", "compliance/2", "retrieval/1"]
    assert found.manifest.state is RunState.COMPLETE
    assert found.manifest.release["adapter"] == "none"
    assert {name: suite.cases for name, suite in found.manifest.suites.items()} == {"compliance": 2, "retrieval": 1}


async def test_a_case_that_breaks_a_flow_is_an_error_and_not_the_end_of_the_run(tmp_path: Path) -> None:
    strange = world.line(2) | {"rule": "no_such_rule"}
    options = world.options(tmp_path, compliance=[world.line(1), strange])
    found = read_run(await run(options, world.settings(tmp_path), world.good))
    assert {i.case_id: i.error for i in found.items} == {
        "compliance/1": "",
        "compliance/2": "NotFound: the pack has no rule no_such_rule",
    }
    assert [score.value for score in found.scores] == [1.0, None]


async def test_what_was_asked_before_is_taken_from_the_cache_and_says_so(tmp_path: Path) -> None:
    options = replace(world.options(tmp_path, answer=[world.ask(n) for n in range(3)]), has_model=True)
    with OpenAIServer(lambda body: world.SLOT, models=("mock",)) as server:
        settings = world.settings(tmp_path, server.base_url)
        first = read_run(await run(options, settings, world.good))
        again = read_run(await run(options, settings, world.good))
        assert len(server.bodies) == 3
        assert first.folder != again.folder
        assert [item.cached for item in again.items] == [True, True, True]
        assert {i.case_id: i.output for i in again.items} == {i.case_id: i.output for i in first.items}
        await run(replace(options, reads_cache=False), settings, world.good)
        assert len(server.bodies) == 6


async def test_another_gold_another_document_and_another_prompt_are_other_questions(tmp_path: Path) -> None:
    options = world.options(tmp_path, retrieval=[world.search(1), world.search(2)])
    settings = world.settings(tmp_path)
    first = await run(options, settings, world.good)
    world.options(tmp_path, retrieval=[world.search(1), world.search(2) | {"stale_doc_ids": ["vip"]}])
    edited = read_run(await run(options, settings, world.good))
    assert {item.case_id: item.cached for item in edited.items} == {"retrieval/1": True, "retrieval/2": False}
    (tmp_path / "drops" / "2026-W46" / "rate.md").write_text("整存整取一年期年利率为1.30%。", encoding="utf-8")
    other = read_run(await run(options, settings, world.good))
    assert not any(item.cached for item in other.items)
    assert other.manifest.corpus_sha256 != read_run(first).manifest.corpus_sha256


async def test_each_repeat_is_asked_by_itself(tmp_path: Path) -> None:
    suites: dict[str, list[dict[str, Any]]] = {
        "answer": [world.ask(1)],
        "aftercall_phone": [world.WHO | {"id": "aftercall/C-1", "conversation_id": "C-1"}],
    }
    options = replace(world.options(tmp_path, **suites), has_model=True, repeats=2)
    with OpenAIServer(lambda body: world.SLOT, models=("mock",)) as server:
        found = read_run(await run(options, world.settings(tmp_path, server.base_url), world.good))
        assert len(server.bodies) == 4
    assert sorted((item.case_id, item.repeat) for item in found.items) == [
        ("aftercall/C-1", 1), ("aftercall/C-1", 2), ("answer/1", 1), ("answer/1", 2),
    ]  # fmt: skip
    assert len({item.key for item in found.items}) == 4


async def test_only_failed_cases_are_asked_again_and_really_asked(tmp_path: Path) -> None:
    def second_is_wrong(case: Case, item: Item, bank: Bank) -> Iterable[Score]:
        value = 0.0 if case.id == "answer/2" else 1.0
        yield from (score.model_copy(update={"value": value}) for score in world.good(case, item, bank))

    cases = [world.ask(n) for n in range(1, 4)]
    options = replace(world.options(tmp_path, answer=cases, compliance=[world.line(1)]), has_model=True)
    with OpenAIServer(lambda body: world.SLOT, models=("mock",)) as server:
        settings = world.settings(tmp_path, server.base_url)
        whole = await run(options, settings, second_is_wrong)
        asked = len(server.bodies)
        again = read_run(await run(replace(options, failed_of=whole), settings, world.good))
        assert len(server.bodies) == asked + 1
        assert [(item.case_id, item.cached) for item in again.items] == [("answer/2", False)]
        assert again.manifest.failed_of == whole.name
        assert again.manifest.limit == 1  # no gate takes it for a whole run
        with pytest.raises(BadInput, match="no case to run"):
            await run(replace(options, failed_of=again.folder), settings, world.good)


async def test_a_limit_takes_cases_from_all_over_a_suite(tmp_path: Path) -> None:
    options = world.options(tmp_path, compliance=[world.line(n) for n in range(10)])
    found = read_run(await run(replace(options, limit=2), world.settings(tmp_path), world.good))
    assert [item.case_id for item in found.items] == ["compliance/0", "compliance/5"]
    assert found.manifest.limit == 2


async def test_without_its_model_server_a_run_stops_keeps_what_it_has_and_goes_on(tmp_path: Path) -> None:
    cases = [world.ask(n) for n in range(12)]
    options = replace(world.options(tmp_path, answer=cases), has_model=True, concurrency=1)
    done: list[int] = []
    with OpenAIServer(lambda body: world.SLOT, models=("mock",)) as server:
        settings = world.settings(tmp_path, server.base_url)
        server.fail_with(*[Trouble()] * 4, *[DOWN] * 100)
        with pytest.raises(ModelAway, match="4 items are kept"):
            await run(options, settings, world.good, counted(done))
        server.troubles.clear()
        found = read_run(await run(options, settings, world.good, counted(done)))
    assert done == [0, 4]
    statuses = {Answer.model_validate(item.output).status for item in found.items}
    assert (len(found.items), statuses) == (12, {AnswerStatus.GROUNDED})


async def test_one_bad_moment_of_the_server_is_asked_again_and_two_are_the_releases(tmp_path: Path) -> None:
    cases = [world.ask(n) for n in range(4)]
    options = replace(world.options(tmp_path, answer=cases), has_model=True, concurrency=1)
    with OpenAIServer(lambda body: world.SLOT, models=("mock",)) as server:
        server.fail_with(DOWN, Trouble(), DOWN, DOWN)
        found = read_run(await run(options, world.settings(tmp_path, server.base_url), world.good))
        statuses = {item.case_id: Answer.model_validate(item.output).status.value for item in found.items}
        assert statuses == {f"answer/{n}": "degraded" if n == 1 else "grounded" for n in range(4)}
        asked = len(server.bodies)
        await run(options, world.settings(tmp_path, server.base_url), world.good)
        assert len(server.bodies) == asked + 1  # what met no server is in no cache


async def test_a_call_without_its_model_is_an_error_that_waits_for_the_server(tmp_path: Path) -> None:
    call = world.WHO | {"id": "aftercall/C-1", "conversation_id": "C-1"}
    options = replace(world.options(tmp_path, aftercall_phone=[call]), has_model=True)
    with OpenAIServer(lambda body: "", models=("mock",)) as server:
        server.fail_with(DOWN, DOWN)
        found = read_run(await run(options, world.settings(tmp_path, server.base_url), world.good))
    assert [item.error for item in found.items] == [
        "MODEL_UNAVAILABLE: the model server refused the request with HTTP 500"
    ]
    assert [score.value for score in found.scores] == [None]


async def test_a_torn_last_line_is_asked_again(tmp_path: Path) -> None:
    options = replace(world.options(tmp_path, compliance=[world.line(n) for n in range(6)]), out=tmp_path / "run")
    settings, done = world.settings(tmp_path), list[int]()
    whole = await run(options, settings, world.good, counted(done))
    before = read_run(whole)
    manifest = json.loads((whole / "manifest.json").read_text())
    (whole / "manifest.json").write_text(json.dumps(manifest | {"state": "running", "finished_at": None}))
    lines = (whole / "items.jsonl").read_bytes()
    (whole / "items.jsonl").write_bytes(lines[:-7])
    (whole / "scores.jsonl").unlink()
    after = read_run(await run(replace(options, reads_cache=False), settings, world.good, counted(done)))
    assert done == [0, 5]
    assert after.scores == before.scores
    assert {i.case_id: i.output for i in after.items} == {i.case_id: i.output for i in before.items}


async def test_a_folder_belongs_to_one_run_and_a_complete_one_stays_as_it_is(tmp_path: Path) -> None:
    options = replace(world.options(tmp_path, compliance=[world.line(1)]), out=tmp_path / "run")
    settings = world.settings(tmp_path)
    whole = read_run(await run(options, settings, world.good))
    assert read_run(await run(options, settings, world.good)).sha256 == whole.sha256
    with pytest.raises(BadRun, match="another run"):
        await run(replace(options, repeats=2), settings, world.good)


async def test_a_suite_that_is_not_there_is_told(tmp_path: Path) -> None:
    options = world.options(tmp_path, compliance=[world.line(1)])
    with pytest.raises(BadInput, match="no suite answers"):
        await run(replace(options, suites=("answers",)), world.settings(tmp_path), world.good)
