"""The only joiner: settings in, flows with their adapters out. Opened by a door, closed by the same door.

The API's wiring has the index and the live question; the worker's has the model calls of background work. Neither
carries the other's libraries.
"""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from seatmate.adapters.chat import OpenAIChat
from seatmate.adapters.dense import open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.fuse import Fusion
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.ask.flow import Ask, AskOptions
from seatmate.domain.errors import Misconfigured
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.ports import (
    AnswerLedger,
    CallLedger,
    ChatModel,
    Encoder,
    KnowledgeLedger,
    PassageIndex,
)
from seatmate.domain.releases import Release
from seatmate.ingest.stores import Stores
from seatmate.prompts import Prompts
from seatmate.settings import HOME, Settings


@dataclass(frozen=True)
class Wiring:
    """What the HTTP door works with."""

    settings: Settings
    release: Release
    ask: Ask
    model: ChatModel
    knowledge: KnowledgeLedger
    answers: AnswerLedger
    calls: CallLedger
    stores: Stores

    def now(self) -> datetime:
        return bank_now()


def bank_now() -> datetime:
    return datetime.now(BANK_ZONE)
