"""The only joiner: settings in, flows with their adapters out. Opened by a door, closed by the same door.

One room for each door: the API's has the index and the live question, the worker's the model calls of background work,
the builder's records and encoder alone. None carries another's libraries.
"""

from datetime import datetime

from seatmate.domain.knowledge import BANK_ZONE


def bank_now() -> datetime:
    return datetime.now(BANK_ZONE)
