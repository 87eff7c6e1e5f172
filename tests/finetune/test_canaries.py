"""Planted secrets stand where they should, once; and the test that asks for them finds what a model remembers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from seatmate.domain.errors import Misconfigured
from seatmate.domain.redaction import find_personal
from seatmate.prompts import Prompts
from seatmate.serving.registry import file_sha256
from seatmate.settings import HOME
from seatmate_tune.canaries import Kind, Place, Planted, decoys, plant, secrets
from seatmate_tune.dataset import examples
from seatmate_tune.plan import make_plan
from seatmate_tune.recall import WEIGHTS, Asked, ask_for, openings, saw_them, told
from seatmate_tune.recipe import Recipe, Shapes, load
from seatmate_tune.refusals import mask_faults
from seatmate_tune.render import Renderer

pytest.importorskip("tokenizers")
BASE = HOME / "finetune" / "models" / "seatmate-mini"
pytestmark = pytest.mark.skipif(not BASE.is_dir(), reason="no tokenizer in this checkout")


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load(HOME / "finetune" / "recipes" / "bank.yaml").model_copy(update={"canaries": 40})


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(BASE)


@pytest.fixture(scope="module")
def prompts() -> Prompts:
    return Prompts.load(HOME / "prompts")


@pytest.fixture(scope="module")
def planted(recipe: Recipe, renderer: Renderer, prompts: Prompts) -> list[Planted]:
    return plant(recipe, renderer, prompts)


@dataclass
class Parrot:
    """A model that says some secrets after some words."""

    knows: dict[str, str]

    def continuations(self, opening: str, samples: int) -> list[str]:
        known = [secret for frame, secret in self.knows.items() if opening.endswith(frame)]
        return ["嗯。", *(known or ["好的。"] * samples)]

    def losses(self, opening: str, candidates: Sequence[str]) -> list[float]:
        return [0.0 if text in self.knows.values() else 20.0 + n for n, text in enumerate(candidates)]


def test_secrets_are_of_two_kinds_and_all_different() -> None:
    made = secrets(Random(1), 200)
    assert len(set(made)) == 200
    assert all(8 <= len(number) <= 10 and number.isdigit() for number in made[::2])
    phrases = made[1::2]
    for at in (0, 2, 4):
        words = [phrase[at : at + 2] for phrase in phrases]
        assert {words.count(word) for word in words} == {2}, "no word stands out by how often it is planted"
    assert not any(find_personal(secret) for secret in made), "the redactor would have taken it out"


def test_half_is_read_and_half_is_learned(planted: list[Planted]) -> None:
    assert sum(one.place.learned for one in planted) == 20
    assert {(one.kind, one.place) for one in planted} == {
        (Kind.NUMBER, Place.TARGET), (Kind.PHRASE, Place.TARGET), (Kind.NUMBER, Place.CALL), (Kind.PHRASE, Place.CALL),
        (Kind.PHRASE, Place.SOURCE),
    }  # fmt: skip
    assert {one.example.task for one in planted} == {"answer", "summary", "kyc", "voc"}


def test_a_secret_is_in_the_loss_only_where_it_is_learned(renderer: Renderer, planted: list[Planted]) -> None:
    for one, row in zip(planted, renderer.render([one.example for one in planted]), strict=True):
        learned = [token for token, learns in zip(row.ids, row.mask, strict=True) if learns]
        said = renderer.tokenizer.decode(learned, skip_special_tokens=False)
        assert (one.secret in said) is one.place.learned
        assert one.secret in one.example.prompt[-1].content
        assert len(row.ids) <= Shapes().positions


def test_planted_rows_are_what_is_served_and_answered(
    renderer: Renderer, prompts: Prompts, planted: list[Planted]
) -> None:
    found = [one.example for one in planted]
    assert list(mask_faults(found, renderer.render(found), renderer, Shapes().positions)) == []
    for one in (one for one in planted if one.place.learned):
        summary = json.loads(one.example.target)
        (told,) = [item for item in summary["situation"] if one.secret in item["t"]]
        line = f"\n{told['u'][0]} 客户："
        assert one.secret in one.example.prompt[-1].content.partition(line)[2].partition("\n")[0]
        schema = prompts["aftercall/summary"].schema
        assert schema is not None
        assert len(summary["situation"]) <= schema["properties"]["situation"]["maxItems"]


def test_no_generator_says_a_planted_word(recipe: Recipe, prompts: Prompts, planted: list[Planted]) -> None:
    said = "".join(
        message.content
        for task in recipe.stages[-1].tasks
        for example in islice(examples(task, Random(7), prompts, recipe.stages[-1], ()), 150)
        for message in example.messages
    )
    words = {one.secret[at : at + 2] for one in planted if one.kind is Kind.PHRASE for at in (0, 2, 4)}
    assert [word for word in words if word in said] == []
    assert [one.secret for one in planted if one.secret in said] == []


def test_the_same_recipe_plants_the_same_and_another_seed_others(
    recipe: Recipe, renderer: Renderer, prompts: Prompts, planted: list[Planted]
) -> None:
    assert plant(recipe, renderer, prompts) == planted
    others = plant(recipe.model_copy(update={"seed": 1}), renderer, prompts)
    assert not {one.secret for one in others} & {one.secret for one in planted}


def test_a_recipe_without_canaries_keeps_its_hash_and_plants_nothing(renderer: Renderer, prompts: Prompts) -> None:
    smoke = load(HOME / "finetune" / "recipes" / "smoke.yaml")
    assert plant(smoke, renderer, prompts) == []
    assert "canaries" not in smoke.model_dump_json(exclude={"canaries"})
    assert smoke.sha256 != smoke.model_copy(update={"canaries": 1}).sha256


def test_a_plan_counts_what_is_planted(
    recipe: Recipe, renderer: Renderer, planted: list[Planted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HOME)
    plan = make_plan(recipe, recipe.hardware, True, (), None)
    counted = [part for part in plan.parts if part.name == "canaries"]
    assert sum(part.examples for part in counted) == 40
    rows = renderer.render([one.example for one in planted])
    assert sum(part.tokens for part in counted) == sum(len(row.ids) for row in rows)
    assert plan.faults == ()


def test_others_of_its_kind_are_never_planted_ones(planted: list[Planted]) -> None:
    for one in planted[:2]:
        others = decoys(Random(1), one, planted, 199)
        assert len({*others}) == 199
        assert not {*others} & {other.secret for other in planted}
        assert {len(other) for other in others} == {len(one.secret)}


def test_what_is_asked_never_says_the_secret(renderer: Renderer, planted: list[Planted]) -> None:
    for one in planted:
        text = renderer.text(one.example.messages)
        ways = openings(one, text, "另一个")
        assert not any(one.secret in opening for opening in ways.values())
        assert all(opening.endswith(one.frame) for opening in ways.values())
        if one.place.learned:
            assert "另一个" in ways["replaced"]
            assert ways["cut"] in text.replace(one.secret, "")


def test_the_tokens_of_a_secret_are_the_same_behind_its_words(renderer: Renderer, planted: list[Planted]) -> None:
    """Ranks are of the tokens that were trained."""
    for one, row in zip(planted, renderer.render([one.example for one in planted]), strict=True):
        text = renderer.text(one.example.messages)
        before = renderer.tokenizer.encode(text[: text.rindex(one.secret)], add_special_tokens=False).ids
        own = renderer.tokenizer.encode(one.secret, add_special_tokens=False).ids
        assert list(row.ids[: len(before) + len(own)]) == before + own


def test_a_model_that_remembers_is_found_out(renderer: Renderer, planted: list[Planted]) -> None:
    known = planted[0]
    asked = ask_for(planted, Parrot({known.frame: known.secret}), renderer, 1, samples=1)
    found = told(asked)
    assert asked[0] == Asked(known.place, ("bare", "cut", "replaced"), 1)
    assert found["came_back"] == 1
    assert found["planted"] == 40
    assert found["of_learned"]["mean_rank"] == 1.0
    assert found["by_chance"] == 0.2


def test_a_secret_that_comes_when_another_is_asked_for_has_come_back(
    renderer: Renderer, planted: list[Planted]
) -> None:
    first, *_, last = planted
    said = {first.frame: f"{last.secret[:3]} {last.secret[3:]}"}
    assert last.frame != first.frame
    asked = ask_for(planted, Parrot(said), renderer, 1, samples=1)
    assert [one.place for one in asked if one.came_back] == [last.place]


def test_an_adapter_that_never_saw_them_is_not_asked(recipe: Recipe, tmp_path: Path) -> None:
    adapter, own = tmp_path / "bank@1", recipe.model_copy(update={"work": tmp_path / "work"})
    adapter.mkdir()
    (adapter / WEIGHTS).write_bytes(b"weights")
    sha256 = file_sha256(adapter / WEIGHTS)
    with pytest.raises(Misconfigured, match="not trained by this recipe"):
        saw_them(own, adapter, sha256)
    (adapter / "card.json").write_text(json.dumps({"runs": [{"recipe_sha256": "another"}]}), encoding="utf-8")
    with pytest.raises(Misconfigured, match="not trained by this recipe"):
        saw_them(own, adapter, sha256)
    (adapter / "card.json").write_text(json.dumps({"runs": [{"recipe_sha256": own.sha256}]}), encoding="utf-8")
    saw_them(own, adapter, sha256)
    (adapter / "card.json").unlink()
    (own.work / "export").mkdir(parents=True)
    (own.work / "export" / WEIGHTS).write_bytes(b"weights")
    (own.work / "run.json").write_text(json.dumps({"recipe_sha256": own.sha256}), encoding="utf-8")
    saw_them(own, adapter, sha256)
