"""How much an agent changed of a summary."""

from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.corrections import Correction, confirmed, corrected, edit_distance, lines_of
from seatmate.domain.evidence import quote_of
from seatmate.domain.findings import Source, Summary, SummaryItem
from seatmate.domain.redaction import redact
from seatmate.testing.call_contract import NOON, conversation, record, voice

WORDS = st.text(alphabet="客户咨询利率，", max_size=12)


@given(WORDS, WORDS, WORDS)
def test_the_distance_is_a_distance(a: str, b: str, c: str) -> None:
    assert edit_distance(a, a) == 0
    assert edit_distance(a, b) == edit_distance(b, a)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert abs(len(a) - len(b)) <= edit_distance(a, b) <= max(len(a), len(b))


def test_known_distances() -> None:
    assert edit_distance("三年期1.80%", "三年期1.90%") == 1
    assert edit_distance("", "客户") == 2
    assert edit_distance("kitten", "sitting") == 3


def test_a_correction_says_what_was_there_and_how_much_of_it_changed() -> None:
    call = conversation()
    evidence = quote_of(call, "u2")
    assert evidence is not None
    item = SummaryItem(text="客户咨询二年期利率", source=Source.MODEL, evidence=(evidence,))
    told = record(call).model_copy(update={"summary": Summary(situation=(item,))})
    kept = corrected(told, Correction(section="situation", lines=("客户咨询三年期利率",)), "李敏", NOON)
    assert (kept.before, kept.lines) == (("客户咨询二年期利率",), ("客户咨询三年期利率",))
    assert (kept.distance, kept.share, kept.release_id) == (1, round(1 / 9, 4), "rel-1")


def test_a_section_that_was_empty_is_all_new_and_one_taken_away_all_gone() -> None:
    told = record(conversation())
    assert corrected(told, Correction(section="outcome", lines=("已解决",)), "李敏", NOON).share == 1.0
    assert corrected(told, Correction(section="outcome", lines=()), "李敏", NOON).distance == 0


def test_lines_that_an_agent_lets_stand_are_certain_and_the_others_are_gone() -> None:
    call = conversation()
    unsure = voice(call).model_copy(update={"certain": False})
    told = record(call).model_copy(update={"voc": (unsure, unsure.model_copy(update={"label_l1": "fees"}))})
    first, second = lines_of(told, "voc")
    assert first == "u2 negative process：我想问一下三年期存款的利率。"
    kept = corrected(told, Correction(section="voc", lines=(second,)), "李敏", NOON)
    assert [(v.label_l1, v.certain) for v in confirmed(told, [kept]).voc] == [("fees", True)]
    newer = corrected(told, Correction(section="voc", lines=(first,)), "李敏", NOON)
    assert [v.label_l1 for v in confirmed(told, [kept, newer]).voc] == ["process"], "the newest correction counts"
    other = told.model_copy(update={"release_id": "rel-2"})
    assert confirmed(other, [kept]) == other, "a correction is of the record that it corrects"


def test_a_line_of_a_finding_holds_no_personal_number() -> None:
    call = conversation("C-1", "您好", "别打13800138000了")
    told = record(call).model_copy(update={"voc": (voice(call),)})
    [line] = lines_of(told, "voc")
    assert "13800138000" not in line
    assert redact(line).text == line, "it is the same when it comes back"
