"""The Vault in memory, for tests of flows: nothing is sealed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from seatmate.domain.call_ports import Reveal
from seatmate.domain.calls import Conversation
from seatmate.domain.errors import Conflict
from seatmate.domain.redaction import refuse_secrets


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MemoryVault:
    """Vault in a dictionary."""

    def __init__(self, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._values: dict[tuple[str, str], dict[str, str]] = {}
        self._reveals: list[Reveal] = []
        self._now = now

    async def keep(self, redacted: Conversation, values: Mapping[str, str]) -> None:
        refuse_secrets(values)
        kept = self._values.get(_key(redacted), {})
        if any(kept.get(token, value) != value for token, value in values.items()):
            raise Conflict(f"{redacted.conversation_id}: a token stands for another value already")
        self._values[_key(redacted)] = {**kept, **values}

    async def reveal(self, redacted: Conversation, tokens: Sequence[str], by: str) -> dict[str, str]:
        kept = self._values.get(_key(redacted), {})
        found = {token: kept[token] for token in tokens if token in kept}
        self._reveals.append(Reveal(redacted.conversation_id, tuple(sorted(found)), by, self._now()))
        return found

    async def reveals(self, conversation_id: str) -> list[Reveal]:
        return [reveal for reveal in self._reveals if reveal.conversation_id == conversation_id]

    async def forget(self, conversation_id: str) -> None:
        self._values = {key: values for key, values in self._values.items() if key[0] != conversation_id}


def _key(redacted: Conversation) -> tuple[str, str]:
    return redacted.conversation_id, redacted.transcript_sha256
