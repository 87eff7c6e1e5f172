"""Words lean to what they stood with on the talks; a turn that leans to a voice is told where that is sure enough."""

from pathlib import Path

import yaml

from seatmate.aftercall.certainty import UNMEASURED
from seatmate.aftercall.fields import Catalogue, load_catalogue
from seatmate.aftercall.leaning import UNCOUNTED, WordCounts, grams_of, load_leanings
from seatmate.aftercall.told import tell_facts, tell_voices
from seatmate.domain.findings import VocItem, VocPolarity
from seatmate.testing.call_contract import conversation

HUSBAND = [(grams_of(words, ""), {"marital_status"}) for words in ("我老公在家", "老公不肯", "跟老公说")]
MONEY = [(grams_of(words, ""), {"idle_cash"}) for words in ("活期二十万", "卡里有十万")]
NEITHER = [(grams_of(words, ""), set[str]()) for words in ("好的", "你说", "喂喂", "什么时候", "再见")]
COUNTS = WordCounts.of([*HUSBAND, *MONEY, *NEITHER])

VOC = {
    "labels": [
        {"label": "fees", "name": "价格", "cues": ["费"]},
        {"label": "channel", "name": "渠道", "cues": ["字"]},
    ],
    "positive": ["好"],
    "negative": ["贵"],
    "suggestion": ["建议"],
    "escalation": ["投诉"],
}
WORK = {
    "group": "work",
    "label": "工作",
    "fields": [
        {"field": "job", "label": "工作", "cues": ["车"], "negatable": True},
        {"field": "pension", "label": "退休", "cues": ["退"], "told": [{"says": ["退休三年"]}]},
    ],
}
BLAME = "收这么多费用，心太狠"


def test_words_lean_to_what_they_stood_with() -> None:
    to, ahead = COUNTS.lean("marital_status", grams_of("老公管钱", ""))
    away, behind = COUNTS.lean("marital_status", grams_of("活期十万", ""))
    assert to > 0 > away
    assert ahead > 0 > behind


def test_a_talk_that_is_looked_at_does_not_speak_for_itself() -> None:
    grams = grams_of("老公不肯", "")
    without = COUNTS.lean("marital_status", grams, less=WordCounts.of(HUSBAND[1:2]))
    assert without[0] < COUNTS.lean("marital_status", grams)[0]


def test_a_name_with_few_texts_is_not_leaned_to_by_words_that_nobody_counted_with_it() -> None:
    rare = WordCounts.of([*HUSBAND * 20, *NEITHER * 20, (grams_of("外语", ""), {"language"})])
    assert rare.lean("language", grams_of("再见", ""))[0] < 0


def test_a_field_of_the_banks_own_was_never_counted_and_leans_nowhere() -> None:
    assert COUNTS.lean("pets", grams_of("我养猫", "")) == (0.0, 0.0)


def test_what_was_said_around_is_another_word_than_the_same_said_here() -> None:
    assert not grams_of("您", "有孩子吗") & {"孩子"}
    assert {"<孩子", ">抱歉"} <= grams_of("没有", "有孩子", "很抱歉")


def world(folder: Path, bias: int) -> Catalogue:
    """A bank with an entry for pensions; words lean to blame of fees, to a job and to a field that it does not have."""
    (folder / "kyc").mkdir()
    (folder / "kyc" / "words.yaml").write_text("KIN: 老公\n", "utf-8")
    (folder / "kyc" / "work.yaml").write_text(yaml.safe_dump(WORK, allow_unicode=True), "utf-8")
    (folder / "voc.yaml").write_text(yaml.safe_dump(VOC, allow_unicode=True), "utf-8")
    weights = {"certain_from": 0.95, "told_from": 0.5, "bias": bias, "signs": {}, "measures": {}, "seen": {}}
    tables = dict.fromkeys(("kyc", "voc", "leaned_kyc", "leaned_voc"), weights)
    (folder / "certain.yaml").write_text(yaml.safe_dump(tables), "utf-8")
    words = {
        "field": {
            "texts": 90,
            "names": {"job": 10, "pension": 30, "unknown": 10},
            "words": "^火 8 0:8\n^跑 8 0:8\n^退 30 1:30\n船 8 2:8\n",
        },
        "polarity": {"texts": 40, "names": {"negative": 10, "positive": 5}, "words": "狠 8 0:8\n费 9 0:6\n"},
        "label": {"texts": 20, "names": {"fees": 8, "channel": 8}, "words": "字 8 0:8\n费 8 1:8\n"},
    }
    (folder / "leanings.yaml").write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    return load_catalogue(folder)


def voices(catalogue: Catalogue) -> list[VocItem]:
    return tell_voices(conversation("C-1", "您好", BLAME, "抱歉"), catalogue)


def test_a_turn_that_leans_to_blame_is_a_voice_to_be_confirmed_quoted_whole(tmp_path: Path) -> None:
    (voice,) = voices(world(tmp_path, bias=200))
    assert (voice.polarity, voice.label_l1, voice.label) == (VocPolarity.NEGATIVE, "fees", "价格")
    assert (voice.evidence[0].quote, voice.confidence, voice.certain) == (BLAME, 0.88, False)


def test_a_turn_that_leans_too_little_is_no_voice(tmp_path: Path) -> None:
    assert voices(world(tmp_path, bias=-200)) == []


def facts(catalogue: Catalogue, said: str) -> list[tuple[str, str, str]]:
    found = tell_facts(conversation("C-1", "您好", said, "明白"), catalogue)
    assert not any(fact.certain for fact in found)
    return [(fact.field, fact.evidence[0].quote, fact.polarity.value) for fact in found]


def test_clauses_that_follow_one_another_and_lean_to_a_field_are_one_fact(tmp_path: Path) -> None:
    found = facts(world(tmp_path, bias=200), "火车上干活，跑了十年，你说吧")
    assert found == [("job", "火车上干活，跑了十年", "affirmed")]


def test_words_that_lean_to_a_field_are_guarded_as_all_words_are(tmp_path: Path) -> None:
    bank = world(tmp_path, bias=200)
    assert facts(bank, "跑没有车") == [("job", "跑没有车", "negated")]
    assert facts(bank, "跑车的是我同事") == []
    assert facts(bank, "跑车要多少钱") == []


def test_where_an_entry_tells_the_field_its_own_weight_decides(tmp_path: Path) -> None:
    assert facts(world(tmp_path, bias=200), "退休三年了") == [("pension", "退休三年了", "affirmed")]


def test_words_that_lean_too_little_or_to_a_field_that_the_bank_does_not_have_tell_nothing(tmp_path: Path) -> None:
    assert facts(world(tmp_path, bias=-200), "火车上干活") == []
    (tmp_path / "other").mkdir()
    assert facts(world(tmp_path / "other", bias=200), "船") == []


def test_without_counts_words_lean_nowhere(tmp_path: Path) -> None:
    assert load_leanings(tmp_path / "none.yaml") is UNCOUNTED
    assert UNMEASURED.words is UNCOUNTED
    assert UNCOUNTED.counts["polarity"].leanings(grams_of(BLAME, "")) == {}
