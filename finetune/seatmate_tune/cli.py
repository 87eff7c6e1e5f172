"""`seatmate-tune`: tokenizer, base, adapter, embedder, card and a check against the real server, each from a recipe."""

import argparse
import json
import logging
from pathlib import Path
from random import Random

from seatmate.prompts import Prompts
from seatmate_tune.recipe import Recipe, load


def main() -> None:
    parser = argparse.ArgumentParser(prog="seatmate-tune", description=__doc__)
    parser.add_argument(
        "verb", choices=["tokenizer", "pretrain", "publish", "train", "evaluate", "card", "embedder", "serve-check"]
    )
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--folder", type=Path, help="the model or adapter folder that a card or a check is about")
    parser.add_argument(
        "--earlier", type=Path, nargs="*", default=[], help="recipes that were run before, for the card"
    )
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe = load(asked.recipe)
    verb: str = asked.verb
    if verb == "tokenizer":
        make_tokenizer(recipe)
    elif verb == "pretrain":
        from seatmate_tune.pretrain import pretrain

        pretrain(recipe)
    elif verb == "publish":
        from seatmate_tune import pretrain as base
        from seatmate_tune import train as adapter

        adapter.publish(recipe) if recipe.adapter else base.publish(recipe)
    elif verb == "train":
        from seatmate_tune.train import train

        train(recipe)
    elif verb == "evaluate":
        compare(recipe, asked.folder)
    elif verb == "card":
        from seatmate_tune.card import card

        card(recipe, asked.earlier, asked.folder or recipe.out)
    elif verb == "serve-check":
        from seatmate_tune.serve_check import serve_check

        serve_check(recipe, asked.folder)
    elif verb == "embedder":
        from seatmate_tune.embedder import train_embedder

        train_embedder(recipe)


def compare(recipe: Recipe, adapter: Path | None) -> None:
    """Base and adapter over the same held-out examples; kept for the card."""
    from seatmate_tune.card import METRICS
    from seatmate_tune.evaluate import evaluate

    base = recipe.base or recipe.out
    tables = {"base": evaluate(recipe, base, None)}
    if adapter is not None:
        tables["adapter"] = evaluate(recipe, base, adapter)
    (recipe.work / METRICS).write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


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
