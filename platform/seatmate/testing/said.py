"""A conversation from its lines, for tests: `call("坐席：您好", "客户：我想查一下")`."""

from datetime import UTC, datetime

from seatmate.domain.calls import Channel, Conversation, Direction, Speaker, Utterance

_SPEAKERS = {"坐席": Speaker.AGENT, "客户": Speaker.CUSTOMER}


def call(*lines: str) -> Conversation:
    """`客户：…` and `坐席：…`, line by line."""
    return Conversation(
        conversation_id="C-1",
        channel=Channel.PHONE,
        direction=Direction.INBOUND,
        scenario="inbound_service",
        started_at=datetime(2026, 11, 9, tzinfo=UTC),
        agent_id="A-1",
        customer_id="K-1",
        utterances=tuple(
            Utterance(utt_id=f"u{n}", speaker=_SPEAKERS[line[:2]], text=line[3:]) for n, line in enumerate(lines, 1)
        ),
    )
