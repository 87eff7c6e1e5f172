"""The training loop on a model of a few thousand weights, for test_fit.py; runs in the engine's environment.

    python tiny_fit.py <folder> [watched] [unwatched] [plain]

Prints the hash of the weights that each kind of run ends with. `plain` has no dropout: several processes agree on it.
"""

import hashlib
import json
import sys
from itertools import islice
from pathlib import Path
from random import Random

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from seatmate.prompts import Prompts
from seatmate_tune.answers import answer_examples
from seatmate_tune.loop import fit
from seatmate_tune.recipe import Optimiser
from seatmate_tune.render import Renderer
from seatmate_tune.team import Team
from seatmate_tune.watch import Watch

ROOT = Path(__file__).parents[2]


def run(kind: str, folder: Path, team: Team) -> str:
    folder.mkdir(exist_ok=True)
    torch.manual_seed(1)
    renderer = Renderer(ROOT / "finetune" / "models" / "seatmate-mini")
    config = Qwen3Config(
        vocab_size=renderer.vocab, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
        head_dim=16, intermediate_size=32, tie_word_embeddings=True, attention_dropout=0.0 if kind == "plain" else 0.2,
    )  # fmt: skip
    model = Qwen3ForCausalLM(config)
    asked = list(islice(answer_examples(Random(1), Prompts.load(ROOT / "prompts"), (2, 3), 1), 42))
    rows = renderer.render(asked[2:])
    batches = [rows[at : at + 4] for at in range(0, 40, 4)] * 3 + [rows[:1]]  # one that is too small to be shared
    settings = Optimiser(lr=0.01, muon_lr=0.01, warmup=0.1)
    watch = Watch(renderer, () if kind == "unwatched" else asked[:2], folder)
    fit(model, model.model, model.lm_head, batches, settings, folder, 3600, lambda: None, watch, team)
    weights = [value.detach().numpy().tobytes() for _, value in sorted(model.named_parameters())]
    return hashlib.sha256(b"".join(weights)).hexdigest()


if __name__ == "__main__":
    team = Team("cpu")
    found = {kind: run(kind, Path(sys.argv[1]) / kind, team) for kind in sys.argv[2:]}
    if team.is_first:
        print(json.dumps(found))
    team.part()
