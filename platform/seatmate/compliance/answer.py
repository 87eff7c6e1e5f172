"""What Seatmate itself is about to say, against the same rules as an agent.

An answer is judged as an agent's only utterance: what it must say (risk words beside a benchmark) it must say itself.
Where the pack has the words that make good a rule (`notes`), code adds them; what breaks another rule is not said.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from seatmate.compliance.match import find_hits
from seatmate.compliance.rules import RulePack
from seatmate.compliance.shelf import EMPTY, Shelf
from seatmate.domain.calls import (
    MAX_UTTERANCE_CHARS,
    Channel,
    Conversation,
    Customer,
    Direction,
    Speaker,
    Utterance,
)
from seatmate.domain.compliance import ComplianceHit

_SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_ANYBODY = Customer()


def check_answer(
    pack: RulePack,
    text: str,
    customer: Customer = _ANYBODY,
    at: datetime = _SINCE_EVER,
    shelf: Shelf = EMPTY,
    channel: Channel = Channel.APP_CHAT,
) -> Sequence[ComplianceHit]:
    """The hits of an answer; evidence names its part `answer.1`, offsets count from the start of that part.

    `customer`, `at` and `shelf` are for suitability: without them only what the text says itself is judged.
    """
    if not text.strip():
        return []
    parts = [text[start : start + MAX_UTTERANCE_CHARS] for start in range(0, len(text), MAX_UTTERANCE_CHARS)]
    utterances = (
        Utterance(utt_id=f"answer.{number}", speaker=Speaker.AGENT, text=part)
        for number, part in enumerate(parts, start=1)
    )
    said = Conversation(
        conversation_id="answer",
        channel=channel,
        direction=Direction.INBOUND,
        scenario="answer",
        started_at=at,
        agent_id="seatmate",
        customer_id="asker",
        customer=customer,
        utterances=tuple(utterances),
    )
    return find_hits(pack, said, shelf)


class Conduct:
    """The pack as the flow of a question uses it."""

    def __init__(self, pack: RulePack) -> None:
        self._pack = pack

    def breaks_a_rule(self, sentence: str) -> bool:
        """Does it break a rule that no words after it make good?"""
        return any(_rule_of(hit) not in self._pack.notes for hit in check_answer(self._pack, sentence))

    def words_owed(self, answer: str) -> str:
        """What has to be said beside this answer; empty when it says all that it must."""
        hits = check_answer(self._pack, answer)
        owed = (self._pack.notes[rule] for hit in hits if (rule := _rule_of(hit)) in self._pack.notes)
        return "".join(dict.fromkeys(owed))


def _rule_of(hit: ComplianceHit) -> str:
    return hit.rule.partition("@")[0]
