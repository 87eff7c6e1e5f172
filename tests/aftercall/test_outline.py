"""What a call carries is found by rule, quoted exactly, shown masked, and nothing twice; a model is held against it."""

import json
from pathlib import Path
from typing import Any

import pytest

from seatmate.aftercall.flow import Addition
from seatmate.aftercall.outline import Outline, draw_outline
from seatmate.aftercall.outline_rules import SECTIONS, load_outline
from seatmate.domain.calls import Conversation, Direction, Speaker, Utterance
from seatmate.domain.errors import Misconfigured
from seatmate.domain.evidence import is_exact
from seatmate.domain.findings import CallKind, CallRecord, OutcomeStatus, Sentiment, SkipReason, Source, Summary
from seatmate.testing.call_contract import conversation
from seatmate.testing.calls import MemoryCalls
from seatmate.testing.models import ScriptedChatModel

from . import world

SAMPLE = world.RULES / "summary.yaml"
RULES = load_outline(SAMPLE)
CALL = conversation(
    "C-1",
    "您好，远川银行，工号101为您服务。",
    "我的卡被多扣了三十六块四，想问问怎么回事",
    "系统显示这笔是违约金，三月八号到期，您十号才还的。",
    "凭什么扣我，都没人提醒一声",
    "理解。我帮您提交减免申请，三个工作日内给您回电答复。",
    "要是再这样我就打12378投诉",
    "好的，您记得今天先把剩下的还上。",
    "行，明天我去柜台还，我手机13800138000",
    "好的，再见。",
)


def told(*said: str, **changes: Any) -> Summary:
    return draw_outline(conversation("C-1", *said).model_copy(update=changes), RULES)


def shown(summary: Summary) -> dict[str, list[str]]:
    found = {section: [item.text for item in getattr(summary, section)] for section in SECTIONS}
    return {section: texts for section, texts in found.items() if texts}


def quoted(summary: Summary) -> list[str]:
    return [f"{e.utt_id}:{e.start}" for s in SECTIONS for item in getattr(summary, s) for e in item.evidence]


# ── sections ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_section_shows_the_sentence_that_carries_it() -> None:
    assert shown(draw_outline(CALL, RULES)) == {
        "situation": ["我的卡被多扣了三十六块四，想问问怎么回事"],
        "action": ["系统显示这笔是违约金，三月八号到期，您十号才还的。"],
        "commitments": ["我帮您提交减免申请，三个工作日内给您回电答复。"],
        "follow_ups": ["您记得今天先把剩下的还上。", "明天我去柜台还，我手机⟦PHONE⟧"],
        "objections": ["凭什么扣我，都没人提醒一声"],
        "risk_notes": ["要是再这样我就打12378投诉"],
    }


def test_every_line_is_an_exact_quote_and_none_is_shown_twice() -> None:
    summary = draw_outline(CALL, RULES)
    assert all(is_exact(e, CALL) for s in SECTIONS for item in getattr(summary, s) for e in item.evidence)
    assert all(item.source is Source.QUOTE for s in SECTIONS for item in getattr(summary, s))
    assert len(quoted(summary)) == len(set(quoted(summary)))


def test_a_number_is_masked_where_it_is_shown() -> None:
    summary = told("您好。", "我想补卡", "请报一下您预留的手机号。", "13800138000 我明天下午带身份证去网点办", "好的。")
    assert shown(summary)["follow_ups"] == ["⟦PHONE⟧ 我明天下午带身份证去网点办"]


def test_a_customers_if_is_no_promise_of_the_bank() -> None:
    summary = told("您好。", "如果利率再降，我明天就给您回电话把钱转走", "您说得对，利率一直在变。")
    assert summary.commitments == ()


def test_an_agents_words_are_no_objection() -> None:
    assert told("您好。", "我想问下三年期利率", "三年期太低了，不划算，还不如别家。", "哦").objections == ()


@pytest.mark.parametrize(
    "said",
    [
        "我给您登记一下，两个工作日内给您回电。",
        "明天上午十点前我把材料清单发您。",
        "这个情况我会反馈给产品部门。",
        "我请支行的客户经理今天下班前联系您。",
    ],
)
def test_a_promise_has_a_doing_of_the_bank_and_mostly_a_time(said: str) -> None:
    assert [item.text for item in told("您好。", "我要反映转账的问题", said, "好").commitments] == [said]


@pytest.mark.parametrize(
    "said", ["您可以在手机上自己查。", "请问您的姓名？", "三年期利率是1.80%。", "有什么可以帮您？"]
)
def test_information_and_questions_promise_nothing(said: str) -> None:
    assert told("您好。", "我要反映转账的问题", said, "好").commitments == ()


