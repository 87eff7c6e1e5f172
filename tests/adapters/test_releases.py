"""The stores of releases keep their contract."""

import pytest
from sqlalchemy import Engine, select

from seatmate.adapters.sql.release_tables import release_steps
from seatmate.adapters.sql.releases import SqlReleases
from seatmate.domain import releases as rules
from seatmate.domain.release_ports import Releases
from seatmate.testing.release_contract import HOUR, NOON, ReleasesContract
from seatmate.testing.releases import MemoryReleases, release


class TestReleasesInMemory(ReleasesContract):
    @pytest.fixture
    async def releases(self) -> Releases:
        return MemoryReleases()


class TestReleasesOnSqlite(ReleasesContract):
    @pytest.fixture
    async def releases(self, sqlite: Engine) -> Releases:
        return SqlReleases(sqlite)


class TestReleasesOnPostgres(ReleasesContract):
    @pytest.fixture
    async def releases(self, postgres: Engine) -> Releases:
        return SqlReleases(postgres)


async def test_an_auditor_finds_every_step_with_its_actor_in_sql(sqlite: Engine) -> None:
    releases, live = SqlReleases(sqlite), rules.adopted(release(), NOON)
    await releases.add(live, {})
    await releases.keep(rules.retire(live, "周敏", NOON + HOUR, "利率写错了"))
    with sqlite.connect() as connection:
        rows = connection.execute(select(release_steps.c.number, release_steps.c.state, release_steps.c.actor)).all()
    assert [tuple(row) for row in rows] == [(1, "live", "installation"), (2, "retired", "周敏")]
