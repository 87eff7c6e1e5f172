"""A LoRA on a model of a few thousand weights, trained for a few steps, kept in the store and merged, for test_merge.py.

    python tiny_lora.py <folder> <targets> <rslora 0|1>

Prints how far the merged model's logits are from peft's, and how far both are from what another scale would give.
Runs in the engine's environment.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import Qwen3Config, Qwen3ForCausalLM

from seatmate.domain.ports import Message
from seatmate.serving.registry import file_sha256, write_manifest
from seatmate.serving.store import AdapterStore
from seatmate_tune.example import answered
from seatmate_tune.merge import merge
from seatmate_tune.plan import lora_settings
from seatmate_tune.recipe import Adapter, Recipe, load
from seatmate_tune.render import Rendered, Renderer
from seatmate_tune.sizes import adapter_parameters
from seatmate_tune.tensors import learned
from seatmate_tune.train import export

ROOT = Path(__file__).parents[2]
MINI = ROOT / "finetune" / "models" / "seatmate-mini"
STEPS = 12


def make_base(folder: Path) -> Path:
    """The shipped tokenizer and template around random weights."""
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copyfile(MINI / name, folder / name)
    torch.manual_seed(1)
    config = Qwen3Config(
        vocab_size=Renderer(MINI).vocab, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, intermediate_size=48, tie_word_embeddings=True,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(str(folder), safe_serialization=True)
    write_manifest(folder)
    return folder


def train(base: Path, adapter: Adapter, rows: list[Rendered], folder: Path) -> tuple[Path, int]:
    """A folder named after its weights, with a card; and how many parameters were trained."""
    model = Qwen3ForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    adapted: Any = get_peft_model(model, LoraConfig(**lora_settings(adapter), task_type="CAUSAL_LM"))
    trained = [p for p in adapted.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=0.01)
    inner = adapted.base_model.model
    for _ in range(STEPS):
        made = learned(rows, inner.model, inner.lm_head)
        torch.nn.functional.cross_entropy(made.logits, made.wanted).backward()
        optimiser.step()
        optimiser.zero_grad()
    making = folder / "making"
    export(adapted, making)
    card = {"created_at": "2026-11-29T00:00:00Z", "base_sha256": file_sha256(base / "model.safetensors")}
    (making / "card.json").write_text(json.dumps(card))
    name = f"bank@{file_sha256(making / 'adapter_model.safetensors')[:12]}"
    return making.rename(folder / name), sum(p.numel() for p in trained)


def logits(model: Any, row: Rendered) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model.eval()(input_ids=torch.tensor([row.ids])).logits
    return found


def main(folder: Path, adapter: Adapter) -> None:
    base = make_base(folder / "base")
    asked = Message(role="user", content="资料：\n[1] 起购金额：«F1»\n\n问题：起购多少")
    rows = Renderer(base).render([answered("answer", (asked,), "起购金额为«F1»。[1]")])
    made, trained = train(base, adapter, rows, folder)
    recipe = load(ROOT / "finetune" / "recipes" / "bank.yaml").model_copy(update={"base": base})
    kept = AdapterStore(folder / "store", base, recipe.max_rank).adopt(made)
    told = {
        "trained": trained,
        "planned": adapter_parameters(_shapes_of(recipe, base), adapter),
        "kept": kept.name == made.name,
        **_differences(base, made, merge(recipe, made, folder / "merged"), rows[0]),
    }
    print(json.dumps(told))


def _shapes_of(recipe: Recipe, base: Path) -> Any:
    config = json.loads((base / "config.json").read_text())
    return recipe.shapes.model_copy(
        update={
            "hidden": config["hidden_size"], "layers": config["num_hidden_layers"], "mlp": config["intermediate_size"],
            "heads": config["num_attention_heads"], "kv_heads": config["num_key_value_heads"],
            "head_dim": config["head_dim"],
        }
    )  # fmt: skip


def _differences(base: Path, adapter: Path, merged: Path, row: Rendered) -> dict[str, float]:
    plain = Qwen3ForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    without = logits(plain, row).clone()
    peft: Any = PeftModel.from_pretrained(plain, str(adapter))
    wanted = logits(peft, row)
    ours = logits(Qwen3ForCausalLM.from_pretrained(str(merged), dtype=torch.float32), row)
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps(config | {"use_rslora": not config["use_rslora"]}))
    other: Any = PeftModel.from_pretrained(Qwen3ForCausalLM.from_pretrained(str(base)), str(adapter))
    return {
        "off": float((wanted - ours).abs().max()),
        "changed": float((wanted - without).abs().max()),
        "other_scale": float((wanted - logits(other, row)).abs().max()),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Adapter.model_validate({"r": 8, "targets": sys.argv[2], "rslora": sys.argv[3] == "1"}))
