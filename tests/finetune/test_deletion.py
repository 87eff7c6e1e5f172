"""Which datasets and adapters have a call in them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from seatmate_tune.dataset_folder import HELD_OUT, LEFT_OUT, TRAIN, digest_of
from seatmate_tune.deletion import containing


def dataset(root: Path, name: str, train: list[str], held_out: list[str]) -> str:
    """Examples of these origins; returns the digest."""
    made = root / "part"
    made.mkdir(parents=True)
    for part, origins in ((TRAIN, train), (HELD_OUT, held_out), (LEFT_OUT, ["call:nobody"])):
        rows = ({"task": "kyc", "origin": origin, "source": "hand-written", "messages": []} for origin in origins)
        (made / part).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    sha256 = digest_of(made)
    folder = made.rename(root / f"{name}@{sha256[:12]}")
    card = {"name": folder.name, "sha256": sha256, "built_at": "2026-11-28"}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return sha256


def adapter(root: Path, name: str, *sha256: str) -> None:
    folder = root / name
    folder.mkdir(parents=True)
    runs = [{"recipe": "bank", "datasets": [{"name": f"d-{one[:4]}", "sha256": one} for one in sha256]}]
    (folder / "card.json").write_text(json.dumps({"runs": runs}), encoding="utf-8")


def test_datasets_and_adapters_that_saw_a_call_are_listed_and_no_others(tmp_path: Path) -> None:
    sets, adapters, work = tmp_path / "sets", tmp_path / "adapters", tmp_path / "work"
    with_it = dataset(sets, "a", ["call:1", "call:2", "call:1"], ["call:3"])
    held = dataset(sets, "b", ["call:2"], ["call:1"])
    without = dataset(sets, "c", ["call:11", "answer:1", "answer:11/ans-1"], [])
    marked = dataset(sets, "d", ["gold:1", "answer:1/ans-1"], [])
    adapter(adapters, "bank@1", with_it, without)
    adapter(adapters, "bank@2", held, without)
    adapter(adapters, "bank@3", marked)
    (work / "bank").mkdir(parents=True)
    (work / "bank" / "run.json").write_text(json.dumps({"datasets": [{"name": "a", "sha256": with_it}]}))
    found = containing("1", [sets], [adapters, work])
    assert [(one.sha256, one.train, one.held_out) for one in found.datasets] == [
        (with_it, 2, 0),
        (held, 0, 1),
        (marked, 2, 0),
    ]
    assert [Path(one.path).name for one in found.models] == ["bank@1", "bank@3", "bank"]
    assert found.unreadable == ()
    assert json.loads(found.as_json())["conversation_id"] == "1"
    assert containing("nobody", [sets], [adapters]).datasets == ()


def merged(root: Path, adapter: str) -> Path:
    folder = root / "merged" / adapter
    folder.mkdir(parents=True)
    (folder / "merged.json").write_text(json.dumps({"base": "mini", "adapter": adapter}), encoding="utf-8")
    return folder


def test_the_engines_copies_of_an_adapter_contain_what_it_contains(tmp_path: Path) -> None:
    """The store's copy is below a hash; merged weights have no card of their own, and the adapter's may lie elsewhere."""
    with_it = dataset(tmp_path / "sets", "a", ["call:1"], [])
    without = dataset(tmp_path / "sets", "b", ["call:2"], [])
    store = tmp_path / "store"
    adapter(store / "bank@1", "f00d", with_it)
    adapter(store / "bank@2", "beef", without)
    adapter(tmp_path / "adapters", "bank@3", with_it)
    for name in ("bank@1", "bank@2", "bank@3"):
        merged(tmp_path, name)
    found = containing("1", [tmp_path / "sets"], [tmp_path / "adapters", store, tmp_path / "merged"])
    listed = [str(Path(one.path).relative_to(tmp_path)) for one in found.models]
    assert listed == ["adapters/bank@3", "store/bank@1/f00d", "merged/bank@1", "merged/bank@3"]
    assert found.unreadable == ()


def test_merged_weights_of_an_adapter_that_nobody_knows_are_named(tmp_path: Path) -> None:
    dataset(tmp_path / "sets", "a", ["call:1"], [])
    folder = merged(tmp_path, "bank@1")
    assert containing("1", [tmp_path / "sets"], [tmp_path / "merged"]).unreadable == (str(folder),)


def test_the_command_looks_where_the_settings_put_the_engines_copies(tmp_path: Path) -> None:
    with_it = dataset(tmp_path / "sets", "a", ["call:1"], [])
    adapter(tmp_path / "var" / "adapter-store" / "bank@1", "f00d", with_it)
    merged(tmp_path / "var", "bank@1")
    words = [sys.executable, "-m", "seatmate_tune.cli", "deletion", "1", "--datasets", str(tmp_path / "sets")]
    env = {"PATH": os.environ["PATH"], "SEATMATE_VAR": str(tmp_path / "var")}
    told = json.loads(subprocess.run([*words, "--models"], env=env, capture_output=True, check=True).stdout)
    assert [Path(one["path"]).parent.name for one in told["models"]] == ["bank@1", "merged"]


def test_what_cannot_be_read_is_named_and_not_taken_for_clean(tmp_path: Path) -> None:
    sha256 = dataset(tmp_path, "a", ["call:1"], [])
    folder = tmp_path / f"a@{sha256[:12]}"
    with (folder / TRAIN).open("a", encoding="utf-8") as file:
        file.write("\n")
    found = containing("1", [tmp_path], [])
    assert found.datasets[0].train == 1
    assert found.unreadable == (str(folder),)
    (folder / "card.json").write_text("{", encoding="utf-8")
    assert containing("1", [tmp_path], []).unreadable == (str(folder),)


def test_folders_that_are_not_there_have_nothing(tmp_path: Path) -> None:
    found = containing("1", [tmp_path / "no"], [tmp_path / "neither"])
    assert (found.datasets, found.models, found.unreadable) == ((), (), ())
