"""Recipes load, say how they are run, and cannot ask for what vLLM does not serve."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from seatmate_tune.recipe import Recipe, load

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


def test_the_hash_changes_with_any_setting() -> None:
    recipe = load(RECIPES[0])
    assert recipe.sha256 == load(RECIPES[0]).sha256
    assert recipe.sha256 != recipe.model_copy(update={"seed": recipe.seed + 1}).sha256
