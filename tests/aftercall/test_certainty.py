"""What words told is certain where the table says so, and to be confirmed where it does not."""

from pathlib import Path

import pytest
import yaml

from seatmate.aftercall.certainty import UNMEASURED, Weights, load_certainty
from seatmate.aftercall.fields import Catalogue, load_catalogue
from seatmate.aftercall.told import fact_tellings, tell_facts, tell_voices
from seatmate.aftercall.told_signs import Beside, key_of, measures_of, signs_of
from seatmate.domain.errors import Misconfigured
from seatmate.domain.findings import KycFact
from seatmate.settings import HOME
from seatmate.testing.call_contract import conversation

FIELDS = [
    {"field": "marital_status", "label": "婚姻", "cues": ["老公"], "told": [{"says": ["我老公"], "value": "已婚"}]},
    {"field": "idle_cash", "label": "闲钱", "values": ["amt"], "cues": ["活期"], "told": [{"says": ["活期.{0,6}万"]}]},
]
VOC = {
    "labels": [
        {
            "label": "channel",
            "name": "渠道",
            "cues": ["字"],
            "told": [{"says": ["字(?:太|越来越)小", "看不清"], "polarity": "negative", "severity": 2}],
        }
    ],
    "positive": ["好"],
    "negative": ["小"],
    "suggestion": ["建议"],
    "escalation": ["投诉"],
}
NOTHING = {"certain_from": 0.5, "told_from": 0.0, "bias": 200, "signs": {}, "measures": {}, "seen": {}}


def world(folder: Path, certain: dict[str, object] | None = None) -> Catalogue:
    """A catalogue of two fields and a label, with a table or without one."""
    (folder / "kyc").mkdir(exist_ok=True)
    (folder / "kyc" / "words.yaml").write_text("KIN: 老公\n", "utf-8")
    group = {"group": "all", "label": "全部", "fields": FIELDS}
    (folder / "kyc" / "1-all.yaml").write_text(yaml.safe_dump(group, allow_unicode=True), "utf-8")
    (folder / "voc.yaml").write_text(yaml.safe_dump(VOC, allow_unicode=True), "utf-8")
    if certain is not None:
        (folder / "certain.yaml").write_text(yaml.safe_dump(certain, allow_unicode=True), "utf-8")
    return load_catalogue(folder)


def tables(**kyc: object) -> dict[str, object]:
    """Of facts this, of voices nothing."""
    return {"kyc": NOTHING | kyc, "voc": NOTHING, "leaned_kyc": NOTHING, "leaned_voc": NOTHING}


def told(catalogue: Catalogue, *lines: str) -> list[KycFact]:
    return tell_facts(conversation("C-1", *lines), catalogue)


def signs(catalogue: Catalogue, *lines: str) -> list[frozenset[str]]:
    call = conversation("C-1", *lines)
    tellings = fact_tellings(call, catalogue)
    return [signs_of(one, Beside.of(tellings), catalogue) for one in tellings]


def test_a_catalogue_without_a_table_tells_everything_as_certain(tmp_path: Path) -> None:
    (fact,) = told(world(tmp_path), "您好", "我老公在家")
    assert (fact.certain, fact.confidence) == (True, 0.9)


def test_what_is_less_sure_than_the_threshold_stays_to_be_confirmed(tmp_path: Path) -> None:
    signs = {"value: figure": 200, "value: set": -100}
    catalogue = world(tmp_path, tables(certain_from=0.7, bias=0, signs=signs))
    found = told(catalogue, "您好", "我老公在家，活期上有二十万")
    sure = {fact.field: (fact.confidence, fact.certain) for fact in found}
    assert sure == {"marital_status": (0.27, False), "idle_cash": (0.88, True)}


def test_what_is_less_sure_than_is_told_at_all_is_no_fact(tmp_path: Path) -> None:
    signs = {"value: figure": 200, "value: set": -100}
    found = told(world(tmp_path, tables(told_from=0.3, bias=0, signs=signs)), "您好", "我老公在家，活期上有二十万")
    assert [fact.field for fact in found] == ["idle_cash"]


def test_a_fact_told_again_is_as_sure_as_its_surest_telling(tmp_path: Path) -> None:
    catalogue = world(tmp_path, tables(certain_from=0.7, bias=-200, signs={"agent asked": 400}))
    (fact,) = told(catalogue, "您好", "我老公在家", "您成家了吗", "我老公说了算")
    assert (fact.confidence, fact.certain, len(fact.evidence)) == (0.88, True, 2)


def test_one_complaint_in_two_clauses_is_one_with_two_quotes(tmp_path: Path) -> None:
    catalogue = world(tmp_path)
    (voice,) = tell_voices(conversation("C-1", "您好", "你们这字太小，我看不清"), catalogue)
    assert [evidence.quote for evidence in voice.evidence] == ["你们这字太小", "我看不清"]
    twice = tell_voices(conversation("C-1", "您好", "这字太小", "抱歉", "真看不清"), catalogue)
    assert len(twice) == 2, "in another turn it is said again"


def test_signs_tell_what_else_was_told_and_how_the_agent_took_it(tmp_path: Path) -> None:
    catalogue = world(tmp_path)
    first, second, third = signs(
        catalogue, "您手上有多少", "活期二十万", "好的，记下了", "我老公在家，他活期三万", "嗯"
    )
    assert {"agent asked", "agent has understood", "another one later", "value: figure"} <= first
    assert {"the only one of its name", "value: set", "我 in the words"} <= second
    assert "another one later" not in third
    assert "agent asked" not in second


def test_an_entry_is_as_sure_as_it_did_on_the_talks_and_a_new_one_as_its_field_did(tmp_path: Path) -> None:
    call = conversation("C-1", "您好", "我老公在家")
    catalogue = world(tmp_path)
    (telling,) = fact_tellings(call, catalogue)

    def record(seen: dict[str, dict[str, tuple[float, float]]]) -> float:
        table = Weights(certain_from=0, told_from=0, bias=0, signs={}, measures={}, seen=seen)
        return measures_of(telling, table, catalogue.certainty.words)["record"]

    never, good = record({}), record({"marital_status": {key_of(telling): (12, 0)}})
    beside_good, beside_bad = record({"marital_status": {"other": (12, 0)}}), record({"marital_status": {"x": (0, 9)}})
    assert beside_bad < never < beside_good < good


def test_a_table_is_part_of_what_a_release_names(tmp_path: Path) -> None:
    assert world(tmp_path).sha256 != world(tmp_path, tables()).sha256


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"certain\.yaml.*kyc\.certain_from"):
        world(tmp_path, tables(certain_from=2))
    assert load_certainty(tmp_path / "none.yaml", tmp_path / "no-words.yaml") is UNMEASURED


def test_the_sample_banks_table_knows_the_sample_banks_entries() -> None:
    """Entries that were changed since the table was made are told as unseen: make the table again."""
    catalogue = load_catalogue(HOME / "corpus" / "rules")
    call = conversation("C-1", "您好", "我老公在工地上班，活期上有二十万")
    for telling in fact_tellings(call, catalogue):
        assert sum(catalogue.certainty.kyc.counts_of(telling.name, key_of(telling))) > 0, telling.name
