"""A call that was acknowledged is kept, whenever the API is killed: the short form of tests/bench/intake.py."""

from pathlib import Path

import pytest

from tests.bench.intake import intake_killed


@pytest.mark.slow
async def test_an_acknowledged_call_survives_kill_9_at_any_moment(tmp_path: Path) -> None:
    found = await intake_killed(tmp_path, deaths=6)
    assert found["faults"] == []
    assert found["kills_with_posts_in_flight"] == found["kills"] == 6
    assert found["acknowledged"] > 0
