"""A customer's facts and the brief for the next agent, through the door."""

from seatmate.adapters.sql.base import open_engine
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.domain.evidence import quote_of
from seatmate.domain.findings import CallRecord, KycFact, Modality, Polarity, Subject, Summary
from seatmate.settings import Settings
from seatmate.testing.call_contract import NOON, conversation

from .conftest import OpenApi


async def recorded(settings: Settings, conversation_id: str, said: str, value: str) -> None:
    """A call with one fact, as the worker would have kept it."""
    call = conversation(conversation_id, "您好。", said)
    evidence = quote_of(call, "u2")
    assert evidence is not None
    fact = KycFact(
        field="occupation",
        value=value,
        value_text=said,
        subject=Subject.SELF,
        polarity=Polarity.AFFIRMED,
        modality=Modality.FACT,
        said_at=NOON,
        confidence=0.9,
        evidence=(evidence,),
    )
    engine = open_engine(settings.records.url)
    calls = SqlCalls(engine)
    await calls.receive(call)
    await calls.save_record(
        CallRecord(
            conversation_id=conversation_id,
            transcript_sha256=call.transcript_sha256,
            release_id="rel-1",
            recorded_at=NOON,
            summary=Summary(),
            kyc=(fact,),
        )
    )
    engine.dispose()


async def test_facts_come_with_their_quotes_and_standing_as_of_a_moment(open_api: OpenApi, settings: Settings) -> None:
    async with open_api(publish=False) as client:
        await recorded(settings, "C-1", "我是老师", "老师")
        [claim] = (await client.get("/api/customers/K-1/facts")).json()
        assert (claim["standing"], claim["fact"]["evidence"][0]["quote"]) == ("current", "我是老师")
        before = await client.get("/api/customers/K-1/facts", params={"as_of": "2026-11-08T00:00:00+08:00"})
        assert before.json() == []


async def test_a_moment_without_a_zone_is_refused(open_api: OpenApi) -> None:
    async with open_api(publish=False) as client:
        reply = await client.get("/api/customers/K-1/facts", params={"as_of": "2026-11-08T00:00:00"})
        assert (reply.status_code, reply.json()["code"]) == (422, "INVALID_REQUEST")


async def test_a_brief_of_somebody_who_never_called_is_empty(open_api: OpenApi) -> None:
    async with open_api(publish=False) as client:
        brief = (await client.get("/api/customers/nobody/brief")).json()
        assert (brief["calls"], brief["asked"], brief["promised"], brief["upset"]) == (0, [], [], [])
