"""Settings: read once, every fault at once, and a child process sees what its parent saw."""

from pathlib import Path

import pytest

from seatmate.domain.errors import Misconfigured
from seatmate.settings import Settings

VAULT_KEY = "c2VhdG1hdGUtc2VhdG1hdGUtc2VhdG1hdGUtc2VhdG0="


def test_a_child_process_sees_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEATMATE_API__KEYS", '{"k-1": ["retail", "admin"]}')
    monkeypatch.setenv("SEATMATE_ENGINE__API_KEY", "a-secret")
    monkeypatch.setenv("SEATMATE_WEBHOOKS__CRM__URL", "https://crm.bank.internal/events")
    monkeypatch.setenv("SEATMATE_WEBHOOKS__CRM__SECRET", "a-secret-that-both-sides-have")
    monkeypatch.setenv("SEATMATE_VAULT__KEYS", f'["{VAULT_KEY}"]')
    settings = Settings.load().in_folder(tmp_path)
    assert settings.vault.keys[0].get_secret_value() == VAULT_KEY
    assert VAULT_KEY not in repr(settings)
    assert settings.webhooks["crm"].secret.get_secret_value() == "a-secret-that-both-sides-have"
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == settings


def test_every_fault_is_listed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATMATE_ENGINE__PORT", "no")
    monkeypatch.setenv("SEATMATE_ENGINE__MAX_LORA_RANK", "17")
    with pytest.raises(Misconfigured, match=r"ENGINE__PORT.*ENGINE__MAX_LORA_RANK"):
        Settings.load()


def test_a_webhook_without_a_proper_secret_is_half_a_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATMATE_WEBHOOKS__CRM__URL", "https://crm.bank.internal/events")
    with pytest.raises(Misconfigured, match="WEBHOOKS__CRM__SECRET"):
        Settings.load()
    monkeypatch.setenv("SEATMATE_WEBHOOKS__CRM__SECRET", "short")
    with pytest.raises(Misconfigured, match="24 characters"):
        Settings.load()


def test_a_door_without_keys_is_on_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATMATE_API__HOST", "0.0.0.0")
    with pytest.raises(Misconfigured, match="KEYS"):
        Settings.load()


def test_a_secret_is_not_printed() -> None:
    settings = Settings.load().model_copy()
    assert "SecretStr('a" not in repr(settings)


def test_a_vault_key_that_cannot_seal_is_half_a_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATMATE_VAULT__KEYS", '["a-secret"]')
    with pytest.raises(Misconfigured, match="VAULT__KEYS"):
        Settings.load()
