"""Two hundred adapter folders that strangers might hand over: each is refused with its reason, and nothing happens."""

import shutil
import stat
import time
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from seatmate.domain.errors import NotFound
from seatmate.serving.adapter_check import SERVED
from seatmate.serving.registry import list_adapters
from seatmate.serving.store import AdapterRefused, AdapterStore
from tests.serving.folders import lora, make_adapter, safetensors
from tests.serving.hostile_folders import Hostile, hostile

CASES = list(hostile())
MOST_S = 3.0
MOST_BYTES = 96 * 2**20


def everything(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, size and time of all below a folder, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        found[str(path)] = (facts.st_mode, facts.st_size, facts.st_mtime_ns)
    return found


@pytest.fixture
def store(tmp_path: Path, base: Path) -> AdapterStore:
    return AdapterStore(tmp_path / "store", base, max_rank=16)


def test_there_are_more_than_two_hundred_of_many_kinds() -> None:
    assert len(CASES) >= 200
    assert len(Counter(case.kind for case in CASES)) >= 40


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.kind}" for number, case in enumerate(CASES)])
def test_a_hostile_folder_is_refused_with_its_reason_and_nothing_is_written(
    case: Hostile, store: AdapterStore, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path.parent / f"{tmp_path.name}-mark"
    monkeypatch.setenv("HOSTILE_MARK", str(mark))
    (tmp_path / "adapters").mkdir()
    folder = case.make(tmp_path / "adapters", base)
    before, began = everything(tmp_path), time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises((AdapterRefused, NotFound)) as refusal:
            store.adopt(folder)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert case.reason in refusal.value.detail
    assert refusal.value.detail.isprintable(), "nothing of the folder's can write on a terminal or into a log"
    assert len(refusal.value.detail) < 8_000
    assert peak < MOST_BYTES
    assert time.monotonic() - began < MOST_S
    assert store.names() == []
    assert {p: f for p, f in everything(tmp_path).items() if not p.startswith(f"{tmp_path / 'store'}")} == before
    assert not any((tmp_path / "store").rglob("*")), "not even a half-written copy"
    assert not mark.exists(), "nothing of it was run"


def test_a_list_of_hostile_folders_is_a_list_of_faults(base: Path, tmp_path: Path) -> None:
    adapters = tmp_path / "adapters"
    for number, case in enumerate(CASES[::7]):
        made = tmp_path / f"making-{number}"
        made.mkdir()
        folder = case.make(made, base)
        if folder.is_dir() and not (adapters / folder.name).exists():
            adapters.mkdir(exist_ok=True)
            folder.rename(adapters / folder.name)
    found = list_adapters(adapters, base, max_rank=16)
    assert len(found) > 10
    assert all(adapter.faults and adapter.name.isprintable() for adapter in found)


def test_an_honest_adapter_is_kept_read_only_under_its_digest(store: AdapterStore, base: Path, adapters: Path) -> None:
    source = make_adapter(adapters, base)
    (source / "CARD.md").write_text("for people")
    kept = store.adopt(source)
    assert kept.faults == ()
    assert kept.path.parent.name == kept.name == source.name
    assert len(kept.path.name) == 64
    assert sorted(path.name for path in kept.path.iterdir()) == sorted(SERVED)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o444 for path in kept.path.iterdir())
    assert store.adopt(source).path == kept.path, "said again, it is the same"
    assert store.names() == [source.name]


def test_types_and_ranks_that_the_engine_serves_pass(store: AdapterStore, base: Path, adapters: Path) -> None:
    plain = {name: ("F32", shape, bytes(2 * len(content))) for name, (_, shape, content) in lora(rank=4).items()}
    patterned = lora() | {name: tensor for name, tensor in lora(rank=16).items() if "down_proj" in name}
    for content, config in (
        (safetensors(plain), {"r": 4}),
        (safetensors(patterned, author="某行"), {"rank_pattern": {"mlp.down_proj": 16}}),
        (safetensors(lora(b"all")), {"target_modules": "all-linear", "use_rslora": True}),
    ):
        assert store.adopt(make_adapter(adapters, base, content=content, **config)).faults == ()


def test_what_is_kept_outlives_its_source(store: AdapterStore, base: Path, adapters: Path) -> None:
    source = make_adapter(adapters, base)
    kept = store.adopt(source)
    shutil.rmtree(source)
    assert store.kept(source.name) == kept
    with pytest.raises(NotFound):
        store.adopt(source)


def test_one_name_has_one_content(store: AdapterStore, base: Path, adapters: Path) -> None:
    source = make_adapter(adapters, base)
    store.adopt(source)
    shutil.rmtree(source)
    again = make_adapter(adapters, base, lora_alpha=32)
    assert again.name == source.name
    with pytest.raises(AdapterRefused, match="another configuration"):
        store.adopt(again)
    shutil.rmtree(again)
    recarded = make_adapter(adapters, base, created_at="2026-11-05T00:00:00Z")
    assert store.adopt(recarded).faults == (), "a card may be written anew"


def test_a_store_that_somebody_changed_is_noticed(store: AdapterStore, base: Path, adapters: Path) -> None:
    kept = store.adopt(make_adapter(adapters, base))
    config = kept.path / "adapter_config.json"
    config.chmod(0o644)
    config.write_text(config.read_text().replace('"lora_alpha": 16', '"lora_alpha": 64'))
    with pytest.raises(AdapterRefused, match="was changed after it was kept"):
        store.kept(kept.name)


def test_a_source_that_changes_between_check_and_copy_is_checked_as_it_was_copied(
    base: Path, adapters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment between is as long as we like it here: the change is made when the copy is begun."""
    from seatmate.serving import store as module

    source, copy = make_adapter(adapters, base), module._copy
    dora = (source / "adapter_config.json").read_text().replace('"use_dora": false', '"use_dora": true')

    def changed_first(*given: object) -> None:
        (source / "adapter_config.json").write_text(dora)
        copy(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_copy", changed_first)
    store = AdapterStore(tmp_path / "store", base, max_rank=16)
    with pytest.raises(AdapterRefused, match="DoRA"):
        store.adopt(source)
    assert not any((tmp_path / "store").rglob("*"))


def test_a_source_that_becomes_a_link_while_it_is_copied_is_refused(
    base: Path, adapters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seatmate.serving import store as module

    source, copy = make_adapter(adapters, base), module._copy

    def linked_first(*given: object) -> None:
        (source / "card.json").unlink()
        (source / "card.json").symlink_to("/etc/passwd")
        copy(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_copy", linked_first)
    with pytest.raises(AdapterRefused, match="changed while it was read"):
        AdapterStore(tmp_path / "store", base, max_rank=16).adopt(source)
