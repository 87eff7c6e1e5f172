"""The merged folder is peft's merge of the same base and adapter, and transformers reads it. Needs .venv-engine."""

import json
import subprocess
from pathlib import Path

import pytest

from seatmate.domain.errors import Misconfigured
from seatmate.serving.engine import checked_adapter
from seatmate.settings import HOME, EngineSettings
from seatmate_tune.merge import merge
from seatmate_tune.recipe import Recipe, load
from tests.serving.folders import make_adapter, make_base

ENGINE = HOME / ".venv-engine" / "bin" / "python"
"""Training's libraries are a list of their own (`make setup-finetune`)."""


PEFTS = """
import json, sys, torch
from peft import PeftModel
from transformers import Qwen3ForCausalLM
base, adapter, merged = sys.argv[1:]
model = Qwen3ForCausalLM.from_pretrained(base, dtype=torch.float32)
before = {name: weights.clone() for name, weights in model.state_dict().items()}
wanted = PeftModel.from_pretrained(model, adapter).merge_and_unload().state_dict()
ours = Qwen3ForCausalLM.from_pretrained(merged, dtype=torch.float32).state_dict()
assert wanted.keys() == ours.keys()
print(json.dumps({
    "off": max(float((wanted[name] - ours[name]).abs().max()) for name in wanted),
    "changed": max(float((wanted[name] - before[name]).abs().max()) for name in wanted),
}))
"""


@pytest.fixture
def recipe() -> Recipe:
    return load(HOME / "finetune" / "recipes" / "bank.yaml")


@pytest.mark.slow
@pytest.mark.skipif(
    not any(ENGINE.parent.parent.glob("lib/python3*/site-packages/peft")), reason="no training environment"
)
def test_merged_weights_are_pefts(recipe: Recipe, tmp_path: Path) -> None:
    settings = EngineSettings()
    adapter = checked_adapter(settings)
    assert adapter is not None
    folder = merge(recipe.model_copy(update={"base": settings.model}), adapter.path, tmp_path)
    words = [str(ENGINE), "-c", PEFTS, str(settings.model), str(adapter.path), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["off"] < 1e-6
    assert told["changed"] > 1e-3


@pytest.mark.slow
@pytest.mark.skipif(
    not any(ENGINE.parent.parent.glob("lib/python3*/site-packages/peft")), reason="no training environment"
)
@pytest.mark.parametrize(("targets", "rslora"), [("all", "1"), ("attention", "1"), ("mlp", "0")])
def test_what_a_recipe_may_say_of_its_adapter_is_trained_kept_and_merged_as_peft_computes_it(
    targets: str, rslora: str, tmp_path: Path
) -> None:
    words = [str(ENGINE), str(Path(__file__).with_name("tiny_lora.py")), str(tmp_path), targets, rslora]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["kept"]
    assert told["trained"] == told["planned"]
    assert told["off"] < 1e-5
    assert told["changed"] > 0.1
    assert told["other_scale"] > 0.1, "alpha/r and alpha/√r are told apart"


def test_an_adapter_of_another_base_is_not_merged(recipe: Recipe, tmp_path: Path) -> None:
    adapter = make_adapter(tmp_path / "adapters", make_base(tmp_path / "other"))
    with pytest.raises(Misconfigured, match="trained on another base model"):
        merge(recipe.model_copy(update={"base": HOME / "finetune" / "models" / "seatmate-mini"}), adapter, tmp_path)


def test_a_base_alone_is_nothing_to_merge(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="--folder"):
        merge(recipe, None, tmp_path)
