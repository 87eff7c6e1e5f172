"""A customer's claims over all his calls: a later one takes an earlier one's place, and nothing is overwritten."""

from datetime import UTC, datetime, timedelta

from seatmate.domain.brief import brief
from seatmate.domain.calls import Channel, Conversation, Direction, Speaker, Utterance
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.findings import (
    CallRecord,
    Intent,
    KycFact,
    Modality,
    Polarity,
    Source,
    Subject,
    Summary,
    SummaryItem,
    VocItem,
    VocPolarity,
    certain_only,
)
from seatmate.domain.timeline import Claim, CustomerCall, Standing, timeline

MONDAY = datetime(2026, 11, 2, 10, tzinfo=UTC)
SINGLE = frozenset({"occupation", "best_time", "do_not_call"})


def call(day: int, *said: str, channel: Channel = Channel.PHONE) -> Conversation:
    return Conversation(
        conversation_id=f"C-{day}",
        channel=channel,
        direction=Direction.INBOUND,
        scenario="inbound_service",
        started_at=MONDAY + timedelta(days=day),
        agent_id="A-1",
        customer_id="K-1",
        utterances=tuple(
            Utterance(utt_id=f"u{n}", speaker=Speaker.CUSTOMER, text=text) for n, text in enumerate(said, start=1)
        ),
    )


def evidence(of: Conversation, number: int = 1) -> tuple[Evidence, ...]:
    quote = quote_of(of, f"u{number}")
    assert quote is not None
    return (quote,)


def fact(
    of: Conversation,
    field: str,
    value: str,
    number: int = 1,
    polarity: Polarity = Polarity.AFFIRMED,
    modality: Modality = Modality.FACT,
    subject: Subject = Subject.SELF,
    valid_until: str | None = None,
) -> KycFact:
    return KycFact(
        field=field,
        value=value,
        value_text=value,
        subject=subject,
        polarity=polarity,
        modality=modality,
        said_at=of.started_at,
        valid_until=valid_until,
        confidence=0.9,
        evidence=evidence(of, number),
    )


def recorded(
    of: Conversation, *facts: KycFact, summary: Summary | None = None, voc: tuple[VocItem, ...] = ()
) -> CustomerCall:
    return CustomerCall(
        of,
        CallRecord(
            conversation_id=of.conversation_id,
            transcript_sha256=of.transcript_sha256,
            release_id="rel-1",
            recorded_at=of.started_at,
            summary=summary or Summary(),
            kyc=facts,
            voc=voc,
        ),
    )


def standings(claims: list[Claim]) -> dict[str, Standing]:
    return {f"{c.fact.value}@{c.conversation_id}": c.standing for c in claims}


def test_a_later_job_takes_the_place_of_the_earlier_one_and_says_so() -> None:
    monday, friday = call(0, "我是老师"), call(4, "我现在退休了", channel=Channel.WECOM)
    claims = timeline(
        [recorded(monday, fact(monday, "occupation", "老师")), recorded(friday, fact(friday, "occupation", "退休"))],
        MONDAY + timedelta(days=9),
        SINGLE,
    )
    assert standings(claims) == {"退休@C-4": Standing.CURRENT, "老师@C-0": Standing.SUPERSEDED}
    [old] = [c for c in claims if c.standing is Standing.SUPERSEDED]
    assert old.superseded_by is not None
    assert (old.superseded_by.conversation_id, old.fact.evidence[0].quote) == ("C-4", "我是老师")


def test_as_of_an_earlier_day_what_came_later_is_not_known() -> None:
    monday, friday = call(0, "我是老师"), call(4, "我现在退休了")
    calls = [recorded(monday, fact(monday, "occupation", "老师")), recorded(friday, fact(friday, "occupation", "退休"))]
    assert standings(timeline(calls, MONDAY + timedelta(days=1), SINGLE)) == {"老师@C-0": Standing.CURRENT}


def test_two_values_in_one_call_are_a_conflict_that_a_later_call_settles() -> None:
    monday, friday = call(0, "我是老师", "我是会计"), call(4, "我是会计")
    both = recorded(monday, fact(monday, "occupation", "老师"), fact(monday, "occupation", "会计", number=2))
    assert set(standings(timeline([both], MONDAY, SINGLE)).values()) == {Standing.CONFLICTING}
    settled = standings(
        timeline([both, recorded(friday, fact(friday, "occupation", "会计"))], friday.started_at, SINGLE)
    )
    assert settled["会计@C-4"] is Standing.CURRENT
    assert settled["老师@C-0"] is settled["会计@C-0"] is Standing.SUPERSEDED


def test_a_field_of_many_values_keeps_all_of_them() -> None:
    monday, friday = call(0, "买过基金"), call(4, "买过国债")
    calls = [recorded(monday, fact(monday, "experience", "基金")), recorded(friday, fact(friday, "experience", "国债"))]
    assert set(standings(timeline(calls, friday.started_at, SINGLE)).values()) == {Standing.CURRENT}


