"""The committed weights are what their names and manifests say, and small enough to be committed."""

import json
from pathlib import Path

import pytest

from seatmate.adapters.dense import open_dense
from seatmate.serving.registry import list_adapters, newest_adapter, read_base

MODELS = Path(__file__).parents[2] / "finetune" / "models"
pytestmark = pytest.mark.skipif(not (MODELS / "seatmate-mini").is_dir(), reason="no weights in this checkout")


def test_the_base_is_whole() -> None:
    assert read_base(MODELS / "seatmate-mini").faults == ()


def test_every_adapter_is_servable_on_the_base() -> None:
    adapters = list_adapters(MODELS / "adapters", MODELS / "seatmate-mini", max_rank=16)
    assert adapters
    assert all(adapter.faults == () for adapter in adapters)
    assert newest_adapter(adapters, "bank") is not None


def test_padding_does_not_end_a_text() -> None:
    config = json.loads((MODELS / "seatmate-mini" / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert config["pad_token"] != config["eos_token"]


def test_all_weights_together_stay_small() -> None:
    assert sum(f.stat().st_size for f in MODELS.rglob("*") if f.is_file()) < 60_000_000


def test_the_embedder_knows_alike_from_unlike() -> None:
    if not (MODELS / "seatmate-embed").is_dir():
        pytest.skip("no embedder in this checkout")
    encoder = open_dense(MODELS / "seatmate-embed")
    asked, near, far = (
        encoder.encode(t) for t in ("信用卡年费多少", "信用卡年费标准：每年200元", "房贷提前还款需预约")
    )
    assert sum(a * b for a, b in zip(asked, near, strict=True)) > sum(a * b for a, b in zip(asked, far, strict=True))
