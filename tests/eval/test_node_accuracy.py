"""Process nodes agree with their gold as often as was published; what they cannot read yet is counted, not hidden."""

import pytest

from seatmate.settings import HOME
from seatmate_eval.cases import NodesCase, Part, load_cases, load_conversations
from seatmate_eval.node_accuracy import Verdict, accuracy, mistakes
from seatmate_eval.suites import node_pack

CASES = load_cases(HOME / "eval" / "suites" / "nodes.jsonl", NodesCase)
CALLS = load_conversations(HOME / "corpus" / "calls")


@pytest.mark.parametrize(
    ("part", "floors"),
    [
        (Part.DEVELOPMENT, {"eligible": 1.0, "attempted": 1.0, "met": 1.0}),
        (Part.COUNTING, {"eligible": 0.98, "attempted": 0.98, "met": 0.98}),
        (Part.READ, {"eligible": 0.98, "attempted": 0.98, "met": 0.98}),
        (Part.MENDED, {"eligible": 0.98, "attempted": 0.98, "met": 0.98}),
        # The only figures of a stranger's calls.
        (Part.UNREAD, {"eligible": 0.86, "attempted": 0.83, "met": 0.83}),
    ],
)
def test_agreement_does_not_fall_below_what_was_published(part: Part, floors: dict[Verdict, float]) -> None:
    agreed = accuracy([case for case in CASES if case.part is part], CALLS, node_pack())
    for verdict, floor in floors.items():
        assert agreed[verdict].right / agreed[verdict].of >= floor, verdict


def test_each_scenario_has_four_calls_to_develop_on_and_four_to_count() -> None:
    for part in (Part.DEVELOPMENT, Part.COUNTING):
        scenarios = [CALLS[case.conversation_id].scenario for case in CASES if case.part is part]
        assert {scenario: scenarios.count(scenario) for scenario in scenarios} == {
            "outbound_maturity": 4,
            "card_instalment": 4,
            "inbound_service": 4,
        }


def test_a_disagreement_is_told_with_the_words_that_it_rests_on() -> None:
    case = next(case for case in CASES if case.conversation_id == "YC-P-002")
    wrong = case.nodes[0].model_copy(update={"met": False})
    told = list(mistakes([case.model_copy(update={"nodes": (wrong, *case.nodes[1:])})], CALLS, node_pack()))
    assert len(told) == 1
    assert told[0].startswith("nodes/YC-P-002 opening: is eligible/attempted, found met MET u1「您好」")
