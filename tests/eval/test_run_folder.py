"""A run's folder after any kill: whole items are kept, a torn one is cut off, and nothing else is taken for a run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate_eval.results import BadRun, Item, Manifest, RunState, SuiteOfRun, read_run
from seatmate_eval.run_folder import open_run, unfinished

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
MANIFEST = Manifest(
    run_id="run",
    release_id="rel-1",
    release={},
    corpus_sha256="a" * 64,
    suites={"answer": SuiteOfRun(sha256="b" * 64, cases=5)},
    concurrency=1,
    started_at=NOON,
    machine={},
    code="c",
)


def item(number: int, text: str = "年利率为1.40%") -> Item:
    return Item(key="d" * 64, suite="answer", case_id=f"answer/{number}", output={"text": text}, seconds=0.1)


def written(folder: Path, items: list[Item]) -> bytes:
    with open_run(folder, MANIFEST) as kept:
        kept.append(items)
    return (folder / "items.jsonl").read_bytes()


@settings(deadline=None)
@given(data=st.data(), texts=st.lists(st.text(max_size=8), min_size=1, max_size=5))
def test_wherever_a_kill_tears_the_file_the_items_before_it_are_kept(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    items = [item(number, text) for number, text in enumerate(texts)]
    content = written(folder, items)
    torn = data.draw(st.integers(0, len(content)))
    (folder / "items.jsonl").write_bytes(content[:torn])
    whole = content[:torn].count(b"\n")
    with open_run(folder, MANIFEST) as kept:
        assert list(kept.items.values()) == items[:whole]
        kept.append(items[whole:])
    assert read_run(folder).items == tuple(items)


def test_zeros_that_a_power_cut_leaves_behind_are_cut_off(tmp_path: Path) -> None:
    content = written(tmp_path, [item(1), item(2)])
    (tmp_path / "items.jsonl").write_bytes(content + b"\0" * 100)
    with open_run(tmp_path, MANIFEST) as kept:
        assert len(kept.items) == 2


def test_whatever_a_text_has_for_line_ends_an_item_is_one_line(tmp_path: Path) -> None:
    odd = item(1, "一\u2028二\u2029三\x85四\x0b五\x1c六\r\n七")
    written(tmp_path, [odd, item(2)])
    assert read_run(tmp_path).items == (odd, item(2))


def test_a_broken_line_before_the_last_is_no_kill_and_the_run_is_refused(tmp_path: Path) -> None:
    content = written(tmp_path, [item(1), item(2)])
    (tmp_path / "items.jsonl").write_bytes(content.replace(b'"answer/1"', b'"answer/1', 1))
    with pytest.raises(BadRun), open_run(tmp_path, MANIFEST):
        pass
    (tmp_path / "items.jsonl").write_bytes(content + content)
    with pytest.raises(BadRun, match="twice"), open_run(tmp_path, MANIFEST):
        pass


def test_an_unfinished_run_is_found_by_what_it_asks(tmp_path: Path) -> None:
    with open_run(tmp_path / "1", MANIFEST):
        assert unfinished(tmp_path, MANIFEST) is None  # somebody is at work there
    assert unfinished(tmp_path, MANIFEST) == tmp_path / "1"
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / "manifest.json").write_text("{")
    assert unfinished(tmp_path, MANIFEST) == tmp_path / "1"
    for other in ({"release_id": "rel-2"}, {"repeats": 2}, {"limit": 3}, {"corpus_sha256": "e" * 64}):
        assert unfinished(tmp_path, MANIFEST.model_copy(update=other)) is None


def test_a_run_is_complete_only_when_its_scores_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "1"
    with open_run(folder, MANIFEST) as kept:
        kept.append([item(1)])
        assert read_run(folder).manifest.state is RunState.RUNNING
        kept.finish([], MANIFEST.model_copy(update={"state": RunState.COMPLETE, "finished_at": NOON}))
    assert read_run(folder).manifest.state is RunState.COMPLETE
    assert (folder / "scores.jsonl").exists()
    assert unfinished(tmp_path, MANIFEST) is None