def test_two_sentences_of_one_turn_may_stand_in_two_sections() -> None:
    summary = told("您好。", "我想查一下年费", "查到了，年费是300元。我明天给您回电确认能不能减免。", "好")
    assert summary.action[0].evidence[0].utt_id == summary.commitments[0].evidence[0].utt_id
    assert summary.action[0].text == "查到了，年费是300元。"
    assert summary.commitments[0].text == "我明天给您回电确认能不能减免。"


def test_chatter_before_a_sentence_is_left_out_and_a_long_one_is_cut_at_its_clauses() -> None:
    long = "好的，" + "，".join(["您的情况我这边都看到了"] * 8) + "，我明天上午给您回电，" + "，".join(["请您放心"] * 8)
    (item,) = told("您好。", "我想问一下还款", long, "好").commitments
    assert "我明天上午给您回电" in item.text
    assert len(item.text) <= RULES.shown_chars
    assert not item.text.startswith("好的")


def test_the_reason_of_an_outbound_call_is_the_agents() -> None:
    said = ("您好，我是远川银行的，您有一笔二十万的定期月底到期，跟您说一声。", "哦，我知道", "好的。")
    assert shown(told(*said, direction=Direction.OUTBOUND))["situation"] == [
        "我是远川银行的，您有一笔二十万的定期月底到期，跟您说一声。"
    ]


def test_the_reason_of_an_inbound_call_is_no_greeting() -> None:
    summary = told("您好。", "你好，请问有人吗", "在的。", "我想问下提前还房贷要不要违约金", "满一年不收。")
    assert shown(summary)["situation"] == ["我想问下提前还房贷要不要违约金"]


def test_a_second_matter_has_its_place_in_the_situation() -> None:
    summary = told(
        "您好。", "我想问下三年期利率", "三年期1.80%。", "哦。对了，我手机银行限额能不能提一下", "可以，在App里提。"
    )
    assert [item.evidence[0].utt_id for item in summary.situation] == ["u2", "u4"]
    assert CallKind.MULTI_TOPIC in summary.kinds


# ── the whole call ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_intents_rest_on_the_reason_of_the_call() -> None:
    (intent, *_) = draw_outline(CALL, RULES).intents
    assert intent.label == "card_fee"
    assert intent.evidence[0].utt_id == "u2"
    assert len(draw_outline(CALL, RULES).intents) <= 3


def test_every_intent_of_the_rules_is_one_of_the_prompts_schema() -> None:
    schema = json.loads((Path(world.HOME) / "prompts" / "aftercall" / "summary.schema.json").read_text("utf-8"))
    known = schema["properties"]["intents"]["items"]["properties"]["l"]["enum"]
    assert {rule.label for rule in RULES.intents.labels} | {RULES.intents.otherwise} == set(known)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (("我的卡丢了，快挂失", "已经给您挂失成功了。", "好的，谢谢"), OutcomeStatus.RESOLVED),
        (("我要投诉你们乱扣费", "我给您转投诉处理专员，今天内给您去电。", "我等着"), OutcomeStatus.HANDED_OVER),
        (("那个理财是什么", "这款是R2净值型的。", "算了 我不买了"), OutcomeStatus.UNRESOLVED),
        (("我想问下分期", "十二期，每期0.6%。", "我回家跟老婆商量一下"), OutcomeStatus.PARTLY),
        (("喂 顺丰吗", "您可能打错了，这里是银行。", "哦打错了"), OutcomeStatus.ABANDONED),
    ],
)
def test_the_outcome_is_told_by_how_the_call_ends(said: tuple[str, ...], status: OutcomeStatus) -> None:
    outcome = told("您好，远川银行。", *said).outcome
    assert outcome is not None
    assert outcome.status is status
    assert outcome.evidence


def test_the_mood_is_the_customers_first_and_last_words() -> None:
    summary = told(
        "您好。", "凭什么又扣我钱，烦死了", "抱歉，已经退回给您了。", "嗯", "还有别的吗？", "没了，你真有耐心，讲得清楚"
    )
    assert summary.sentiment is not None
    assert (summary.sentiment.begin, summary.sentiment.end) == (Sentiment.NEGATIVE, Sentiment.POSITIVE)


# ── kinds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_in_which_the_customer_says_no_word_is_silent_and_abandoned() -> None:
    call = conversation("C-1", "您好，您有一笔定期到期，跟您说一声。", "嗯", "您好，能听到吗？", "……")
    summary = draw_outline(call.model_copy(update={"direction": Direction.OUTBOUND}), RULES)
    assert summary.kinds == (CallKind.VERY_SHORT, CallKind.SILENT, CallKind.ABANDONED)
    assert summary.outcome is not None
    assert summary.outcome.status is OutcomeStatus.ABANDONED
    assert summary.situation


