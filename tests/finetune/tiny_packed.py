"""Packed rows on a model of a few thousand weights, for test_packed.py; runs in the engine's environment.

    python tiny_packed.py <folder>

Prints the mask and the lengths that transformers reads off a packed row's positions; how far loss, gradients and logits
of packed rows are from those of rows apart; how far a row's logits move with its neighbours; and how far they would be
without the positions. Weights are doubles, which autocast leaves alone: what is left is rounding. Then the training loop
itself, with rows apart and packed.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM
from transformers.masking_utils import create_causal_mask
from transformers.modeling_flash_attention_utils import prepare_fa_kwargs_from_position_ids

from seatmate_tune.loop import fit
from seatmate_tune.recipe import Optimiser
from seatmate_tune.render import Rendered, Renderer
from seatmate_tune.team import Team
from seatmate_tune.tensors import attend_packed, learned, pack
from seatmate_tune.watch import Watch

ROOT = Path(__file__).parents[2]
VOCABULARY = 97


def made_rows(*lengths: int, learns: bool = True) -> list[Rendered]:
    rng = Random(f"{lengths}")
    return [
        Rendered(
            tuple(rng.randrange(VOCABULARY) for _ in range(length)),
            tuple(int(learns and (at > length // 2 or rng.random() < 0.3)) for at in range(length)),
        )
        for length in lengths
    ]


def made_model(attention: str) -> Any:
    torch.manual_seed(1)
    config = Qwen3Config(
        vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=8, intermediate_size=48, tie_word_embeddings=True, attn_implementation=attention,
    )  # fmt: skip
    return Qwen3ForCausalLM(config)


def masked(model: Any, rows: Sequence[Rendered]) -> list[str]:
    """What each token of the packed row sees of it."""
    made = pack(rows)
    mask = create_causal_mask(model.config, model.model.embed_tokens(made.ids), None, None, made.positions)
    return ["".join("■" if seen else "·" for seen in row) for row in mask[0, 0].tolist()]


def flash_lengths(rows: Sequence[Rendered]) -> tuple[list[int], int]:
    """Where flash attention begins anew, and the longest row that it makes room for."""
    (begins, _), (longest, _) = prepare_fa_kwargs_from_position_ids(pack(rows).positions)
    return begins.tolist(), int(longest)


def loss_and_gradients(model: Any, rows: Sequence[Rendered], packed: bool) -> tuple[float, list[torch.Tensor]]:
    model.zero_grad()
    made = learned(rows, model.model, model.lm_head, packed=packed)
    loss = torch.nn.functional.cross_entropy(made.logits, made.wanted)
    loss.backward()
    return float(loss.detach()), [p.grad.clone() for p in model.parameters()]


def off(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


def differences(attention: str) -> dict[str, float]:
    rows, model = made_rows(9, 23, 1, 14, 1, 1, 30), made_model(attention).double()
    loss, gradients = loss_and_gradients(model, rows, packed=False)
    packed_loss, packed_gradients = loss_and_gradients(model, rows, packed=True)
    whole = Rendered(tuple(i for r in rows for i in r.ids), tuple(m for r in rows for m in (0, *r.mask[1:])))
    with torch.no_grad():
        apart = [learned([row], model.model, model.lm_head) for row in rows if sum(row.mask[1:])]
        together = learned(rows, model.model, model.lm_head, packed=True)
        run_on = learned([whole], model.model, model.lm_head)
        among = [
            learned([before, rows[1], after], model.model, model.lm_head, packed=True)
            for before, after in (made_rows(17, 5, learns=False), made_rows(3, 40, learns=False))
        ]
    return {
        "loss": abs(loss - packed_loss),
        "gradients": max(off(a, b) for a, b in zip(gradients, packed_gradients, strict=True)),
        "gradients_are": max(float(g.abs().max()) for g in gradients),
        "wanted": off(torch.cat([one.wanted for one in apart]), together.wanted),
        "logits": off(torch.cat([one.logits for one in apart]), together.logits),
        "logits_are": float(together.logits.abs().max()),
        "neighbours": off(among[0].logits, among[1].logits),
        "run_on": off(together.logits, run_on.logits),
    }


def trained(folder: Path, team: Team, packed: bool) -> list[float]:
    """Losses of the loop, as it reports them."""
    model = made_model("sdpa")
    if packed:
        attend_packed(model)  # on a CPU there is no flash attention: nothing changes
    batches = [made_rows(*lengths) for lengths in ((5, 9, 30), (12, 12), (40,))] * 10
    settings = Optimiser(lr=0.01, muon_lr=0.01, packed=packed)
    folder.mkdir()
    watch = Watch(Renderer(ROOT / "finetune" / "models" / "seatmate-mini"), (), folder)
    fit(model, model.model, model.lm_head, batches, settings, folder, 3600, lambda: None, watch, team)
    return [json.loads(line)["loss"] for line in (folder / "progress.jsonl").read_text("utf-8").splitlines()]


if __name__ == "__main__":
    few, team = made_rows(2, 1, 3, 1), Team("cpu")
    told: dict[str, Any] = {
        "mask": masked(made_model("sdpa"), few),
        "flash": flash_lengths(few),
        **{attention: differences(attention) for attention in ("sdpa", "eager")},
        "losses": {name: trained(Path(sys.argv[1]) / name, team, name == "packed") for name in ("apart", "packed")},
    }
    print(json.dumps(told, ensure_ascii=False))
    team.part()
