"""A plan needs no weights, counts what training would count, and refuses what training would refuse."""

import json
from pathlib import Path

import pytest

from seatmate.settings import HOME
from seatmate_tune.dataset_folder import TRAIN, DatasetFolder
from seatmate_tune.hardware import Hardware
from seatmate_tune.plan import make_plan, page
from seatmate_tune.pretrain import pretrain
from seatmate_tune.recipe import Adapter, Optimiser, Recipe, Shapes, Stage, load
from seatmate_tune.refusals import RefusedRun, Why
from seatmate_tune.sizes import GIB, adapter_parameters, flops_of_a_token, memory, parameters, seconds
from seatmate_tune.steps import Lengths, steps
from seatmate_tune.suite_texts import read_suites
from seatmate_tune.train import train

pytest.importorskip("tokenizers")
RECIPES = HOME / "finetune" / "recipes"
BASE = HOME / "finetune" / "models" / "seatmate-mini"
pytestmark = pytest.mark.skipif(not BASE.is_dir(), reason="no tokenizer in this checkout")
QWEN3_8B = Shapes(
    vocab=151_936, hidden=4096, layers=36, heads=32, kv_heads=8, head_dim=128, mlp=12_288, positions=4096,
    rope_theta=1e6,
)  # fmt: skip


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipes' paths are relative to the repository."""
    monkeypatch.chdir(HOME)


def small(**changes: object) -> Recipe:
    """An adapter's recipe with little of everything."""
    stage = Stage(name="s", seed=1, tokens=4000, lines=(2, 4), turns=(8, 12), tasks={"answer": 0.5, "kyc": 0.5})
    recipe = load(RECIPES / "bank.yaml").model_copy(
        update={"stages": (stage,), "work": Path("var/nowhere"), "canaries": 0}
    )
    return Recipe.model_validate(recipe.model_dump() | changes)


def test_parameters_are_those_of_the_weights_in_the_repository() -> None:
    shapes = Shapes()
    header = (BASE / "model.safetensors").read_bytes()
    length = int.from_bytes(header[:8], "little")
    tensors = json.loads(header[8 : 8 + length])
    tensors.pop("__metadata__", None)
    counted = sum((t["data_offsets"][1] - t["data_offsets"][0]) // 2 for t in tensors.values())
    assert parameters(shapes, tied=True) == counted
    assert adapter_parameters(shapes, Adapter(r=16)) == 466_944, "as the card of bank@39f7ede58e03 says"
    assert adapter_parameters(shapes, None) == 0


def test_an_adapter_on_fewer_matrices_has_fewer_parameters_and_takes_less_memory() -> None:
    whole, parts = Adapter(r=16), [Adapter(r=16, targets="attention"), Adapter(r=16, targets="mlp")]
    assert sum(adapter_parameters(QWEN3_8B, part) for part in parts) == adapter_parameters(QWEN3_8B, whole)
    card = Hardware(device="cuda", weights="bfloat16", useful_tflops=100)
    needed = memory(QWEN3_8B, False, whole, 4096, 400, card)
    for part in parts:
        less = memory(QWEN3_8B, False, part, 4096, 400, card)
        assert (less.adapter, less.activations) < (needed.adapter, needed.activations)
    assert make_plan(small(adapter={"r": 8, "targets": "mlp", "rslora": True}), Hardware(), True, (), None).faults == ()


def test_parameters_of_qwen3_8b() -> None:
    """8.2 B, 6.95 B of them without embeddings, as its model card says."""
    assert parameters(QWEN3_8B, tied=False) == 8_190_735_360
    assert flops_of_a_token(QWEN3_8B, tied=False, checkpointing=False) / 4 == pytest.approx(6.95e9, rel=0.01)


def test_memory_grows_with_the_batch_and_checkpointing_saves_most_of_it() -> None:
    card = Hardware(device="cuda", weights="bfloat16", useful_tflops=100)
    lora = Adapter(r=16)
    half = memory(QWEN3_8B, False, lora, 4096, 400, card)
    whole = memory(QWEN3_8B, False, lora, 8192, 800, card)
    assert half.weights == whole.weights == 2 * parameters(QWEN3_8B, tied=False)
    assert whole.activations == 2 * half.activations
    assert whole.logits == 2 * half.logits
    thrifty = memory(QWEN3_8B, False, lora, 8192, 800, card.model_copy(update={"checkpointing": True}))
    assert thrifty.activations * 8 < whole.activations
    assert 16 * GIB < thrifty.total < 28 * GIB
    assert seconds(10**6, QWEN3_8B, False, card) == pytest.approx(278, rel=0.02)


def test_a_plan_counts_tasks_and_says_what_it_could_not_check() -> None:
    recipe = small()
    plan = make_plan(recipe, Hardware(), True, (), None)
    assert [(part.task, part.tokens) for part in plan.parts] == [("answer", 2000), ("kyc", 2000)]
    assert plan.tokens == 4000
    assert 0 < plan.learned < 1000
    assert plan.faults == ()
    assert [what.partition(":")[0] for what in plan.skipped] == [
        "overlap with the suites",
        "training render against a server's /tokenize",
    ]
    told = json.loads(plan.as_json())
    assert told["settings"]["adapter"]["r"] == 16
    assert told["learned"] == plan.learned
    assert "nothing speaks against it" in page(plan)


def test_every_fault_of_a_recipe_is_in_its_plan(tmp_path: Path) -> None:
    case = {"question": "周末能不能去网点预约换外币零钱呀我想问问"}
    (tmp_path / "ask.jsonl").write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
    suites = read_suites(tmp_path, tmp_path)
    dataset = a_dataset(tmp_path, f"资料：\n\n问题：{case['question']}" + "好" * 3000)
    recipe = small(adapter={"r": 32, "alpha": 64})
    plan = make_plan(recipe, Hardware(memory_gib=0.1), True, [dataset], suites, lambda messages: [1], 16)
    assert {fault.why for fault in plan.faults} == {
        Why.ANSWER_CUT_OFF,
        Why.UNSERVABLE,
        Why.OVERLAPS_SUITE,
        Why.RENDER_DIFFERS,
        Why.DOES_NOT_FIT,
    }
    assert "REFUSED" in page(plan)


def test_what_a_generator_makes_too_long_is_left_out_and_counted() -> None:
    plan = make_plan(small(shapes={"positions": 260}), Hardware(), True, (), None)
    assert sum(part.too_long for part in plan.parts) > 0
    assert all(part.longest > 0 for part in plan.parts)


def test_a_base_that_is_not_there_is_planned_with_a_stand_in() -> None:
    plan = make_plan(small(base="models/not-here"), Hardware(), True, (), None)
    assert plan.faults == ()
    assert any("stands in" in what for what in plan.skipped)
    assert any("padding" in what for what in plan.skipped)


def test_time_is_that_of_the_last_run_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "progress.jsonl").write_text('{"step": 1, "tokens_per_second": 100}\n', encoding="utf-8")
    plan = make_plan(small(work=str(tmp_path)), Hardware(), True, (), None)
    assert plan.minutes == pytest.approx(0.7)
    assert "last run" in plan.speed_from


