"""Permission: what others may read reaches nobody, through no door, whatever is asked (DESIGN §3).

20 scopes with canaries in every place of their documents; seeded questions of callers with none to five scopes, honest
and crafted, through the flow in process and the application over ASGI. The model repeats its whole prompt, and the
prompt is looked at too. Then the checker is checked: with the filter taken away it must find canaries. Last, a caller's
replies must be the same whether the documents of others are there or not.
"""

import asyncio
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx

from seatmate.ask.flow import Answered, narrowed
from seatmate.domain.answers import Question, Turn
from seatmate.domain.ports import Visible
from seatmate.wiring import bank_now
from tests.bench.canaries import CanaryBank, canary_bank
from tests.bench.canary_seatmate import NOW, Opened, opened, some_scopes
from tests.bench.crafted import (
    as_of,
    history,
    moment_of_our_time,
    question_text,
    scope_array,
    stray_fields,
    stray_headers,
)

# ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Exchange:
    """One request and all that came of it. `asked` is what the caller wrote himself: to hear it back is no leak."""

    door: str
    asked: str
    told: str
    scopes: frozenset[str]
    is_admin: bool = False
    failed: str = ""


async def ask_in_process(opened: Opened, dice: Random, http: httpx.AsyncClient) -> Exchange:
    scopes = some_scopes(opened.bank, dice)
    question = Question(
        question=question_text(opened.bank, dice)[:2000],
        history=tuple(Turn.model_validate(turn) for turn in history(opened.bank, dice)),
        as_of=moment_of_our_time(dice),
        conversation_id=dice.choice([None, "conv-1", dice.choice(opened.versions)[0]]),
        scope=scope_array(opened.bank, dice),
    )
    told: list[str] = []
    failed = ""
    try:
        served = await opened.wiring.asks.serving(None)
        async for event in dice.choice([opened.eager, served]).answer(question, scopes):
            told.append(event.answer.model_dump_json() if isinstance(event, Answered) else repr(event))
    except Exception as error:  # noqa: BLE001 - whatever comes out is looked at
        failed = type(error).__name__
        told.append(repr(error))
    allowed = frozenset(narrowed(scopes, question.scope))
    return Exchange("Ask.answer", question.model_dump_json(), "\n".join(told), allowed, failed=failed)


async def search_in_process(opened: Opened, dice: Random, http: httpx.AsyncClient) -> Exchange:
    scopes = some_scopes(opened.bank, dice)
    query = question_text(opened.bank, dice)
    moment = moment_of_our_time(dice) or NOW
    snapshot = dice.choice([1, 2, 2])
    visible = Visible(snapshot, moment, scopes, in_force_only=dice.random() < 0.7)
    failed = ""
    try:
        told = repr(await (await opened.wiring.asks.serving(None)).search(query, visible, dice.randint(1, 50)))
    except Exception as error:  # noqa: BLE001 - whatever comes out is looked at
        failed, told = type(error).__name__, repr(error)
    door = "Ask.search" if snapshot == 2 else "Ask.search in an earlier snapshot"
    return Exchange(door, query, told, frozenset(scopes), failed=failed)


async def search_over_http(opened: Opened, dice: Random, http: httpx.AsyncClient) -> Exchange:
    body: dict[str, Any] = {"query": question_text(opened.bank, dice)[:2000], "limit": dice.randint(1, 50)}
    if (moment := as_of(dice)) is not None:
        body["as_of"] = moment.isoformat()
    if dice.random() < 0.3:
        body["snapshot"] = dice.choice([1, 2, 3, 4, 99])
    return await _sent(opened, dice, http, "POST", "/api/search", body | stray_fields(opened.bank, dice))


async def ask_over_http(opened: Opened, dice: Random, http: httpx.AsyncClient) -> Exchange:
    moment = as_of(dice)
    body = {
        "question": question_text(opened.bank, dice)[:2000],
        "history": history(opened.bank, dice),
        "as_of": moment and moment.isoformat(),
        "scope": scope_array(opened.bank, dice),
        "conversation_id": dice.choice([None, dice.choice(opened.versions)[0]]),
    }
    streamed = {"Accept": "text/event-stream"} if dice.random() < 0.5 else {}
    return await _sent(opened, dice, http, "POST", "/api/ask", body | stray_fields(opened.bank, dice), streamed)


async def chat_over_http(opened: Opened, dice: Random, http: httpx.AsyncClient) -> Exchange:
    system = {"role": "system", "content": question_text(opened.bank, dice)}
    last = {"role": "user", "content": question_text(opened.bank, dice)[:2000]}
    messages = [*dice.choice([[], [system]]), *history(opened.bank, dice), last]
    body = {"model": "seatmate", "messages": messages, "stream": dice.random() < 0.5}
    return await _sent(opened, dice, http, "POST", "/v1/chat/completions", body | stray_fields(opened.bank, dice))


