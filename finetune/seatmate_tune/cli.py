"""`seatmate-tune`: datasets, tokenizer, base, adapter, embedder, plan, card and a check against the real server.

`data` and `deletion` run in the platform's environment, which has the ledger; what trains runs in the engine's.
"""

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path
from random import Random

from seatmate.domain.errors import Misconfigured, SeatmateError
from seatmate.prompts import Prompts
from seatmate_tune.recipe import Recipe, load
from seatmate_tune.served_tokens import tokenize_at

_VERBS = (
    "data", "deletion", "plan", "tokenizer", "pretrain", "publish", "train", "evaluate", "canaries", "card", "merge", "embedder", "serve-check",
)  # fmt: skip


def main() -> None:
    asked = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        if asked.verb == "data":
            make_dataset(Path(asked.what), asked.json)
        elif asked.verb == "deletion":
            list_containing(asked.what, asked.datasets, asked.models)
        else:
            run(asked, load(Path(asked.what)))
    except SeatmateError as error:
        sys.stderr.write(f"seatmate-tune {asked.verb}: {error.detail}\n")
        raise SystemExit(1) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="seatmate-tune", description=__doc__)
    parser.add_argument("verb", choices=_VERBS)
    parser.add_argument("what", help="a recipe; for `deletion` the conversation_id of a call")
    parser.add_argument("--folder", type=Path, help="the model or adapter folder that a card or a check is about")
    parser.add_argument("--out", type=Path, help="merge: below which folder; otherwise the recipe's work folder")
    parser.add_argument(
        "--earlier", type=Path, nargs="*", default=[], help="recipes that were run before, for the card"
    )
    parser.add_argument(
        "--compared", nargs="*", default=[], metavar="base=FILE|none=FILE",
        help="card of an adapter: `seatmate-eval compare --json` of its run with one of its base, or without a model",
    )  # fmt: skip
    parser.add_argument("--server", help="address of a running vLLM: plan and train compare its /tokenize first")
    parser.add_argument("--served-model", default="seatmate-mini", help="the name under which it serves the base")
    parser.add_argument("--json", action="store_true", help="data and plan: print JSON")
    parser.add_argument(
        "--datasets", type=Path, nargs="*", default=[Path("var/datasets")], help="deletion: where datasets are"
    )
    parser.add_argument(
        "--models", type=Path, nargs="*", default=[Path("finetune/models/adapters"), Path("finetune/work")],
        help="deletion: where adapters and run folders are",
    )  # fmt: skip
    return parser


def run(asked: argparse.Namespace, recipe: Recipe) -> None:
    """A verb that takes a recipe of a run."""
    verb: str = asked.verb
    served = tokenize_at(asked.server, asked.served_model) if asked.server else None
    if verb == "tokenizer":
        make_tokenizer(recipe)
    elif verb == "plan":
        from seatmate_tune.plan import page
        from seatmate_tune.train import plan

        made = plan(recipe, served)
        sys.stdout.write((made.as_json() if asked.json else page(made)) + "\n")
        if made.faults:
            raise SystemExit(1)
    elif verb == "pretrain":
        from seatmate_tune.pretrain import pretrain

        pretrain(recipe)
    elif verb == "publish":
        from seatmate_tune import pretrain as base
        from seatmate_tune import train as adapter

        adapter.publish(recipe) if recipe.adapter else base.publish(recipe)
    elif verb == "train":
        from seatmate_tune.train import train

        train(recipe, served)
    elif verb == "evaluate":
        from seatmate_tune.evaluate import compare

        compare(recipe, asked.folder)
    elif verb == "canaries":
        from seatmate_tune.recall import recall

        if asked.folder is None:
            raise Misconfigured("canaries: --folder says which adapter is asked")
        found = recall(recipe, asked.folder)
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        if found["came_back"]:
            raise SystemExit(1)
    elif verb == "card":
        from seatmate_tune.card import card

        card(recipe, asked.earlier, asked.folder or recipe.out, asked.compared)
    elif verb == "merge":
        from seatmate_tune.merge import merge

        merge(recipe, asked.folder, asked.out)
    elif verb == "serve-check":
        from seatmate_tune.serve_check import serve_check

        if asked.folder is None:
            raise Misconfigured("--folder says which adapter is asked")
        serve_check(recipe, asked.folder)
    elif verb == "embedder":
        from seatmate_tune.embedder import train_embedder

        train_embedder(recipe)


def make_dataset(path: Path, as_json: bool) -> None:
    """From the ledger of SEATMATE_RECORDS__URL to a folder of examples with its card."""
    from seatmate.settings import Settings
    from seatmate.wiring import bank_now
    from seatmate_tune.build import build_dataset, kit_of
    from seatmate_tune.build_recipe import load_build
    from seatmate_tune.dataset_folder import CARD, write_dataset
    from seatmate_tune.ledger import open_ledgers

    logging.getLogger("alembic").setLevel(logging.WARNING)
    kit = kit_of(load_build(path))

    async def build() -> Path:
        async with open_ledgers(Settings()) as ledgers:
            return write_dataset(await build_dataset(kit, ledgers), bank_now())

    folder = asyncio.run(build())
    shown = (folder / (CARD if as_json else "CARD.md")).read_text(encoding="utf-8")
    sys.stdout.write(shown if as_json else f"{folder}\n\n{shown}\n")


def list_containing(conversation_id: str, datasets: list[Path], models: list[Path]) -> None:
    """What a deletion request for a call reaches; the engine's copies lie where the settings put them."""
    from seatmate.settings import Settings
    from seatmate_tune.deletion import containing

    var = Settings.load().var
    copies = [var / "adapter-store", var / "merged"]
    sys.stdout.write(containing(conversation_id, datasets, [*models, *copies]).as_json() + "\n")


def make_tokenizer(recipe: Recipe) -> None:
    """Train it on public text, task examples and schema fragments."""
    from seatmate_tune.dataset import examples, public_texts
    from seatmate_tune.tokenizer import json_samples, train_tokenizer

    rng = Random(recipe.seed)
    prompts = Prompts.load(recipe.prompts)
    public = public_texts(recipe)
    sample = [text[:3000] for text in rng.sample(public, min(12_000, len(public)))]
    stage = recipe.stages[0]
    for task in stage.tasks:
        stream = examples(task, rng, prompts, stage, public)
        sample += ["\n".join(m.content for m in next(stream).messages[1:]) for _ in range(3000)]
    schemas = [prompt.schema for name in prompts if (prompt := prompts[name]).schema]
    sample += json_samples(rng, [s for s in schemas if s], 3000)
    size = train_tokenizer(sample, recipe.shapes, recipe.out)
    logging.info("%d tokens", size)


if __name__ == "__main__":
    main()
