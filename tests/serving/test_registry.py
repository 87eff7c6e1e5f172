"""What may be served: exactly what was trained, and nothing that runs code when it is read."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from seatmate.serving.adapter_check import WEIGHTS
from seatmate.serving.registry import (
    BASE_FILES,
    MANIFEST,
    list_adapters,
    newest_adapter,
    read_adapter,
    read_base,
    write_manifest,
)
from tests.serving.folders import lora, make_adapter, safetensors


def test_a_whole_base_has_no_faults(base: Path) -> None:
    found = read_base(base)
    assert found.faults == ()
    assert len(found.sha256) == 64


def test_a_base_is_named_by_all_its_files(base: Path) -> None:
    before = read_base(base).sha256
    (base / "tokenizer.json").write_text("another")
    write_manifest(base)
    assert read_base(base).sha256 != before


@pytest.mark.parametrize("name", BASE_FILES)
def test_a_missing_file_of_the_base_is_named_once(base: Path, name: str) -> None:
    (base / name).unlink()
    assert read_base(base).faults == (f"{name} is missing",)


@pytest.mark.parametrize("name", BASE_FILES)
def test_a_changed_file_of_the_base_is_named(base: Path, name: str) -> None:
    (base / name).write_text("changed")
    assert read_base(base).faults == (f"{name} is not the file that {MANIFEST} lists: its sha256 differs",)


def test_a_file_that_the_manifest_does_not_list_is_a_fault(base: Path) -> None:
    (base / "generation_config.json").write_text('{"temperature": 2}')
    assert read_base(base).faults == (f"generation_config.json is not listed in {MANIFEST}",)


def test_a_base_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert read_base(tmp_path / "none").faults == (f"there is no folder {tmp_path / 'none'}",)


@pytest.mark.parametrize("line", ["nonsense", "0" * 64 + " model.safetensors", "0" * 64 + "  ../model.safetensors"])
def test_a_manifest_that_cannot_be_read_is_a_fault(base: Path, line: str) -> None:
    (base / MANIFEST).write_text(line + "\n")
    assert "has a line that is not" in read_base(base).faults[0]


def test_sha256sum_reads_the_manifest(base: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", MANIFEST], cwd=base, check=True)


def test_a_good_adapter_has_no_faults(base: Path, adapters: Path) -> None:
    folder = make_adapter(adapters, base)
    found = read_adapter(folder, base, max_rank=16)
    assert found.faults == ()
    assert (found.task, found.name) == ("bank", folder.name)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"r": 32}, "rank 32 is above the engine's 16"),
        ({"rank_pattern": {"q_proj": 64}}, "rank 64 is above"),
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"bias": "all"}, "biases"),
        ({"trainable_token_indices": [1]}, "new tokens"),
        ({"alora_invocation_tokens": [1]}, "activated LoRA"),
        ({"peft_type": "IA3"}, "IA3"),
        ({"r": "many"}, "cannot be read: r: "),
    ],
)
def test_what_the_engine_cannot_serve_is_refused(base: Path, adapters: Path, config: dict[str, Any], why: str) -> None:
    (fault,) = read_adapter(make_adapter(adapters, base, **config), base, max_rank=16).faults
    assert why in fault


def test_an_adapter_whose_weights_are_not_those_of_its_name_is_refused(base: Path, adapters: Path) -> None:
    folder = make_adapter(adapters, base)
    (folder / WEIGHTS).write_bytes(safetensors(lora(b"others")))
    (fault,) = read_adapter(folder, base, max_rank=16).faults
    assert fault.startswith(f"its name says {folder.name[-12:]}, its weights are ")


def test_an_adapter_of_another_base_is_refused(base: Path, adapters: Path) -> None:
    folder = make_adapter(adapters, base)
    with (base / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"\1")
    (fault,) = read_adapter(folder, base, max_rank=16).faults
    assert "trained on another base model" in fault


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.pt", "x.PKL", "modeling.py"])
def test_files_that_could_run_code_are_refused(base: Path, adapters: Path, name: str) -> None:
    folder = make_adapter(adapters, base)
    (folder / name).write_bytes(b"")
    (fault,) = read_adapter(folder, base, max_rank=16).faults
    assert fault.startswith(f"{name} could run code")


def test_symbolic_links_are_refused(base: Path, adapters: Path) -> None:
    folder = make_adapter(adapters, base)
    (folder / WEIGHTS).rename(adapters / "elsewhere")
    (folder / WEIGHTS).symlink_to(adapters / "elsewhere")
    (fault,) = read_adapter(folder, base, max_rank=16).faults
    assert "symbolic link" in fault


@pytest.mark.parametrize("name", [WEIGHTS, "adapter_config.json", "card.json"])
def test_a_missing_file_of_an_adapter_is_named(base: Path, adapters: Path, name: str) -> None:
    folder = make_adapter(adapters, base)
    (folder / name).unlink()
    assert read_adapter(folder, base, max_rank=16).faults == (f"{name} is missing",)


def test_a_card_without_a_time_zone_is_refused(base: Path, adapters: Path) -> None:
    folder = make_adapter(adapters, base, created_at="2026-11-01T00:00:00")
    (fault,) = read_adapter(folder, base, max_rank=16).faults
    assert fault.startswith("card.json cannot be read: created_at")


def test_a_folder_with_another_kind_of_name_is_listed_with_its_fault(base: Path, adapters: Path) -> None:
    make_adapter(adapters, base).rename(adapters / "bank-latest")
    (found,) = list_adapters(adapters, base, max_rank=16)
    assert found.faults == ("its name is not task@ and twelve hex digits",)


def test_the_newest_adapter_of_a_task_is_that_of_the_latest_card(base: Path, adapters: Path) -> None:
    make_adapter(adapters, base, weights=b"1", created_at="2026-11-01T00:00:00Z")
    # The later moment, although its text sorts first.
    latest = make_adapter(adapters, base, weights=b"2", created_at="2026-10-31T23:00:00-02:00")
    make_adapter(adapters, base, weights=b"3", created_at="2026-12-01T00:00:00Z", use_dora=True)
    make_adapter(adapters, base, weights=b"4", created_at="2026-12-01T00:00:00Z", task="other")
    found = newest_adapter(list_adapters(adapters, base, max_rank=16), "bank")
    assert found is not None
    assert found.path == latest


def test_without_a_servable_adapter_there_is_no_newest(base: Path, adapters: Path) -> None:
    assert newest_adapter(list_adapters(adapters, base, max_rank=16), "bank") is None


def test_a_card_that_is_not_json_is_refused_in_plain_words(base: Path, adapters: Path) -> None:
    folder = make_adapter(adapters, base)
    (folder / "card.json").write_text("{")
    assert read_adapter(folder, base, max_rank=16).faults == ("card.json cannot be read: it is not JSON",)
    (folder / "card.json").write_text(json.dumps({"created_at": "2026-11-01T00:00:00Z"}))
    (fault,) = read_adapter(folder, base, max_rank=16).faults
    assert fault.startswith("card.json cannot be read: base_sha256")
