"""What customers tell in clear words stands in the record without a model; what is in doubt does not."""

from pathlib import Path

import pytest
import yaml

from seatmate.aftercall.fields import Catalogue, load_catalogue
from seatmate.aftercall.told import tell_facts, tell_voices
from seatmate.domain.errors import Misconfigured
from seatmate.domain.evidence import is_exact
from seatmate.domain.findings import FoundBy, KycFact, Modality, Polarity, Subject
from seatmate.testing.call_contract import conversation

FIELDS = [
    {
        "field": "marital_status",
        "label": "婚姻",
        "cues": ["老公"],
        "told": [{"says": ["我(?:家)?老公"], "value": "已婚"}],
    },
    {
        "field": "mortgage",
        "label": "房贷",
        "negatable": True,
        "values": ["amt"],
        "cues": ["房贷"],
        "told": [{"says": ["房贷"], "unless": ["房贷利率"]}, {"says": ["对|是的"], "after": ["有房贷"]}],
    },
    {"field": "property", "label": "房产", "about": "person", "cues": ["房"], "told": [{"says": ["买(?:了)?房"]}]},
    {
        "field": "churn_signal",
        "label": "流失",
        "cues": ["销户"],
        "told": [{"says": ["销户"], "supposable": True}],
    },
    {
        "field": "do_not_call",
        "label": "勿扰",
        "cues": ["别打"],
        "told": [{"says": ["能不能别(?:再)?打"], "askable": True, "modality": "fact"}],
    },
    {
        "field": "idle_cash",
        "label": "闲钱",
        "values": ["amt"],
        "cues": ["活期"],
        "told": [{"says": ["活期.{0,6}万"], "unless_turn": ["转给别人"]}],
    },
]
VOC = {
    "labels": [
        {
            "label": "fees",
            "name": "价格",
            "cues": ["费"],
            "told": [{"says": ["手续费.{0,4}贵"], "polarity": "negative", "severity": 2}],
        }
    ],
    "positive": ["好"],
    "negative": ["贵"],
    "suggestion": ["建议"],
    "escalation": ["投诉"],
}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return written(tmp_path, {"group": "all", "label": "全部", "fields": FIELDS})


def written(folder: Path, group: dict[str, object]) -> Catalogue:
    (folder / "kyc").mkdir(exist_ok=True)
    (folder / "kyc" / "words.yaml").write_text("KIN: 老公|老婆\n", "utf-8")
    (folder / "kyc" / "1-all.yaml").write_text(yaml.safe_dump(group, allow_unicode=True), "utf-8")
    (folder / "voc.yaml").write_text(yaml.safe_dump(VOC, allow_unicode=True), "utf-8")
    return load_catalogue(folder)


def told(catalogue: Catalogue, *lines: str) -> list[KycFact]:
    """Lines are the agent's and the customer's in turn."""
    return tell_facts(conversation("C-1", *lines), catalogue)


def test_a_fact_has_its_value_and_the_customers_words_by_clauses(catalogue: Catalogue) -> None:
    call = conversation("C-1", "您好", "嗯，我活期上有二十来万，先放着。")
    (fact,) = tell_facts(call, catalogue)
    assert (fact.field, fact.value, fact.found_by) == ("idle_cash", "~200000 CNY", FoundBy.WORDS)
    assert fact.evidence[0].quote == "我活期上有二十来万"
    assert is_exact(fact.evidence[0], call)


def test_the_agents_words_tell_nothing(catalogue: Catalogue) -> None:
    assert not told(catalogue, "您有房贷吗，我老公也有房贷", "没有吧")


def test_a_yes_tells_what_the_agent_asked(catalogue: Catalogue) -> None:
    (fact,) = told(catalogue, "您这边是有房贷的吧", "对")
    assert (fact.field, fact.evidence[0].quote) == ("mortgage", "对")