def test_a_call_that_breaks_off_is_abandoned() -> None:
    assert (
        CallKind.ABANDONED
        in told("您好，您申请的卡要补资料。", "信号不好 你讲啥", "我说您的资料", "喂？喂？（断线）").kinds
    )


DECIDING = ("我有笔钱月底转出来，想问下半年期的利率", "半年期是1.35%。", "那我问问我先生再定，我家他管账")


@pytest.mark.parametrize(
    "end",
    [
        ("你讲得明白，上回那个人声音小得我听不清", "谢谢您，还有别的事吗？", "没有啦，拜拜"),
        ("你讲得明白，上回那个人声音小得我听不清", "谢谢您的认可。"),
        ("刚才地铁里掉线了，不好意思", "没关系，您想好了再来电，祝您愉快，再见。"),
        ("晚上打给我，上班的时候我听不到", "好的，那晚上七点以后联系您。", "嗯嗯，挂了啊"),
    ],
)
def test_a_call_that_ends_with_a_goodbye_or_speaks_of_another_call_is_not_broken_off(end: tuple[str, ...]) -> None:
    summary = told("您好，远川银行。", *DECIDING, "好的，您慢慢商量。", *end)
    assert CallKind.ABANDONED not in summary.kinds
    assert summary.outcome is not None
    assert summary.outcome.status is OutcomeStatus.PARTLY


def test_an_open_end_is_told_by_the_words_that_leave_it_open_not_by_the_goodbye() -> None:
    outcome = told("您好，远川银行。", *DECIDING, "好的，还有别的事吗？", "没有没有 那就这样 再见", "再见。").outcome
    assert outcome is not None
    assert (outcome.status, outcome.text) == (OutcomeStatus.PARTLY, "那我问问我先生再定，我家他管账")


@pytest.mark.parametrize(
    "end",
    [
        ("喂？听不见你说话", "您好？听不到您的声音，我稍后再联系您，再见。"),
        ("喂？喂？（断线）",),
        ("你说啥，信号不好", "我再说一遍，半年期是", "听不清，挂了"),
    ],
)
def test_a_call_whose_line_fails_is_broken_off_whoever_says_goodbye(end: tuple[str, ...]) -> None:
    summary = told("您好，远川银行。", *DECIDING, "好的，您慢慢商量。", *end)
    assert CallKind.ABANDONED in summary.kinds


def test_a_word_mistyped_in_the_middle_is_no_wrong_number() -> None:
    more = ("那就放半年吧 打错 是放一年", "好的，一年期是1.45%。", *("还要带什么", "带身份证就可以。") * 4)
    assert CallKind.ABANDONED not in told("您好，远川银行。", *DECIDING, "好的。", *more, "好").kinds


def test_an_ordinary_call_is_normal() -> None:
    assert draw_outline(CALL, RULES).kinds == (CallKind.NORMAL,)


def test_a_call_of_the_system_alone_has_an_outline_without_lines() -> None:
    call = CALL.model_copy(update={"utterances": (Utterance(utt_id="u1", speaker=Speaker.SYSTEM, text="客户已挂断"),)})
    summary = draw_outline(call, RULES)
    assert shown(summary) == {}
    assert summary.outcome is None
    assert CallKind.SILENT in summary.kinds


def long_call() -> Conversation:
    middle = [
        text
        for n in range(200)
        for text in (f"目前第{n}款产品年化利率是1.{n:02d}%，期限{n + 1}个月。", f"太低了，第{n}款不划算，我不要")
    ]
    promise = "我明天上午给您回电答复利率上浮的结果。"
    return conversation("C-1", "您好。", "我想问下存款利率", *middle, promise, "行，我回家跟老婆商量", "再见。")


def test_a_call_of_four_hundred_turns_has_a_readable_outline_with_its_promise() -> None:
    summary = draw_outline(long_call(), RULES)
    assert CallKind.LONG in summary.kinds
    assert sum(len(texts) for texts in shown(summary).values()) <= 24
    assert "我明天上午给您回电答复利率上浮的结果。" in shown(summary)["commitments"]


# ── a model beside it ──────────────────────────────────────────────────────────────────────────────────────────────


async def closed(
    model: Any,
    call: Conversation = CALL,
    part_chars: int = 10_000,
    adds: frozenset[Addition] = frozenset({"summary", "kyc", "voc"}),
) -> CallRecord:
    calls = MemoryCalls()
    await calls.receive(call)
    return await world.aftercall(model, calls, part_chars, model_adds=adds).close_call(call)


async def test_where_no_model_writes_the_outline_is_the_summary_and_none_is_asked() -> None:
    model, calls = world.scripted(), MemoryCalls()
    await calls.receive(CALL)
    record = await world.aftercall(model, calls, model_adds=frozenset()).close_call(CALL)
    assert model.requests == []
    assert record.usage == ()
    assert shown(record.summary) == shown(draw_outline(CALL, RULES))


