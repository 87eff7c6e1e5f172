"""What releases need from the outside: where they are kept, and who can serve one."""

from collections.abc import Mapping
from typing import Protocol

from seatmate.domain.releases import ReleaseRecord, ReleaseState


class Releases(Protocol):
    """Releases in SQL with every step, and the files that each was made of."""

    async def add(self, record: ReleaseRecord, files: Mapping[str, bytes]) -> None:
        """A release and its files, by their paths; all or nothing. Conflict when it is there already."""
        ...

    async def release(self, release_id: str) -> ReleaseRecord: ...

    async def releases(self, *states: ReleaseState) -> list[ReleaseRecord]:
        """Those in one of these states, or all; what changed last comes first."""
        ...

    async def keep(self, *records: ReleaseRecord) -> None:
        """Each with one step more than is kept, in one transaction. Conflict when somebody took a step meanwhile."""
        ...

    async def files(self, release_id: str) -> dict[str, bytes]:
        """What `add` was given. NotFound."""
        ...


class CanServe(Protocol):
    async def __call__(self, record: ReleaseRecord) -> str:
        """Why this installation cannot serve the release; empty when it can."""
        ...