def test_the_optimiser_decides_the_batch() -> None:
    large = small(optimiser=Optimiser(lr=0.001, batch_tokens=16_384).model_dump())
    few = make_plan(small(), Hardware(), True, (), None).memory
    assert make_plan(large, Hardware(), True, (), None).memory.activations == 4 * few.activations


def a_dataset(folder: Path, prompt: str) -> DatasetFolder:
    messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": "[1]"}]
    row = {"task": "answer", "origin": "answer:1", "source": "pinned-answer", "messages": messages}
    (folder / TRAIN).write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    return DatasetFolder(folder, "0" * 64, {"name": "d@000000000000"})


@pytest.mark.parametrize("name", ["qwen3-8b-80gb", "qwen3-8b-24gb"])
def test_a_recipe_for_the_banks_own_base_is_sound_without_weights_or_a_gpu(name: str) -> None:
    recipe = load(RECIPES / f"{name}.yaml")
    plan = make_plan(recipe, recipe.hardware, recipe.shapes.tied, (), None)
    assert plan.faults == ()
    assert plan.parameters == 8_190_735_360
    assert recipe.hardware.memory_gib is not None
    assert plan.memory.total < 0.97 * recipe.hardware.memory_gib * GIB


def test_a_plan_says_what_packing_would_save_and_a_cpu_is_refused_it() -> None:
    apart = make_plan(small(), Hardware(), True, (), None)
    assert 0 < apart.steps.padding < 0.2
    assert apart.steps.packed <= apart.steps.apart
    assert f"about {apart.steps.apart} steps, {apart.steps.padding:.1%} of their tokens padding" in page(apart)
    recipe = small(optimiser=Optimiser(lr=0.001, packed=True).model_dump())
    refused = make_plan(recipe, Hardware(), True, (), None)
    assert [fault.why for fault in refused.faults] == [Why.PACKED_ON_CPU]
    for run in (train, pretrain):
        with pytest.raises(RefusedRun, match="packed_on_cpu"):
            run(recipe)
    card = make_plan(recipe, Hardware(device="cuda", useful_tflops=100), True, (), None)
    assert card.faults == ()
    assert f"about {card.steps.packed} steps, packed, instead of {card.steps.apart}" in page(card)
    assert json.loads(card.as_json())["steps"]["padding"] == card.steps.padding


def test_steps_are_those_of_batches_of_the_same_lengths() -> None:
    few = Optimiser(lr=0.001, batch_tokens=10)
    one = steps({"s": [Lengths(4, (4, 6, 4, 6))]}, few)
    assert (one.apart, one.packed, one.padding) == (3, 2, 0.0), "[4 4] [6] [6], and [6 4] [6 4]"
    assert one.masked == round(200 / 104, 1)
    assert steps({"s": [Lengths(2, (4, 6))]}, few.model_copy(update={"batch_tokens": 12})).padding == round(2 / 12, 4)
    many = steps({"s": [Lengths(4, (4, 6, 4, 6))], "t": [Lengths(40_000, (5,))]}, few)
    assert (many.apart, many.packed) == (20_003, 20_002)
    assert steps({"s": []}, few).apart == 0


def test_a_mask_over_packed_rows_takes_memory_that_rows_apart_do_not() -> None:
    card = Hardware(device="cuda", weights="bfloat16", useful_tflops=100)
    thrifty = card.model_copy(update={"checkpointing": True})
    for hardware, masks in ((card, 1 + 2 * QWEN3_8B.layers), (thrifty, 3)):
        apart, packed = (memory(QWEN3_8B, False, Adapter(), 4096, 400, hardware, packed=p) for p in (False, True))
        assert packed.activations - apart.activations == masks * 4096**2
