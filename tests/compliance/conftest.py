"""The sample pack, loaded once, and what its rules find in a few lines of talk."""

from collections.abc import Callable

import pytest

from seatmate.compliance.match import find_hits
from seatmate.compliance.pack import load_pack
from seatmate.compliance.rules import RulePack
from seatmate.settings import HOME
from seatmate.testing.call_contract import conversation


@pytest.fixture(scope="session")
def pack() -> RulePack:
    return load_pack(HOME / "corpus" / "rules" / "compliance")


@pytest.fixture
def rules_of(pack: RulePack) -> Callable[..., list[str]]:
    """Agent and customer speak in turn, the agent first."""

    def found(*said: str) -> list[str]:
        return [hit.rule.partition("@")[0] for hit in find_hits(pack, conversation("C-1", *said))]

    return found
