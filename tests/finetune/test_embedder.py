"""The embedder learns nothing of what it is measured on, and understands sayings that it was not taught."""

import os
from pathlib import Path
from random import Random

import pytest

from seatmate.domain.errors import Misconfigured
from seatmate.serving.registry import file_sha256
from seatmate.settings import HOME
from seatmate_tune.embed_pairs import (
    BENCHMARKS,
    bank_pairs,
    otherwise,
    public_pairs,
    refuse_benchmarks,
    saying_pairs,
    text_pairs,
)
from seatmate_tune.embedder import measure, training_pairs
from seatmate_tune.paraphrases import CONCEPTS, held_out
from seatmate_tune.recipe import Source, load

RECIPE = HOME / "finetune" / "recipes" / "embed.yaml"
SHIPPED = HOME / "finetune" / "models" / "seatmate-embed"
SHARED = Path(os.environ.get("SEATMATE_SHARED_DATA", HOME.parent / "shared" / "data"))
UNSEEN = {said for concept in CONCEPTS for said in concept.spoken if held_out(said)}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_set_is_refused_by_its_name(name: str) -> None:
    source = Source(path=Path("../shared/data") / name / "any.jsonl.zst", kind="passages", rows=1)
    with pytest.raises(Misconfigured, match="benchmark"):
        refuse_benchmarks([source])
    with pytest.raises(Misconfigured, match="benchmark"):
        next(public_pairs(source, Random(1)))


def test_a_benchmark_set_is_refused_under_another_name(tmp_path: Path) -> None:
    original = SHARED / "cmrc2018_trial" / "trial.jsonl.zst"
    if not original.is_file():
        pytest.skip(f"{original} is not there (SEATMATE_SHARED_DATA)")
    copy = tmp_path / "wiki.jsonl.zst"
    copy.write_bytes(original.read_bytes())
    with pytest.raises(Misconfigured, match=r"wiki\.jsonl\.zst"):
        refuse_benchmarks([Source(path=copy, kind="text", rows=1)])


def test_a_recipe_that_names_one_does_not_train() -> None:
    recipe = load(RECIPE)
    refuse_benchmarks(recipe.text)
    spoiled = Source(path=Path("../shared/data/cmrc2018_trial/trial.jsonl.zst"), kind="passages", rows=256)
    with pytest.raises(Misconfigured, match="cmrc2018_trial"):
        training_pairs(recipe.model_copy(update={"text": (*recipe.text, spoiled)}), Random(1))


def test_sayings_that_are_held_out_are_never_trained_on() -> None:
    assert len(UNSEEN) > 150
    asked = {question for question, _, _ in saying_pairs(Random(3), 30 * len(CONCEPTS))}
    for said in UNSEEN:
        assert said not in asked


def test_within_a_round_of_sayings_every_concept_comes_once() -> None:
    first = [pair for _, pair in zip(CONCEPTS, saying_pairs(Random(1), len(CONCEPTS)), strict=False)]
    for concept, (_, passage, other) in zip(CONCEPTS, first, strict=True):
        heads = {line.partition("{v}")[0] for line in concept.written}
        assert any(head in passage for head in heads)
        assert passage != other


def test_a_saying_put_otherwise_is_made_of_the_same_concepts_words() -> None:
    rng = Random(7)
    ways = {otherwise("最少买多少", rng) for _ in range(60)}
    assert "最少买多少" in ways
    assert len(ways) > 5
    assert all(any(word in way for word in ("最少", "至少", "起码", "最低")) for way in ways)


def test_questions_to_fictional_banks_come_with_the_page_that_answers_them() -> None:
    pairs = list(bank_pairs(Random(5), 50))
    assert len(pairs) >= 50
    assert all(passage != negative for _, passage, negative in pairs)


def test_public_text_becomes_questions_with_their_passages() -> None:
    text = "某地今年建成公园12个，总面积超过300亩。市民可以免费进入，开放时间为早上六点。" * 6
    pairs = list(text_pairs({"text": text, "title": "公园条例"}, Random(2)))
    assert pairs
    assert all(question and len(passage) >= 60 for question, passage in pairs)


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    if not SHIPPED.is_dir():
        pytest.skip("no embedder in this checkout")
    return measure(SHIPPED)


def test_the_shipped_embedder_finds_what_unseen_sayings_mean(measured: dict[str, float]) -> None:
    assert measured["trained.sayings.recall@1"] >= 0.5
    assert measured["trained.sayings.recall@10"] >= 0.8
    assert measured["trained.sayings.recall@1"] > 3 * measured["hashed.sayings.recall@1"]


def test_the_shipped_embedder_finds_the_pages_of_unseen_banks(measured: dict[str, float]) -> None:
    assert measured["trained.shelves.recall@5"] >= 0.95


def test_the_shipped_embedder_is_what_its_manifest_says_and_small() -> None:
    if not SHIPPED.is_dir():
        pytest.skip("no embedder in this checkout")
    lines = (SHIPPED / "MANIFEST.sha256").read_text(encoding="utf-8").splitlines()
    listed = {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}
    files = {path.name for path in SHIPPED.iterdir()} - {"MANIFEST.sha256"}
    assert files == set(listed) == {"README.md", "card.json", "embeddings.npy", "scales.npy", "tokens.txt"}
    assert all(file_sha256(SHIPPED / name) == sha256 for name, sha256 in listed.items())
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 8_000_000
