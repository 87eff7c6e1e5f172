"""The level that the pack has reached on the calls that its rules were written with. It may rise and not fall.

Nothing is asserted of held-out calls: a figure that is a test's business is soon one that rules are written for.
"""

import pytest

from seatmate.compliance.rules import RulePack
from seatmate.settings import HOME
from seatmate_eval.cases import CallCase, load_cases, load_conversations
from seatmate_eval.metrics.compliance import Counts, Part, compared, counted, part_of, wilson


@pytest.mark.parametrize(
    ("part", "false", "missed"),
    [("old", 0, 0), ("development", 0, 0)],
)
def test_the_reached_level_holds_and_no_near_miss_fires(pack: RulePack, part: Part, false: int, missed: int) -> None:
    calls = load_conversations(HOME / "corpus" / "calls")
    suites = sorted((HOME / "eval" / "suites").glob("aftercall-*.jsonl"))
    cases = [case for path in suites for case in load_cases(path, CallCase) if part_of(case.conversation_id) == part]
    total = counted(compared(pack, cases, calls)).total
    assert total.false <= false, str(total)
    assert total.missed <= missed, str(total)
    assert total.near_misses_fired == 0, str(total)


def test_calls_are_parted_by_number_and_not_by_what_is_said() -> None:
    ids = ("YC-P-022", "YC-P-023", "YC-P-024", "YC-W-010", "YC-A-011", "YC-V-002")
    assert [part_of(one) for one in ids] == ["old", "development", "held_out", "old", "development", "held_out"]


def test_an_interval_is_wilsons_and_nothing_is_not_zero() -> None:
    assert [round(bound, 3) for bound in wilson(9, 10)] == [0.596, 0.982]
    assert wilson(0, 0) == (0.0, 1.0)
    assert (Counts().precision, Counts().recall) == (None, None)
