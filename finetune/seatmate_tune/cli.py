"""`seatmate-tune`: tokenizer, base, adapter, embedder, card and a check against the real server, each from a recipe."""

import argparse
import logging
from pathlib import Path
from random import Random

from seatmate.prompts import Prompts
from seatmate_tune.recipe import Recipe, load


def main() -> None:
    parser = argparse.ArgumentParser(prog="seatmate-tune", description=__doc__)
    parser.add_argument("verb", choices=["tokenizer", "pretrain", "publish", "train", "evaluate", "card", "embedder", "serve-check"])
    parser.add_argument("recipe", type=Path)
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
