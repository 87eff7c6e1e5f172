"""A reading is written only where it is not as usual, so made calls hold usual facts as often as the hand-written talks."""

from random import Random

from seatmate.aftercall.picks import written_fact
from seatmate.settings import HOME
from seatmate_tune.calls import call
from seatmate_tune.talks import read_talks


def test_made_calls_have_as_many_usual_facts_as_talks() -> None:
    written = [fact for talk in read_talks(HOME / "finetune" / "talks") for fact in talk.facts]
    by_hand = [len(written_fact(1, fact.subject, fact.polarity, fact.modality)) == 1 for fact in written]
    facts = [fact for seed in range(300) for fact in call(Random(seed)).kyc]
    made = [(fact["s"], fact["p"], fact["m"]) == ("self", "affirmed", "fact") for fact in facts]
    assert abs(sum(by_hand) / len(by_hand) - sum(made) / len(made)) < 0.1
