"""`seatmate calls confirm`: an agent lets lines of a record stand, some, all or none, against an API that runs."""

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from seatmate.adapters.sql.base import open_engine
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.api.app import create_app
from seatmate.cli.calls import app
from seatmate.domain.calls import Conversation
from seatmate.domain.findings import CallRecord
from seatmate.settings import Settings
from seatmate.testing.call_contract import conversation, record, voice
from seatmate.testing.models import ScriptedChatModel
from seatmate.wiring.api import open_wiring


@dataclass(frozen=True)
class Desk:
    """An API on a port of its own, and the records behind it."""

    settings: Settings
    port: int

    def confirm(self, *arguments: str) -> Result:
        env = {"SEATMATE_API__PORT": str(self.port), "SEATMATE_API__KEYS": "{}"}
        return CliRunner().invoke(app, ["confirm", *arguments], env=env)

    async def keep(self, told: CallRecord) -> None:
        engine = open_engine(self.settings.records.url)
        calls = SqlCalls(engine)
        await calls.receive(call_of(told.conversation_id))
        await calls.save_record(told)
        engine.dispose()

    async def certain(self, conversation_id: str) -> list[bool]:
        engine = open_engine(self.settings.records.url)
        call = call_of(conversation_id)
        [known] = await SqlCalls(engine).calls_of(call.customer_id, call.started_at)
        engine.dispose()
        return [one.certain for one in known.record.voc]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = Settings.load().in_folder(tmp_path_factory.mktemp("desk"))
    model = ScriptedChatModel(lambda _: "")
    door = create_app(settings, lambda given: open_wiring(given, lambda *_: model))
    server = uvicorn.Server(uvicorn.Config(door, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the API did not start"
        time.sleep(0.02)
    yield Desk(settings, server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join()


def call_of(conversation_id: str) -> Conversation:
    return conversation(conversation_id, customer=f"K-{conversation_id}")


def two_voices(conversation_id: str) -> CallRecord:
    call = call_of(conversation_id)
    unsure = voice(call).model_copy(update={"certain": False})
    return record(call).model_copy(update={"voc": (unsure, unsure.model_copy(update={"label_l1": "fees"}))})


async def test_lines_are_listed_and_those_that_are_named_stand(desk: Desk) -> None:
    await desk.keep(two_voices("C-1"))
    listed = await asyncio.to_thread(desk.confirm, "C-1", "voc")
    named = await asyncio.to_thread(desk.confirm, "C-1", "voc", "2", "--by", "李敏")
    assert [line[:5] for line in listed.output.splitlines()] == ["1 u2 ", "2 u2 "]
    assert (named.exit_code, named.output) == (0, "2 条里 1 条成立，已记下\n")
    assert await desk.certain("C-1") == [True]


async def test_an_agent_can_say_that_none_stands(desk: Desk) -> None:
    await desk.keep(two_voices("C-2"))
    said = await asyncio.to_thread(desk.confirm, "C-2", "voc", "--none", "--by", "李敏")
    assert said.output == "2 条里 0 条成立，已记下\n"
    assert await desk.certain("C-2") == []


async def test_a_record_without_anything_to_confirm_says_so(desk: Desk) -> None:
    await desk.keep(two_voices("C-3"))
    assert (await asyncio.to_thread(desk.confirm, "C-3", "kyc")).output == "没有可确认的条目\n"


async def test_what_cannot_be_confirmed_says_why_and_changes_nothing(desk: Desk) -> None:
    await desk.keep(two_voices("C-4"))
    for arguments, problem in (
        (("3", "--by", "李敏"), "没有序号 [3]，共 2 条"),
        (("1",), "谁确认的"),
        (("1", "--none", "--by", "李敏"), "只能选一种"),
    ):
        refused = await asyncio.to_thread(desk.confirm, "C-4", "voc", *arguments)
        assert problem in str(refused.exception)
    assert await desk.certain("C-4") == [False, False]