async def look_up_over_http(opened: Opened, dice: Random, http: httpx.AsyncClient) -> Exchange:
    """The reading doors of /api/knowledge: everybody's codes, ids and versions, published or not."""
    doc_id, version = dice.choice(opened.versions)
    code = dice.choice(opened.bank.canaries.words_of(dice.choice(["product code", "product name", "product alias"])))
    path = dice.choice(
        [
            f"/api/knowledge/products/{code}",
            f"/api/knowledge/products/{code}",
            f"/api/knowledge/products/{code.lower()}%20",
            f"/api/knowledge/documents/{doc_id}/{version}",
            f"/api/knowledge/documents/{doc_id}/{version}",
            f"/api/knowledge/documents/{doc_id}/%2e%2e%2f{version}",
            f"/api/knowledge/documents/{doc_id}/*",
            "/api/knowledge/products",
            "/api/knowledge/snapshots",
            f"/api/knowledge/reports/{dice.randint(1, 4)}",
            "/api/knowledge/approved-answers",
        ]
    )
    params: dict[str, str] = {}
    if dice.random() < 0.4 and (moment := as_of(dice)) is not None:
        params["as_of"] = moment.isoformat()
    if dice.random() < 0.4:
        params["snapshot"] = str(dice.choice([1, 2, 3, 99]))
    params |= {name: str(value) for name, value in stray_fields(opened.bank, dice).items()}
    return await _sent(opened, dice, http, "GET", path, None, params=params)


async def change_over_http(opened: Opened, dice: Random, http: httpx.AsyncClient) -> Exchange:
    """What only an administrator may do, by somebody who is none."""
    changes: list[tuple[str, dict[str, Any]]] = [
        ("/api/knowledge/diffs", {"drop": "2026-W46"}),
        ("/api/knowledge/builds", {"drop": "2026-W46"}),
        ("/api/knowledge/publish", {"snapshot": 3}),
        ("/api/knowledge/waivers", {"snapshot": 2, "product_code": "x", "by": "某某", "reason": "试试"}),
    ]
    path, body = dice.choice(changes)
    common = [key for key, scopes in opened.keys.items() if "admin" not in scopes]
    return await _sent(opened, dice, http, "POST", path, body, keys=common)


Door = Callable[[Opened, Random, httpx.AsyncClient], Coroutine[Any, Any, Exchange]]
DOORS: tuple[tuple[Door, int], ...] = (
    (ask_in_process, 40),
    (search_in_process, 40),
    (search_over_http, 6),
    (ask_over_http, 5),
    (chat_over_http, 4),
    (look_up_over_http, 4),
    (change_over_http, 1),
)
"""And how many of a hundred queries go through each."""
GUARDS: dict[str, tuple[Door, str]] = {
    "index": (search_in_process, "Ask.search"),
    "products": (ask_in_process, "Ask.answer"),
    "documents": (look_up_over_http, "GET /api/knowledge/documents/…"),
    "facts": (look_up_over_http, "GET /api/knowledge/products/…"),
    "approved": (ask_in_process, "Ask.answer"),
}
"""Each filter with a door that it guards, and what exchanges through that door are called."""
_ONE = re.compile(r"(/(?:products|documents|reports))/.+")
_FIRST = r"\1/…"
_ADMINS = re.compile(r"/api/knowledge/(?:reports|approved-answers)")


async def _sent(
    opened: Opened,
    dice: Random,
    http: httpx.AsyncClient,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    headers: dict[str, str] | None = None,
    params: dict[str, str] | None = None,
    keys: Sequence[str] = (),
) -> Exchange:
    key = dice.choice(keys or list(opened.keys))
    scopes = opened.keys[key]
    crafted, valid = stray_headers(opened.bank, list(opened.keys), key, dice)
    request = http.build_request(method, path, json=body, params=params, headers=(headers or {}) | crafted)
    reply = await http.send(request)
    asked = f"{request.url}\n{json.dumps(body, ensure_ascii=False)}\n{crafted}"
    if body and "scope" in body and path == "/api/ask" and isinstance(body["scope"], list | tuple):
        scopes = narrowed(scopes, tuple(body["scope"]))
    earlier = " in an earlier snapshot" if (body or params or {}).get("snapshot") in (1, "1") else ""
    return Exchange(
        f"{method} {_ONE.sub(_FIRST, path)}{earlier}",
        asked,
        f"{reply.status_code} {reply.reason_phrase}\n{reply.headers}\n{reply.text}",
        frozenset(scopes if valid else ()),
        is_admin=valid and "admin" in opened.keys[key] and bool(_ADMINS.match(path)),
        failed="HTTP 500" if reply.status_code == 500 else "",
    )


