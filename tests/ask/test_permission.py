"""What others may read reaches nobody: a small run of tests/bench/permission.py, and that it would notice a leak."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from seatmate.domain.answers import Question
from seatmate.domain.ports import Visible
from tests.bench.canaries import canary_bank
from tests.bench.canary_seatmate import FILTERS, NOW, Opened, opened
from tests.bench.permission import (
    DOORS,
    GUARDS,
    ask_in_process,
    ask_many,
    chat_over_http,
    differences,
    look_up_over_http,
    search_over_http,
)

SEED = 20261124
HTTP = tuple((door, 1) for door, _ in DOORS[2:])


@asynccontextmanager
async def small(folder: Path, crossing: bool = False, third_week: bool = False) -> AsyncIterator[Opened]:
    """Five scopes of the benchmark's twenty."""
    bank = canary_bank(SEED, 5, crossing)
    async with opened(folder, bank, Random(SEED), third_week=third_week) as opened_bank:
        yield opened_bank


async def test_no_canary_of_others_comes_through_any_door(tmp_path: Path) -> None:
    async with small(tmp_path) as bank:
        verdict = await ask_many(bank, Random(SEED), 250)
        over_http = await ask_many(bank, Random(SEED + 1), 200, HTTP)
    assert (verdict.leaks, over_http.leaks) == ({}, {}), [*verdict.examples, *over_http.examples]
    for door in ("Ask.answer", "Ask.answer, prompt", "Ask.search"):  # the same eyes that see no leak see this
        assert len(verdict.own[door]) > 50, door
    for door in ("POST /api/search", "POST /api/ask", "POST /v1/chat/completions", "GET /api/knowledge/documents/…"):
        assert over_http.own[door], door


async def test_a_name_that_only_a_hidden_sheet_says_is_hidden(tmp_path: Path) -> None:
    async with small(tmp_path, crossing=True) as bank:
        verdict = await ask_many(bank, Random(SEED), 300, HTTP)
    assert verdict.leaks == {}


async def test_what_is_not_published_is_not_there(tmp_path: Path) -> None:
    async with small(tmp_path, third_week=True) as bank:
        verdict = await ask_many(bank, Random(SEED), 500, [(look_up_over_http, 1)])
    assert verdict.leaks == {}


async def test_who_has_no_scope_reads_nothing(tmp_path: Path) -> None:
    async with small(tmp_path, crossing=True) as bank:
        snapshot = await bank.wiring.knowledge.live_snapshot() or 0
        for word in bank.bank.canaries.words_of("text"):
            bank.model.requests.clear()
            asked = Question(question=f"{word}整存整取利率")
            told = [repr(event) async for event in bank.eager.answer(asked, ())]
            told.append(repr(await bank.eager.search(asked.question, Visible(snapshot, NOW, ()), 50)))
            told += [message.content for request in bank.model.requests for message in request.messages]
            assert bank.bank.canaries.found_in("".join(told)) <= {word}


async def test_without_any_one_filter_this_suite_is_red(tmp_path: Path) -> None:
    assert GUARDS.keys() == set(FILTERS)
    async with small(tmp_path, crossing=True) as bank:
        for filtered, (door, where) in GUARDS.items():
            mutated = await ask_many(bank.without(filtered), Random(SEED), 250, [(door, 1)])
            assert [kind for kind in mutated.leaks if kind.startswith(where)], filtered


async def test_without_the_indexs_filter_every_door_to_passages_is_red(tmp_path: Path) -> None:
    async with small(tmp_path) as bank:
        mutated = bank.without("index")
        for door in (ask_in_process, search_over_http, chat_over_http):
            assert (await ask_many(mutated, Random(SEED), 30, [(door, 1)])).leaks


async def test_a_reply_is_the_same_whether_the_documents_of_others_are_there_or_not(tmp_path: Path) -> None:
    scopes = ("retail", "re")
    bank = canary_bank(SEED, 5, crossing=False)
    async with (
        opened(tmp_path / "full", bank, Random(SEED)) as full,
        opened(tmp_path / "bare", bank, Random(SEED), frozenset(scopes)) as bare,
    ):
        assert len(bare.versions) < len(full.versions) * 2 / 3
        assert await differences(full, bare, scopes, Random(SEED), 80) == []
