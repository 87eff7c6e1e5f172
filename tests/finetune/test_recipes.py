"""Recipes load, say how they are run, and cannot ask for what vLLM does not serve."""

import hashlib
import json
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from seatmate_tune.recipe import Adapter, Recipe, Stage, load

RECIPES = sorted((Path(__file__).parents[2] / "finetune" / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_a_recipe_loads_and_opens_with_its_command(path: Path) -> None:
    recipe = load(path)
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert "seatmate-tune" in first
    assert path.name in first
    assert recipe.stages
    assert all(sum(stage.tasks.values()) == pytest.approx(1) for stage in recipe.stages)


def test_an_adapter_cannot_ask_for_what_is_not_served() -> None:
    content = yaml.safe_load(next(p for p in RECIPES if p.stem == "bank").read_text(encoding="utf-8"))
    content["adapter"]["use_dora"] = True
    with pytest.raises(ValidationError, match="use_dora"):
        Recipe.model_validate(content)


@pytest.mark.parametrize(
    "asked",
    [{"use_dora": True}, {"modules_to_save": ["lm_head"]}, {"trainable_token_indices": [1]}, {"targets": "q_proj"}],
)
def test_an_adapter_says_which_blocks_carry_it_and_nothing_that_is_not_served(asked: dict[str, object]) -> None:
    assert Adapter().layers == (*Adapter(targets="attention").layers, *Adapter(targets="mlp").layers)
    with pytest.raises(ValidationError, match=next(iter(asked))):
        Adapter.model_validate(asked)


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_a_recipe_that_does_not_ask_for_a_later_setting_has_the_hash_of_before_it(path: Path) -> None:
    recipe = load(path)
    before = json.loads(recipe.model_dump_json())
    if not recipe.canaries:
        del before["canaries"]
    if not recipe.optimiser.guide:
        del before["optimiser"]["guide"]
    if not recipe.optimiser.packed:
        del before["optimiser"]["packed"]
        packed = recipe.model_copy(update={"optimiser": recipe.optimiser.model_copy(update={"packed": True})})
        assert packed.sha256 != recipe.sha256
    for later in ("any_slot", "quotes", "unanswered"):
        if all(getattr(stage, later) == Stage.model_fields[later].default for stage in recipe.stages):
            for stage in before["stages"]:
                del stage[later]
    if recipe.adapter is not None:
        del before["adapter"]["targets"], before["adapter"]["rslora"]
        for asked in ({"targets": "mlp"}, {"rslora": True}):
            other = recipe.model_copy(update={"adapter": recipe.adapter.model_copy(update=asked)})
            assert other.sha256 != recipe.sha256
    written = json.dumps(before, ensure_ascii=False, separators=(",", ":"))
    assert recipe.sha256 == hashlib.sha256(written.encode()).hexdigest()


def test_only_a_base_with_four_layers_of_four_heads_is_guided() -> None:
    drill = load(next(p for p in RECIPES if p.stem == "select-1-drill")).model_dump()
    packed = {"optimiser": drill["optimiser"] | {"packed": True}}
    for changed in ({"adapter": {}}, {"shapes": {"layers": 3}}, {"shapes": {"heads": 2}}, packed):
        with pytest.raises(ValidationError, match="guide"):
            Recipe.model_validate(drill | changed)


def test_the_hash_changes_with_any_setting() -> None:
    recipe = load(RECIPES[0])
    assert recipe.sha256 == load(RECIPES[0]).sha256
    assert recipe.sha256 != recipe.model_copy(update={"seed": recipe.seed + 1}).sha256
