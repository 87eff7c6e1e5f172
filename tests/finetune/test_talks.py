"""Training talks carry their marks in place: a quote is exact by construction, and a fault names its line."""

from pathlib import Path

import pytest

from seatmate.domain.calls import Speaker
from seatmate.domain.findings import Modality, Polarity, Subject, VocPolarity
from seatmate.settings import HOME
from seatmate_tune.talks import read_lines, read_talks

TALK = """=== t-1 | phone | inbound | inbound_service | 2026-08-03 09:12 | C2 1958
intents: deposit_rate
outcome: partly
mood: neutral negative
坐 您好，请讲 #action
客 我[[property=买房|child|plan::儿子打算买房]]，[[voc=negative fees 2::手续费[[mortgage=无|neg::没有房贷]]也收]] #situation #objections
坐 [[!promise_return::稳赚的]]
"""


def written(folder: Path, text: str, name: str = "bank.txt") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def test_marks_are_taken_out_and_point_at_their_words(tmp_path: Path) -> None:
    (talk,) = read_talks(written(tmp_path, TALK))
    said = [utterance.text for utterance in talk.conversation.utterances]
    assert said == ["您好，请讲", "我儿子打算买房，手续费没有房贷也收", "稳赚的"]
    quotes = {f.field: said[f.place.turn][f.place.start : f.place.end] for f in talk.facts}
    assert quotes == {"property": "儿子打算买房", "mortgage": "没有房贷"}
    bought, mortgage = sorted(talk.facts, key=lambda f: f.place.start)
    assert (bought.subject, bought.modality, mortgage.polarity) == (Subject.CHILD, Modality.PLAN, Polarity.NEGATED)
    (voice,) = talk.voices
    assert (voice.polarity, voice.label, voice.severity) == (VocPolarity.NEGATIVE, "fees", 2)
    assert [breach.rule for breach in talk.breaches] == ["promise_return"]
    assert sorted(talk.sections) == [(0, "action"), (1, "objections"), (1, "situation")]


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (TALK.replace("坐 您好", "某 您好"), r"bank\.txt:5"),
        (TALK.replace("稳赚的]]", "稳赚的"), r"bank\.txt:7: a mark is not closed"),
        (TALK.replace("outcome: partly", "outcome: fine"), r"bank\.txt:\d+: 'fine'"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, broken: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_talks(written(tmp_path, broken))


def test_single_lines_have_what_was_said_before_by_whom(tmp_path: Path) -> None:
    row = "tie_in\t+\t客：能批吗 / 坐：要看情况\t买份保险就能批\n"
    (line,) = read_lines(written(tmp_path, row, "breaches-x.txt"))
    assert (line.rule, line.breach, line.text) == ("tie_in", True, "买份保险就能批")
    assert line.before == ((Speaker.CUSTOMER, "能批吗"), (Speaker.AGENT, "要看情况"))


def test_the_shipped_talks_can_all_be_read_and_are_in_no_suite() -> None:
    talks = read_talks(HOME / "finetune" / "talks")
    assert len(talks) >= 250
    assert len({talk.conversation.conversation_id for talk in talks}) == len(talks)
    suites = "".join(path.read_text("utf-8") for path in (HOME / "corpus" / "calls").glob("*.json"))
    long = [u.text for talk in talks for u in talk.conversation.utterances if len(u.text) >= 15]
    assert not [text for text in long if text in suites]
