"""The Vault on SQLite or PostgreSQL. Each value is sealed (Fernet: AES-128-CBC with HMAC-SHA-256) before it is written.

The keys come from the settings and are never stored beside the values. A seal holds its conversation, transcript and
token, so that a row which somebody moved elsewhere does not open.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, insert, select

from seatmate.adapters.sql import vault_tables as t
from seatmate.adapters.sql.base import run
from seatmate.adapters.sql.upsert import insert_once
from seatmate.domain.call_ports import Reveal
from seatmate.domain.calls import Conversation
from seatmate.domain.errors import Conflict, Misconfigured
from seatmate.domain.redaction import refuse_secrets

_VALUES = t.vault_values.c


class SqlVault:
    """`keys` are Fernet keys: the first seals, each opens."""

    def __init__(self, engine: Engine, *, keys: Sequence[str], now: Callable[[], datetime]) -> None:
        if not keys:
            raise Misconfigured("a vault needs a key: set SEATMATE_VAULT__KEYS")
        self._engine = engine
        self._seal = MultiFernet([Fernet(key) for key in keys])
        self._now = now

    async def keep(self, redacted: Conversation, values: Mapping[str, str]) -> None:
        refuse_secrets(values)
        sealed = {token: self._sealed(redacted, token, value) for token, value in values.items()}

        def work(connection: Connection) -> None:
            for token, seal in sealed.items():
                key = {"conversation_id": redacted.conversation_id, "redacted_sha256": redacted.transcript_sha256}
                insert_once(connection, t.vault_values, {**key, "token": token, "sealed": seal})
            if self._opened(connection, redacted, list(values)) != dict(values):
                raise Conflict(f"{redacted.conversation_id}: a token stands for another value already")

        await run(self._engine, work)

    async def reveal(self, redacted: Conversation, tokens: Sequence[str], by: str) -> dict[str, str]:
        def work(connection: Connection) -> dict[str, str]:
            found = self._opened(connection, redacted, tokens)
            row = {"conversation_id": redacted.conversation_id, "shown_to": by, "shown_at": self._now()}
            connection.execute(insert(t.vault_reveals).values(**row, tokens=json.dumps(sorted(found))))
            return found

        return await run(self._engine, work)

    async def reveals(self, conversation_id: str) -> list[Reveal]:
        def work(connection: Connection) -> list[Reveal]:
            shown = t.vault_reveals.c
            query = select(t.vault_reveals).where(shown.conversation_id == conversation_id).order_by(shown.reveal_id)
            return [
                Reveal(row.conversation_id, tuple(json.loads(row.tokens)), row.shown_to, row.shown_at)
                for row in connection.execute(query)
            ]

        return await run(self._engine, work, writes=False)

    async def forget(self, conversation_id: str) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(t.vault_values).where(_VALUES.conversation_id == conversation_id))

        await run(self._engine, work)

    def _sealed(self, redacted: Conversation, token: str, value: str) -> bytes:
        return self._seal.encrypt(json.dumps([*_key(redacted), token, value]).encode())

    def _opened(self, connection: Connection, redacted: Conversation, tokens: Sequence[str]) -> dict[str, str]:
        query = select(_VALUES.token, _VALUES.sealed).where(_of(redacted), _VALUES.token.in_(tokens))
        found: dict[str, str] = {}
        for token, sealed in connection.execute(query):
            try:
                *key, name, value = json.loads(self._seal.decrypt(bytes(sealed)))
            except InvalidToken as error:
                raise Misconfigured("a value of the vault was sealed with a key that is not in the settings") from error
            if (*key, name) != (*_key(redacted), token):
                raise Conflict(f"{redacted.conversation_id}: a sealed value is not where it was put")
            found[token] = value
        return found


def _key(redacted: Conversation) -> tuple[str, str]:
    return redacted.conversation_id, redacted.transcript_sha256


def _of(redacted: Conversation) -> ColumnElement[bool]:
    return and_(
        _VALUES.conversation_id == redacted.conversation_id, _VALUES.redacted_sha256 == redacted.transcript_sha256
    )
