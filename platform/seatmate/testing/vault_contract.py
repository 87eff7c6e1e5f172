"""What every vault keeps, fake or real. See index_contract."""

import pytest

from seatmate.domain.call_ports import Vault
from seatmate.domain.errors import BadInput, Conflict
from seatmate.domain.redaction import Masked, mask_conversation, reveal
from seatmate.testing.said import call


class VaultContract:
    @pytest.fixture
    async def vault(self) -> Vault:
        raise NotImplementedError

    def masked(self, *lines: str) -> Masked:
        return mask_conversation(call(*(lines or ("客户：手机13800138000，另一个13900139000",))))

    async def test_a_token_gives_its_value_back(self, vault: Vault) -> None:
        masked = self.masked()
        await vault.keep(masked.conversation, masked.values)
        await vault.keep(masked.conversation, masked.values)
        values = await vault.reveal(masked.conversation, ["⟦PHONE⟧", "⟦PHONE_B⟧", "⟦CARD⟧"], by="A-1")
        assert values == {"⟦PHONE⟧": "13800138000", "⟦PHONE_B⟧": "13900139000"}
        shown = masked.conversation.utterances[0].text
        assert reveal(shown, values) == "手机13800138000，另一个13900139000"

    async def test_a_token_of_another_transcript_stands_for_nothing(self, vault: Vault) -> None:
        masked, other = self.masked(), self.masked("客户：换号了，手机13700137000", "坐席：好的")
        await vault.keep(masked.conversation, masked.values)
        assert await vault.reveal(other.conversation, ["⟦PHONE⟧"], by="A-1") == {}

    async def test_a_token_means_one_value_for_ever(self, vault: Vault) -> None:
        masked = self.masked()
        await vault.keep(masked.conversation, masked.values)
        with pytest.raises(Conflict):
            await vault.keep(masked.conversation, {"⟦PHONE⟧": "13600136000"})
        assert (await vault.reveal(masked.conversation, ["⟦PHONE⟧"], by="A-1"))["⟦PHONE⟧"] == "13800138000"

    async def test_a_secret_is_refused(self, vault: Vault) -> None:
        masked = self.masked()
        with pytest.raises(BadInput):
            await vault.keep(masked.conversation, {"⟦SECRET⟧": "123456", **masked.values})
        assert await vault.reveal(masked.conversation, list(masked.values), by="A-1") == {}

    async def test_who_was_shown_what_stays_on_record(self, vault: Vault) -> None:
        masked = self.masked()
        await vault.keep(masked.conversation, masked.values)
        await vault.reveal(masked.conversation, ["⟦PHONE⟧"], by="A-1")
        await vault.reveal(masked.conversation, ["⟦CARD⟧"], by="A-2")
        await vault.forget(masked.conversation.conversation_id)
        shown = await vault.reveals(masked.conversation.conversation_id)
        assert [(reveal.by, reveal.tokens) for reveal in shown] == [("A-1", ("⟦PHONE⟧",)), ("A-2", ())]
        assert await vault.reveals("another") == []

    async def test_what_is_forgotten_is_gone(self, vault: Vault) -> None:
        masked = self.masked()
        await vault.keep(masked.conversation, masked.values)
        await vault.forget(masked.conversation.conversation_id)
        assert await vault.reveal(masked.conversation, list(masked.values), by="A-1") == {}
