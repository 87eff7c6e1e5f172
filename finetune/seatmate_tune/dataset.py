"""The token arrays of one stage of a recipe: public text and task examples in their shares. Knows nothing of torch."""

import logging
from collections.abc import Iterator, Sequence
from random import Random

from seatmate.prompts import Prompts
from seatmate_tune.corpus import texts
from seatmate_tune.example import Example
from seatmate_tune.recipe import Recipe, Stage, TaskName
from seatmate_tune.render import Rendered, Renderer

log = logging.getLogger(__name__)
_TEXT_PIECE = 384


def public_texts(recipe: Recipe) -> list[str]:
    return [text for source in recipe.text for text in texts(source)]


def examples(task: TaskName, rng: Random, prompts: Prompts, stage: Stage, public: Sequence[str]) -> Iterator[Example]:
    """An endless stream of one task's examples."""
    if task == "answer":
        from seatmate_tune.answers import answer_examples

        return answer_examples(rng, prompts, stage.lines, stage.questions, stage.shuffled)
    if task == "mined":
        from seatmate_tune.mined import mined_examples

        return mined_examples(rng, prompts, public, stage.lines, stage.questions)
    from seatmate_tune.tasks import call_examples

    return call_examples(rng, prompts, task, stage.turns)


def build(recipe: Recipe, stage: Stage, renderer: Renderer, prompts: Prompts, public: Sequence[str]) -> list[Rendered]:
    """Shuffled sequences of about `stage.tokens` tokens; what is longer than the model's positions is left out."""
    rng = Random(f"{recipe.seed}/{stage.seed}/{stage.name}")
    rows: list[Rendered] = []
    text_tokens = int(stage.tokens * stage.text_share)
    if text_tokens:
        pool = list(public)
        rng.shuffle(pool)
        rows += _fill(text_tokens, (renderer.plain(pool[i : i + 64], _TEXT_PIECE) for i in range(0, len(pool), 64)))
    for task, share in stage.tasks.items():
        stream = examples(task, rng, prompts, stage, public)
        batches = (renderer.render([next(stream) for _ in range(64)]) for _ in iter(int, 1))
        fitting = ([r for r in batch if len(r.ids) <= recipe.shapes.positions] for batch in batches)
        rows += _fill(int((stage.tokens - text_tokens) * share), fitting)
    rng.shuffle(rows)
    learned = sum(sum(row.mask) for row in rows)
    log.info(
        "stage %s: %d sequences, %d tokens, %d learned", stage.name, len(rows), sum(len(r.ids) for r in rows), learned
    )
    return rows


def _fill(tokens: int, batches: Iterator[list[Rendered]]) -> list[Rendered]:
    rows: list[Rendered] = []
    have = 0
    for batch in batches:
        for row in batch:
            if have >= tokens:
                return rows
            rows.append(row)
            have += len(row.ids)
    return rows


def batched(rows: Sequence[Rendered], batch_tokens: int, rng: Random) -> list[list[Rendered]]:
    """Batches of alike length, in random order: little padding, and long examples are not the last ones."""
    batches: list[list[Rendered]] = []
    for at in range(0, len(rows), 2048):
        batch: list[Rendered] = []
        for row in sorted(rows[at : at + 2048], key=lambda r: len(r.ids)):
            if batch and len(row.ids) * (len(batch) + 1) > batch_tokens:
                batches.append(batch)
                batch = []
            batch.append(row)
        if batch:
            batches.append(batch)
    rng.shuffle(batches)
    return batches
