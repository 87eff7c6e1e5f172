"""Only what the customer said, word for word, becomes a fact or a voice; the traps are seen by code."""

from typing import Any

import pytest

from seatmate.aftercall.checks import FactProposal, VoiceProposal, check_fact, check_voice
from seatmate.aftercall.fields import Catalogue
from seatmate.domain.evidence import is_exact
from seatmate.domain.findings import KycFact, Skipped, SkipReason, VocItem
from seatmate.testing.call_contract import conversation

from . import world


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return world.catalogue()


def fact(catalogue: Catalogue, words: str, field: str, *, number: int = 2, agent: str = "您好。", **how: str) -> Any:
    call = conversation("C-1", agent, words)
    proposal = {"u": number, "f": field, "s": "self", "p": "affirmed", "m": "fact", **how}
    found = check_fact(FactProposal.model_validate(proposal), world.said(call), catalogue)
    if isinstance(found, KycFact):
        assert all(is_exact(evidence, call) for evidence in found.evidence)
    return found


def test_a_quote_is_narrowed_to_the_clause_and_its_figure_is_the_value(catalogue: Catalogue) -> None:
    found = fact(catalogue, "谢谢啊，我那笔二十万元月底到期，麻烦您查一下。", "maturing_funds")
    assert (found.evidence[0].quote, found.value) == ("我那笔二十万元月底到期", "200000 CNY")


def test_a_clause_without_a_figure_takes_the_short_one_that_has_it(catalogue: Catalogue) -> None:
    found = fact(catalogue, "那笔钱快到了 22万 到时候还有吗", "maturing_funds")
    assert (found.evidence[0].quote, found.value) == ("那笔钱快到了 22万", "220000 CNY")


@pytest.mark.parametrize(
    ("words", "field", "wanted"),
    [
        ("我同事在你们这有四十多万呢，存在工行的也有。", "aum_elsewhere", ("other", "affirmed", "fact")),
        ("我闺蜜买过理财赚了点。", "experience", ("other", "affirmed", "fact")),
        ("我要是明年结婚可能就得用上。", "life_event", ("self", "affirmed", "hypothetical")),
        ("如果年终奖能发8万的话我就还。", "bonus_timing", ("self", "affirmed", "hypothetical")),
        ("我没有房贷。", "mortgage", ("self", "negated", "fact")),
        ("买国债是不是更稳？", "product_preference", ("self", "affirmed", "question")),
        ("我儿子明年国庆结婚。", "life_event", ("child", "affirmed", "fact")),
        ("我明年结婚，儿子也大了。", "life_event", ("self", "affirmed", "fact")),
        ("隔壁老陈说他炒股翻倍 我可不敢", "risk_attitude", ("self", "affirmed", "fact")),
    ],
)
def test_the_traps_are_seen_by_code(catalogue: Catalogue, words: str, field: str, wanted: tuple[str, ...]) -> None:
    found = fact(catalogue, words, field)
    assert (found.subject, found.polarity, found.modality) == wanted


def test_code_never_makes_a_hypothesis_a_fact(catalogue: Catalogue) -> None:
    assert fact(catalogue, "我明年结婚。", "life_event", m="hypothetical").modality == "hypothetical"


@pytest.mark.parametrize(
    ("field", "number", "why"),
    [
        ("children", 2, "no cue"),
        ("mortgage", 9, "no utterance 9"),
        ("mortgage", 1, "not the customer's"),
    ],
)
def test_what_was_not_said_is_dropped_and_says_why(catalogue: Catalogue, field: str, number: int, why: str) -> None:
    dropped = fact(catalogue, "我房贷还有三年。", field, number=number, agent="您有房贷对吧？")
    assert isinstance(dropped, Skipped)
    assert dropped.reason is SkipReason.UNVERIFIED_EVIDENCE
    assert why in dropped.detail


def test_an_agents_words_count_when_the_customer_confirms_them(catalogue: Catalogue) -> None:
    found = fact(catalogue, "对，是的。", "mortgage", number=1, agent="您在我们这有房贷？")
    assert [evidence.quote for evidence in found.evidence] == ["您在我们这有房贷", "对"]
    assert found.modality == "fact"


@pytest.mark.parametrize("answer", ["对不对我也不知道", "没有", "是吗"])
def test_what_is_no_yes_confirms_nothing(catalogue: Catalogue, answer: str) -> None:
    assert isinstance(fact(catalogue, answer, "mortgage", number=1, agent="您有房贷？"), Skipped)


def voice(catalogue: Catalogue, words: str, polarity: str, label: str, severity: int = 2) -> VocItem | Skipped:
    call = conversation("C-1", "手续费是50元。", words)
    proposal = VoiceProposal.model_validate({"u": 2, "p": polarity, "l": label, "v": severity})
    return check_voice(proposal, world.said(call), catalogue)


def test_a_voice_quotes_the_clause_that_carries_it(catalogue: Catalogue) -> None:
    found = voice(catalogue, "行吧，你们这也太贵了，我再看看。", "negative", "fees")
    assert isinstance(found, VocItem)
    assert (found.evidence[0].quote, found.label, found.escalation_risk) == ("你们这也太贵了", "价格", False)


def test_a_threat_to_complain_raises_the_severity(catalogue: Catalogue) -> None:
    found = voice(catalogue, "手续费太贵了，我要打12378。", "negative", "fees", severity=1)
    assert isinstance(found, VocItem)
    assert (found.severity, found.escalation_risk) == (3, True)


@pytest.mark.parametrize(
    ("polarity", "label", "severity"), [("positive", "fees", 2), ("negative", "rewards", 2), ("negative", "fees", 9)]
)
def test_a_voice_that_is_not_there_is_dropped(catalogue: Catalogue, polarity: str, label: str, severity: int) -> None:
    assert isinstance(voice(catalogue, "手续费太贵了。", polarity, label, severity), Skipped)
