"""Releases in memory, and a verdict as the gate would write it."""

from collections.abc import Mapping
from datetime import datetime

from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.releases import Release, ReleaseRecord, ReleaseState
from seatmate.domain.verdicts import Check, GateVerdict, Outcome, outcome_of


class MemoryReleases:
    """The Releases port in dictionaries."""

    def __init__(self) -> None:
        self._records: dict[str, ReleaseRecord] = {}
        self._files: dict[str, dict[str, bytes]] = {}

    async def add(self, record: ReleaseRecord, files: Mapping[str, bytes]) -> None:
        if record.release_id in self._records:
            raise Conflict(f"release {record.release_id} is there already")
        self._records[record.release_id] = record
        self._files[record.release_id] = dict(files)

    async def release(self, release_id: str) -> ReleaseRecord:
        if release_id not in self._records:
            raise NotFound(f"no release {release_id}")
        return self._records[release_id]

    async def releases(self, *states: ReleaseState) -> list[ReleaseRecord]:
        found = [record for record in self._records.values() if not states or record.state in states]
        by_name = sorted(found, key=lambda record: record.release_id)
        return sorted(by_name, key=lambda record: record.steps[-1].at, reverse=True)

    async def keep(self, *records: ReleaseRecord) -> None:
        for record in records:
            known = self._records.get(record.release_id)
            if known is None or len(known.steps) != len(record.steps) - 1:
                raise Conflict(f"somebody else changed {record.release_id} meanwhile; look again")
        self._records |= {record.release_id: record for record in records}

    async def files(self, release_id: str) -> dict[str, bytes]:
        await self.release(release_id)
        return dict(self._files[release_id])


def release(name: str = "a") -> Release:
    """Parts that differ by one name."""
    return Release(
        base_model="base",
        adapter=f"bank@{name}",
        prompts="prompts",
        rules="rules",
        encoder="encoder",
        retrieval="retrieval",
        analysis="analysis",
        code="code",
    )


def verdict_on(
    release_id: str, made_at: datetime, *checks: Check, suites: Mapping[str, str] | None = None, gates: str = "9" * 64
) -> GateVerdict:
    """An unsealed verdict with these checks, or one that passes."""
    checks = checks or (Check(id="floor/answer/wrong_figure_shown", kind="floor", outcome=Outcome.PASS),)
    return GateVerdict(
        release_id=release_id,
        outcome=outcome_of(checks),
        checks=checks,
        run_sha256="1" * 64,
        live_release_id=None,
        live_run_sha256=None,
        gates_sha256=gates,
        suites_sha256=dict(suites or {"answer": "2" * 64}),
        corpus_sha256="3" * 64,
        made_at=made_at,
    )