# ── judging ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Verdict:
    """What was asked, what readers saw of their own, and what anybody saw of others'."""

    asked: Counter[str] = field(default_factory=Counter)
    own: dict[str, set[str]] = field(default_factory=dict)
    once_theirs: Counter[str] = field(default_factory=Counter)
    """What they could read in an earlier week, and may not any more: seen in that week's snapshot or on its days."""
    leaks: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, str]] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)

    def judge(self, bank: CanaryBank, exchange: Exchange, prompts: str) -> None:
        self.asked[exchange.door] += 1
        if exchange.failed:
            self.failed[f"{exchange.door}: {exchange.failed}"] += 1
        his_own = bank.canaries.found_in(exchange.asked)
        for where, text in ((exchange.door, exchange.told), (f"{exchange.door}, prompt", prompts)):
            for word in bank.canaries.found_in(text) - his_own:
                canary = bank.canaries.by_word[word]
                if exchange.is_admin or canary.may_be_read_with(exchange.scopes):
                    self.own.setdefault(where, set()).add(word)
                elif canary.once & exchange.scopes:
                    self.once_theirs[where] += 1
                else:
                    self._leaked(where, canary.place, exchange, word)

    def _leaked(self, where: str, place: str, exchange: Exchange, word: str) -> None:
        kind = f"{where}: {place}"
        self.leaks[kind] += 1
        if self.leaks[kind] <= 2:
            at = exchange.told.upper().find(word)
            around = exchange.told[max(0, at - 150) : at + 100] if at >= 0 else ""
            self.examples.append(
                {"kind": kind, "scopes": repr(sorted(exchange.scopes)), "asked": exchange.asked[:300], "told": around}
            )


async def ask_many(opened: Opened, dice: Random, count: int, doors: Sequence[tuple[Door, int]] = DOORS) -> Verdict:
    """`count` queries through the doors, by their shares."""
    verdict = Verdict()
    ways, shares = zip(*doors, strict=True)
    async with opened.http() as http:
        for door in dice.choices(ways, shares, k=count):
            exchange = await door(opened, dice, http)
            prompts = "\n".join(message.content for request in opened.model.requests for message in request.messages)
            opened.model.requests.clear()
            verdict.judge(opened.bank, exchange, prompts)
    return verdict


async def differences(full: Opened, bare: Opened, scopes: tuple[str, ...], dice: Random, count: int) -> list[str]:
    """Questions whose reply to this caller changes when what he may not read is taken away."""
    found = []
    for _ in range(count):
        question = Question(
            question=question_text(full.bank, dice)[:2000],
            history=tuple(Turn.model_validate(turn) for turn in history(full.bank, dice)),
            as_of=NOW - timedelta(days=dice.choice([0, 0, 0, 30, 400])),
        )
        if await _replies(full, question, scopes) != await _replies(bare, question, scopes):
            found.append(question.question)
    return found


async def _replies(opened: Opened, question: Question, scopes: tuple[str, ...]) -> str:
    """All of an answer that is not its id or its time, the prompt, and what a search finds."""
    told: list[str] = []
    async for event in opened.eager.answer(question, scopes):
        if isinstance(event, Answered):
            told.append(event.answer.model_dump_json(exclude={"answer_id", "release_id", "latency_ms"}))
    told += [message.content for request in opened.model.requests for message in request.messages]
    opened.model.requests.clear()
    snapshot = await opened.wiring.knowledge.live_snapshot() or 0
    visible = Visible(snapshot, question.as_of or NOW, scopes)
    told.append(repr(await (await opened.wiring.asks.serving(None)).search(question.question, visible, 10)))
    return "\n".join(told)


async def run(work: Path, seed: int, quick: bool) -> dict[str, object]:
    """20,000 queries (2,000 when quick), every filter taken away in turn, and replies with and without the others."""
    dice = Random(seed)
    bank = canary_bank(seed)
    began = bank_now()
    async with opened(work / "full", bank, dice) as full:
        verdict = await ask_many(full, dice, 2_000 if quick else 20_000)
        seconds = (bank_now() - began).total_seconds()
        caught = {}
        for filtered, (door, where) in GUARDS.items():
            mutated = await ask_many(full.without(filtered), dice, 500, [(door, 1)])
            caught[filtered] = sum(n for kind, n in mutated.leaks.items() if kind.startswith(where))
    apart = canary_bank(seed, crossing=False)
    compared, changed = 0, []
    async with opened(work / "apart", apart, dice) as full:
        for n in range(1 if quick else 5):
            scopes = some_scopes(apart, dice) or apart.scopes[:1]
            async with opened(work / f"bare-{n}", apart, dice, frozenset(scopes)) as bare:
                changed += await differences(full, bare, scopes, dice, 100)
                compared += 100
    return {
        "scopes": len(bank.scopes),
        "canaries": len(bank.canaries.by_word),
        "queries": verdict.asked.total(),
        "seconds": round(seconds, 1),
        "by_door": dict(sorted(verdict.asked.items())),
        "own_canaries_seen": {door: len(words) for door, words in sorted(verdict.own.items())},
        "leaks": verdict.leaks.total(),
        "leaks_by_door_and_place": dict(verdict.leaks.most_common()),
        "examples": verdict.examples[:10],
        "seen_by_whom_it_was_once_for": dict(verdict.once_theirs.most_common()),
        "failed": dict(verdict.failed.most_common()),
        "leaks_found_without_the_filter_of": caught,
        "replies_compared_with_a_bank_without_the_others": compared,
        "replies_that_differ": len(changed),
        "differing": changed[:5],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(run(Path(folder), seed=20261124, quick=False)), ensure_ascii=False, indent=2))