async def test_a_model_that_only_quotes_is_shown_as_the_outline_would_show_it() -> None:
    model = world.scripted(summary={"commitments": [5], "action": [3, 77]})
    record = await closed(model, adds=frozenset({"quotes"}))
    (promise,) = record.summary.commitments
    assert (promise.text, promise.source) == ("我帮您提交减免申请，三个工作日内给您回电答复。", Source.QUOTE)
    said = {u.utt_id: u.text for u in CALL.utterances}
    assert all(e.quote in said[e.utt_id] for item in record.summary.action for e in item.evidence)
    assert ("summary.action", SkipReason.UNVERIFIED_EVIDENCE) in {(s.analysis, s.reason) for s in record.skipped}


async def test_a_section_for_which_the_model_gives_nothing_takes_the_outlines() -> None:
    record = await closed(world.scripted(summary={"action": [{"t": "坐席告知这笔是违约金", "u": [3]}]}))
    drawn = shown(draw_outline(CALL, RULES))
    assert [(item.text, item.source) for item in record.summary.action] == [("坐席告知这笔是违约金", Source.MODEL)]
    assert shown(record.summary) == {**drawn, "action": ["坐席告知这笔是违约金"]}


async def test_what_the_model_puts_into_a_section_that_it_does_not_suit_is_dropped_with_a_reason() -> None:
    record = await closed(world.scripted(summary={"commitments": [{"t": "客户要打12378投诉", "u": [6]}]}))
    assert shown(record.summary)["commitments"] == ["我帮您提交减免申请，三个工作日内给您回电答复。"]
    assert ("summary.commitments", SkipReason.UNSUITED_EVIDENCE) in {(s.analysis, s.reason) for s in record.skipped}


async def test_a_line_that_the_model_puts_into_three_sections_stands_where_it_weighs_most() -> None:
    line = [{"t": "坐席帮客户提交减免申请", "u": [5]}]
    record = await closed(world.scripted(summary={"action": line, "commitments": line, "follow_ups": line}))
    where = [s for s in SECTIONS for item in getattr(record.summary, s) if item.evidence[0].utt_id == "u5"]
    assert where == ["commitments"]


async def test_an_invalid_answer_of_the_model_leaves_the_outline_and_the_reason() -> None:
    record = await closed(ScriptedChatModel(lambda _: "抱歉，我无法回答"))
    assert shown(record.summary) == shown(draw_outline(CALL, RULES))
    assert ("summary", SkipReason.MODEL_OUTPUT_INVALID) in {(s.analysis, s.reason) for s in record.skipped}
    assert record.summary.outcome is not None


async def test_a_call_with_nothing_to_analyse_says_what_it_was() -> None:
    record = await closed(world.scripted(), conversation("C-1", "您好，请问有什么可以帮您？", "喂", "喂您好？"))
    assert CallKind.SILENT in record.summary.kinds
    assert CallKind.ABANDONED in record.summary.kinds
    assert record.summary.outcome is not None
    assert record.summary.outcome.status is OutcomeStatus.ABANDONED


async def test_a_long_call_read_in_parts_stays_short_in_time_order_and_keeps_its_promises() -> None:
    def wordy(request: Any) -> str:
        shown_to_model = request.messages[-1].content
        numbers = [int(n) for line in shown_to_model.splitlines() if (n := line.partition(" ")[0]).isdigit()]
        action = [{"t": "坐席介绍产品", "u": [n]} for n in numbers if n % 2 and n > 1][:3]
        return world.reply(request, [], [], {"action": action, "commitments": [{"t": "回电", "u": [numbers[-3]]}]})

    call = long_call()
    record = await closed(ScriptedChatModel(wordy), call, part_chars=2_000)
    order = [u.utt_id for u in call.utterances]
    for section in SECTIONS:
        places = [order.index(item.evidence[0].utt_id) for item in getattr(record.summary, section)]
        assert places == sorted(places)
    assert len(record.summary.action) <= 6
    assert any("u403" in {e.utt_id for e in item.evidence} for item in record.summary.commitments)


def test_a_turn_is_judged_for_a_section_by_its_speaker_and_its_cues() -> None:
    outline = Outline.of(CALL, RULES)
    assert outline.suits("commitments", "u5")
    assert not outline.suits("commitments", "u6")
    assert not outline.suits("objections", "u5")
    assert not outline.suits("commitments", "u3")


# ── the file ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rules_without_one_of_the_sections_do_not_load(tmp_path: Path) -> None:
    path = tmp_path / "summary.yaml"
    path.write_text(SAMPLE.read_text("utf-8").replace("section: risk_notes", "section: action"), "utf-8")
    with pytest.raises(Misconfigured, match="must be there once"):
        load_outline(path)
