"""What the model is trained on is consistent with itself and with what is served. Needs no torch."""

import json
import re
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from seatmate.aftercall.fields import load_catalogue
from seatmate.domain.fits import misfit
from seatmate.prompts import Prompts
from seatmate_tune import attributes
from seatmate_tune.answers import ABSTAIN, answer_examples
from seatmate_tune.calls import call
from seatmate_tune.example import Example
from seatmate_tune.kyc_phrases import KYC
from seatmate_tune.mined import mined_examples
from seatmate_tune.scenarios import SCENARIOS
from seatmate_tune.summary_target import SECTIONS
from seatmate_tune.tasks import call_examples
from seatmate_tune.voc_phrases import VOC

ROOT = Path(__file__).parents[2]
_REPORTING = set(
    "客户坐席咨询问要求反映表示解答告知核实提醒承诺认为不满投诉需会不把的就致以给记录登办理查到帮收先再有是没后人对方让"
)


@pytest.fixture(scope="module")
def prompts() -> Prompts:
    return Prompts.load(ROOT / "prompts")


def answers(prompts: Prompts, questions: int = 1) -> list[Example]:
    return list(islice(answer_examples(Random(5), prompts, (2, 8), questions), 150))


def enums(schema: object) -> set[str]:
    if isinstance(schema, dict):
        own = {e for e in schema.get("enum", ()) if isinstance(e, str)}
        return own.union(*(enums(part) for part in schema.values())) if schema else own
    return set()


@pytest.mark.parametrize("questions", [1, 4])
def test_every_slot_and_citation_of_an_answer_is_in_its_prompt(prompts: Prompts, questions: int) -> None:
    for example in answers(prompts, questions):
        sources = example.messages[1].content
        for target in (m.content for m in example.messages if m.role == "assistant"):
            assert set(re.findall(r"«[FP]\d+»", target)) <= set(re.findall(r"«[FP]\d+»", sources))
            for number in re.findall(r"\[(\d+)\]", target):
                assert f"[{number}] " in sources


def test_an_answers_figures_stand_in_the_line_it_cites(prompts: Prompts) -> None:
    for example in answers(prompts):
        lines = {line[1 : line.index("]")]: line for line in example.messages[1].content.split("\n") if line[:1] == "["}
        for figure in re.findall(r"«F\d+»", example.target):
            (number,) = re.findall(r"\[(\d+)\]", example.target)
            assert figure in lines[number]


def test_an_answer_spells_no_figure(prompts: Prompts) -> None:
    for example in answers(prompts):
        bare = re.sub(r"«[FP]\d+»|\[\d+\]", "", example.target)
        assert not re.search(r"\d", bare), example.target


def test_a_quoting_answer_tells_only_a_name_that_question_and_line_have(prompts: Prompts) -> None:
    known = {name for kind in attributes.BY_KIND.values() for attribute in kind for name in attribute.written}
    told, quoted = 0, 0
    for example in islice(answer_examples(Random(5), prompts, (2, 8), quotes=True, unanswered=0.05), 300):
        if "«F" not in example.target:
            quoted += example.target != ABSTAIN
            continue
        told += 1
        question = example.messages[1].content.rpartition("问题：")[2]
        (number,) = re.findall(r"\[(\d+)\]", example.target)
        line = next(x for x in example.messages[1].content.split("\n") if x.startswith(f"[{number}] "))
        before = example.target.partition("为«F")[0]
        assert any(before.endswith(name) and name in line and name in question for name in known)
    assert told > 20
    assert quoted > 50


def test_all_three_kinds_of_answer_occur(prompts: Prompts) -> None:
    targets = [example.target for example in answers(prompts)]
    refusals = sum(t == ABSTAIN for t in targets)
    quotes = sum(t.startswith("[") for t in targets)
    assert refusals > 8
    assert quotes > 15
    assert len(targets) - refusals - quotes > 60


def test_mined_questions_are_answered_by_their_line(prompts: Prompts) -> None:
    documents = [
        "公司今年营业收入为12.5亿元，同比有所增长。研发投入占比达到8.3%，高于上年同期水平。董事会审议通过了分红方案并提交股东大会。",
        "该市常住人口为320万人，城镇化进程稳步推进。全市绿化覆盖率达到41.2%，居民生活环境明显改善。有关部门将继续推进各项工作。",
    ]
    for example in islice(mined_examples(Random(1), prompts, documents, (2, 5)), 30):
        for figure in re.findall(r"«F\d+»", example.target):
            assert figure in example.messages[1].content


def test_call_targets_fit_their_schemas(prompts: Prompts) -> None:
    for task in ("summary", "quotes", "kyc", "voc"):
        schema = prompts[f"aftercall/{task}"].schema
        assert schema is not None
        allowed = enums(schema)
        for example in islice(call_examples(Random(3), prompts, task, (8, 40)), 60):
            read = json.loads(example.target)
            assert list(read) == list(schema["properties"])
            assert json.dumps(read, ensure_ascii=False, separators=(",", ":")) == example.target
            said = {
                v
                for items in read.values()
                if isinstance(items, list)
                for i in items
                if isinstance(i, dict)
                for k, v in i.items()
                if k in "lfspm"
            }
            assert {v for v in said if isinstance(v, str)} <= allowed


def test_a_summary_that_quotes_is_the_numbers_of_the_one_that_tells(prompts: Prompts) -> None:
    schema = prompts["aftercall/quotes"].schema
    assert schema is not None
    both = (call_examples(Random(3), prompts, task, (8, 40)) for task in ("summary", "quotes"))
    for tells, quoting in islice(zip(*both, strict=True), 40):
        told, quoted = json.loads(tells.target), json.loads(quoting.target)
        assert misfit(schema, quoted) == ""
        for section in SECTIONS:
            assert quoted.pop(section) == [item["u"][0] for item in told.pop(section)]
        assert quoted == told


def test_evidence_numbers_point_at_utterances_and_facts_at_customers() -> None:
    for seed in range(80):
        made = call(Random(seed))
        utterances = made.conversation.utterances
        for fact in made.kyc:
            assert utterances[int(str(fact["u"])) - 1].speaker.value == "customer"
            assert (fact["u"], fact["f"]) in made.kyc_candidates
        for item in made.voc:
            assert (item["u"], item["l"]) in made.voc_candidates


def test_a_summary_sentence_is_made_of_what_was_said() -> None:
    for scenario in SCENARIOS:
        for lines in scenario.sections.values():
            for line in lines:
                new = set(line.summary) - set(line.said) - _REPORTING
                assert not new, f"{line.summary}: {new} is not in {line.said}"
                assert not re.search(r"\d", line.summary)
                assert len(line.summary) <= 40


def test_every_field_label_and_intent_is_taught(prompts: Prompts) -> None:
    rules = ROOT / "corpus" / "rules"
    catalogue = load_catalogue(rules)
    assert {row[0] for row in KYC} == set(catalogue.fields)
    assert {row[0] for row in VOC} == set(catalogue.labels)
    schema = prompts["aftercall/summary"].schema or {}
    assert {s.intent for s in SCENARIOS} == set(schema["properties"]["intents"]["items"]["properties"]["l"]["enum"])


def test_generators_repeat_themselves_from_a_seed(prompts: Prompts) -> None:
    assert answers(prompts)[:20] == answers(prompts)[:20]
    assert call(Random(1)) == call(Random(1))


def test_no_bank_of_the_sample_corpus_is_named(prompts: Prompts) -> None:
    assert not any("远川" in m.content for example in answers(prompts) for m in example.messages)