def test_a_no_before_the_words_negates_what_may_be_negated(catalogue: Catalogue) -> None:
    (fact,) = told(catalogue, "您好", "我没有房贷")
    assert fact.polarity is Polarity.NEGATED


def test_a_question_tells_nothing_unless_it_tells_as_much(catalogue: Catalogue) -> None:
    assert not told(catalogue, "您好", "房贷能不能提前还？")
    (fact,) = told(catalogue, "您好", "你们能不能别再打了？")
    assert (fact.field, fact.modality) == ("do_not_call", Modality.FACT)


def test_an_if_tells_nothing_unless_it_is_a_threat(catalogue: Catalogue) -> None:
    assert not told(catalogue, "您好", "要是我买房就动这笔钱")
    (fact,) = told(catalogue, "您好", "再这样我就销户")
    assert (fact.field, fact.modality) == ("churn_signal", Modality.HYPOTHETICAL)


@pytest.mark.parametrize("words", ["主要是后年想买房", "两万一 我买房用的", "要是再降 那就那样 哎 我去年买了房"])
def test_what_only_looks_like_an_if_or_was_one_long_ago_supposes_nothing(catalogue: Catalogue, words: str) -> None:
    assert [fact.field for fact in told(catalogue, "您好", words)] == ["property"]


def test_a_friends_fact_is_not_the_customers(catalogue: Catalogue) -> None:
    assert not told(catalogue, "您好", "我同事去年买了房")


@pytest.mark.parametrize("words", ["我跟两个同学买房", "我和朋友合伙买了房"])
def test_what_is_done_with_a_friend_is_the_customers_too(catalogue: Catalogue, words: str) -> None:
    assert [fact.field for fact in told(catalogue, "您好", words)] == ["property"]


def test_a_childs_fact_is_the_childs_and_an_intention_a_plan(catalogue: Catalogue) -> None:
    (fact,) = told(catalogue, "您好", "我儿子打算买房")
    assert (fact.subject, fact.modality) == (Subject.CHILD, Modality.PLAN)


def test_words_around_take_it_back(catalogue: Catalogue) -> None:
    assert not told(catalogue, "您好", "房贷利率是多少来着")
    assert not told(catalogue, "您好", "活期有五万，要转给别人的")


def test_the_same_thing_told_twice_is_one_fact_with_two_quotes(catalogue: Catalogue) -> None:
    (fact,) = told(catalogue, "您好", "我老公说的", "好的", "我老公不同意")
    assert [evidence.utt_id for evidence in fact.evidence] == ["u2", "u4"]


def test_a_long_turn_without_a_stop_is_read_in_a_breath(catalogue: Catalogue) -> None:
    (fact,) = told(catalogue, "您好", "我老公说我老公" * 500)
    assert fact.evidence[0].utt_id == "u2"


def test_a_value_holds_no_personal_number(catalogue: Catalogue) -> None:
    (fact,) = told(catalogue, "您好", "手机13800138000能不能别再打了")
    assert "13800138000" not in fact.value + fact.value_text
    assert "13800138000" in fact.evidence[0].quote


def test_a_threat_to_complain_raises_the_severity_of_a_voice(catalogue: Catalogue) -> None:
    (calm,) = tell_voices(conversation("C-1", "您好", "手续费也太贵了"), catalogue)
    (angry,) = tell_voices(conversation("C-1", "您好", "手续费也太贵了，我要投诉"), catalogue)
    assert (calm.severity, calm.escalation_risk) == (2, False)
    assert (angry.severity, angry.escalation_risk) == (3, True)


@pytest.mark.parametrize("name", ["health", "religion", "politics"])
def test_no_field_may_be_about_what_must_not_be_inferred(tmp_path: Path, name: str) -> None:
    field = {"field": name, "label": "x", "cues": ["x"]}
    with pytest.raises(Misconfigured, match=name):
        written(tmp_path, {"group": "all", "label": "全部", "fields": [field]})
