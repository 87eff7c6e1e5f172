"""The vault keeps its contract in memory and in SQL, and nothing of it can be read at rest."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, create_engine, update

from seatmate.adapters.sql import vault_tables as t
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.vault import SqlVault
from seatmate.domain.call_ports import Vault
from seatmate.domain.errors import Conflict, Misconfigured
from seatmate.domain.redaction import mask_conversation
from seatmate.testing.said import call
from seatmate.testing.vault import MemoryVault
from seatmate.testing.vault_contract import VaultContract

KEY = Fernet.generate_key().decode()
NEXT_KEY = Fernet.generate_key().decode()


def at_noon() -> datetime:
    return datetime(2026, 11, 9, 12, tzinfo=UTC)


def vault_on(engine: Engine, *keys: str) -> SqlVault:
    return SqlVault(engine, keys=keys or (KEY,), now=at_noon)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


class TestInMemory(VaultContract):
    @pytest.fixture
    async def vault(self) -> Vault:
        return MemoryVault()


class TestOnSqlite(VaultContract):
    @pytest.fixture
    async def vault(self, engine: Engine) -> Vault:
        return vault_on(engine)


class TestOnPostgres(VaultContract):
    @pytest.fixture
    async def vault(self, postgres: Engine) -> Vault:
        return vault_on(postgres)


masked = mask_conversation(call("客户：手机13800138000，卡号6228480402564890018"))


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_no_value_is_in_the_files(engine: Engine, tmp_path: Path) -> None:
    await vault_on(engine).keep(masked.conversation, masked.values)
    engine.dispose()
    written = bytes_in(tmp_path)
    assert "⟦PHONE⟧".encode() in written
    assert b"13800138000" not in written
    assert b"6228480402564890018" not in written


async def test_keys_change_without_losing_what_was_sealed(engine: Engine) -> None:
    await vault_on(engine).keep(masked.conversation, masked.values)
    tokens = list(masked.values)
    assert await vault_on(engine, NEXT_KEY, KEY).reveal(masked.conversation, tokens, by="A-1") == masked.values
    with pytest.raises(Misconfigured):
        await vault_on(engine, NEXT_KEY).reveal(masked.conversation, tokens, by="A-1")
    assert len(await vault_on(engine).reveals(masked.conversation.conversation_id)) == 1


async def test_a_row_that_was_moved_does_not_open(engine: Engine) -> None:
    await vault_on(engine).keep(masked.conversation, {"⟦PHONE⟧": "13800138000"})
    with engine.begin() as connection:
        connection.execute(update(t.vault_values).values(token="⟦CARD⟧"))
    with pytest.raises(Conflict):
        await vault_on(engine).reveal(masked.conversation, ["⟦CARD⟧"], by="A-1")


def test_a_vault_without_a_key_does_not_open() -> None:
    with pytest.raises(Misconfigured):
        SqlVault(create_engine("sqlite://"), keys=(), now=at_noon)
