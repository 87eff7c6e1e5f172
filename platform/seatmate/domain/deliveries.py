"""A record on its way to another system of the bank: the customer database, the data platform.

What happened is one event; each webhook that is told of it has one delivery, tried until it is taken or too old.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seatmate.domain.findings import CallRecord, certain_only


class EventType(StrEnum):
    CALL_RECORDED = "call.recorded"
    CALL_CONFIRMED = "call.confirmed"
    """An agent let facts or voices stand, or not: the record is sent again with what is certain now."""


@dataclass(frozen=True)
class Delivery:
    """One event for one webhook. `event_id` is the same however often it is sent: receivers know it again by that."""

    event_id: str
    webhook: str
    type: EventType
    happened_at: datetime
    attempts: int
    """Times it was sent before."""
    customer_id: str
    agent_id: str
    record: CallRecord

    def body(self) -> str:
        """JSON: type, timestamp and data, as Standard Webhooks 1.0 lays events out. Nothing that is to be confirmed."""
        event = {
            "type": self.type.value,
            "timestamp": self.happened_at.isoformat(),
            "data": {
                "customer_id": self.customer_id,
                "agent_id": self.agent_id,
                "record": certain_only(self.record).model_dump(mode="json"),
            },
        }
        return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def event_id_of(record: CallRecord, correction_id: int | None = None) -> str:
    """One for each version of a record, and for each correction that confirmed something of it."""
    made = f"{record.conversation_id}:{record.transcript_sha256[:12]}:{record.release_id}"
    return made if correction_id is None else f"{made}:{correction_id}"
