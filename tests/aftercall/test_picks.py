"""Picks as they are written: what is usual is left out, comes back when it is read, and the schema takes both forms."""

from itertools import product

from seatmate.aftercall.picks import PickedFact, PickedVoice, among, written_fact, written_voice
from seatmate.aftercall.transcript import Candidate, number_transcript, task_request
from seatmate.domain.findings import Modality, Polarity, Subject, VocPolarity
from seatmate.prompts import Prompts
from seatmate.settings import HOME
from seatmate.testing.call_contract import conversation

PROMPTS = Prompts.load(HOME / "prompts")


def test_only_what_is_not_as_usual_is_written() -> None:
    assert written_fact(3, Subject.SELF, Polarity.AFFIRMED, Modality.FACT) == {"c": 3}
    assert written_fact(3, Subject.CHILD, Polarity.AFFIRMED, Modality.PLAN) == {"c": 3, "s": "child", "m": "plan"}
    assert written_voice(1, VocPolarity.NEGATIVE, 2) == {"c": 1, "p": "negative"}
    assert written_voice(1, VocPolarity.NEGATIVE, 3) == {"c": 1, "p": "negative", "v": 3}
    assert written_voice(1, VocPolarity.POSITIVE, 1) == {"c": 1, "p": "positive"}


def test_what_is_written_is_read_as_it_was_meant() -> None:
    for meant in product(Subject, Polarity, Modality):
        read = PickedFact.model_validate(written_fact(1, *meant))
        assert (read.s, read.p, read.m) == meant
    for polarity, severity in product(VocPolarity, range(1, 5)):
        heard = PickedVoice.model_validate(written_voice(1, polarity, severity))
        assert (heard.p, heard.severity) == (polarity, severity)


def test_the_whole_form_that_older_adapters_write_is_read_too() -> None:
    read = PickedFact.model_validate({"c": 2, "s": "self", "p": "affirmed", "m": "fact"})
    assert written_fact(read.c, read.s, read.p, read.m) == {"c": 2}
    assert PickedVoice.model_validate({"c": 2, "p": "suggestion", "v": 1}).severity == 1


def test_the_schemas_want_no_more_than_a_pick_always_has() -> None:
    for task, list_name, shape in (("kyc", "facts", PickedFact), ("voc", "items", PickedVoice)):
        schema = PROMPTS[f"aftercall/{task}"].schema
        assert schema is not None
        pick = schema["properties"][list_name]["items"]
        assert list(pick["properties"]) == list(shape.model_fields)
        assert pick["required"] == [name for name, field in shape.model_fields.items() if field.is_required()]


def test_there_are_no_more_picks_than_candidates() -> None:
    transcript = number_transcript(conversation("t", "您好", "我女儿上大学了"))
    request = task_request(PROMPTS, "kyc", transcript, 64, candidates="1) 2 children")
    few = among([Candidate(2, "children")], request)
    many = among([Candidate(2, "children")] * 40, request)
    assert few.schema is not None
    assert few.schema["properties"]["facts"]["maxItems"] == 1
    assert many.schema == request.schema == PROMPTS["aftercall/kyc"].schema