def test_a_later_no_takes_back_the_same_yes() -> None:
    monday, friday = call(0, "我有房贷"), call(4, "房贷还清了，没有房贷")
    calls = [
        recorded(monday, fact(monday, "mortgage", "有")),
        recorded(friday, fact(friday, "mortgage", "有", polarity=Polarity.NEGATED)),
    ]
    assert standings(timeline(calls, friday.started_at, SINGLE))["有@C-0"] is Standing.SUPERSEDED


def test_a_plan_or_a_relatives_fact_takes_nobodys_place() -> None:
    monday, friday = call(0, "我是老师"), call(4, "我打算退休", "我老公是医生")
    calls = [
        recorded(monday, fact(monday, "occupation", "老师")),
        recorded(
            friday,
            fact(friday, "occupation", "退休", modality=Modality.PLAN),
            fact(friday, "occupation", "医生", number=2, subject=Subject.SPOUSE),
        ),
    ]
    assert set(standings(timeline(calls, friday.started_at, SINGLE)).values()) == {Standing.CURRENT}


def test_what_held_until_a_day_is_over_after_it() -> None:
    monday = call(0, "这周下午都方便")
    claims = [recorded(monday, fact(monday, "best_time", "下午", valid_until="2026-11-08"))]
    assert standings(timeline(claims, MONDAY + timedelta(days=6), SINGLE))["下午@C-0"] is Standing.CURRENT
    assert standings(timeline(claims, MONDAY + timedelta(days=7), SINGLE))["下午@C-0"] is Standing.EXPIRED


def test_the_brief_says_what_is_open_promised_and_resented_with_its_source() -> None:
    monday = call(0, "手续费怎么又扣了", "那你们周三前给我回话", "别给我打电话")
    friday = call(4, "上次说周三回话也没人回", channel=Channel.APP_CHAT)
    calls = [
        recorded(
            monday,
            fact(monday, "do_not_call", "true", number=3),
            summary=Summary(
                intents=(
                    Intent(label="fees", resolved=False, evidence=evidence(monday, 1)),
                    Intent(label="limits", resolved=True),
                ),
                commitments=(SummaryItem(text="周三前回电", source=Source.MODEL, evidence=evidence(monday, 2)),),
            ),
        ),
        recorded(
            friday,
            voc=(
                VocItem(
                    polarity=VocPolarity.NEGATIVE,
                    label_l1="service",
                    label="承诺未兑现",
                    severity=3,
                    escalation_risk=True,
                    evidence=evidence(friday, 1),
                ),
            ),
        ),
    ]
    told = brief("K-1", calls, friday.started_at, SINGLE)
    assert (told.calls, told.last_contact) == (2, friday.started_at)
    assert [(i.text, i.conversation_id) for i in told.asked] == [("fees", "C-0")]
    assert [(i.text, i.evidence[0].quote) for i in told.promised] == [("周三前回电", "那你们周三前给我回话")]
    assert [(i.text, i.channel, i.escalation_risk) for i in told.upset] == [("承诺未兑现", Channel.APP_CHAT, True)]
    assert [(c.fact.field, c.conversation_id) for c in told.care] == [("do_not_call", "C-0")]


def test_a_customer_who_never_called_has_an_empty_brief() -> None:
    told = brief("K-9", [], MONDAY, SINGLE)
    assert (told.calls, told.last_contact, told.asked, told.promised, told.upset, told.care) == (
        0,
        None,
        (),
        (),
        (),
        (),
    )


def test_what_is_to_be_confirmed_says_so_and_goes_to_no_other_system() -> None:
    monday = call(0, "我是老师", "你们太慢了")
    unsure = fact(monday, "best_time", "晚上").model_copy(update={"certain": False})
    blame = VocItem(
        polarity=VocPolarity.NEGATIVE, label_l1="process", label="流程", severity=2, evidence=evidence(monday, 2)
    )
    calls = [
        recorded(
            monday,
            fact(monday, "occupation", "老师"),
            unsure,
            voc=(blame, blame.model_copy(update={"label": "服务", "certain": False})),
        )
    ]
    told = brief("K-1", calls, MONDAY + timedelta(days=9), SINGLE)
    assert [(item.text, item.certain) for item in told.upset] == [("流程", True), ("服务", False)]
    assert not told.care
    claims = timeline(calls, MONDAY + timedelta(days=9), SINGLE)
    assert standings(claims) == {"老师@C-0": Standing.CURRENT, "晚上@C-0": Standing.UNCONFIRMED}
    assert [f.field for f in certain_only(calls[0].record).kyc] == ["occupation"]
    assert [v.label for v in certain_only(calls[0].record).voc] == ["流程"]


def test_what_is_to_be_confirmed_takes_nobodys_place() -> None:
    monday, friday = call(0, "我是老师"), call(4, "我开店的")
    unsure = fact(friday, "occupation", "店主").model_copy(update={"certain": False})
    claims = timeline(
        [recorded(monday, fact(monday, "occupation", "老师")), recorded(friday, unsure)],
        MONDAY + timedelta(days=9),
        SINGLE,
    )
    assert standings(claims) == {"店主@C-4": Standing.UNCONFIRMED, "老师@C-0": Standing.CURRENT}
