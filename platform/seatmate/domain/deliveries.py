"""A record on its way to another system of the bank: the customer database, the data platform.

What happened is one event; each webhook that is told of it has one delivery, tried until it is taken or too old.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seatmate.domain.findings import CallRecord


class EventType(StrEnum):
    CALL_RECORDED = "call.recorded"


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
        """JSON: type, timestamp and data, as Standard Webhooks 1.0 lays events out."""
        event = {
            "type": self.type.value,
            "timestamp": self.happened_at.isoformat(),
            "data": {
                "customer_id": self.customer_id,
                "agent_id": self.agent_id,
                "record": self.record.model_dump(mode="json"),
            },
        }
        return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def event_id_of(record: CallRecord) -> str:
    """One for each version of a record."""
    return f"{record.conversation_id}:{record.transcript_sha256[:12]}:{record.release_id}"
