"""The token arrays of one stage of a recipe: public text and task examples in their shares. Knows nothing of torch."""

import logging
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from random import Random

from seatmate.prompts import Prompts
from seatmate_tune.corpus import texts
from seatmate_tune.example import Example
from seatmate_tune.recipe import Recipe, Stage, TaskName
from seatmate_tune.render import Rendered, Renderer

log = logging.getLogger(__name__)
TEXT_PIECE = 384
WINDOW = 2048
"""Rows that are put together to batches at a time."""


def public_texts(recipe: Recipe) -> list[str]:
    return [text for source in recipe.text for text in texts(source)]


def examples(task: TaskName, rng: Random, prompts: Prompts, stage: Stage, public: Sequence[str]) -> Iterator[Example]:
    """An endless stream of one task's examples."""
    if task == "answer":
        from seatmate_tune.answers import answer_examples

        shaped = (stage.lines, stage.questions, stage.shuffled, stage.any_slot, stage.quotes, stage.unanswered)
        return answer_examples(rng, prompts, *shaped)
    if task == "mined":
        from seatmate_tune.mined import mined_examples

        return mined_examples(rng, prompts, public, stage.lines, stage.questions)
    if task == "drill":
        from seatmate_tune.line_drill import drill_examples

        return drill_examples(rng, stage.lines, stage.questions)
    if task == "rewrite":
        from seatmate_tune.rewrite_task import rewrite_examples

        return rewrite_examples(rng, prompts)
    from seatmate_tune.tasks import call_examples

    return call_examples(rng, prompts, task, stage.turns)


def build(
    recipe: Recipe, stage: Stage, renderer: Renderer, prompts: Prompts, public: Sequence[str],
    keep: Callable[[Rendered], int],
) -> list[int]:  # fmt: skip
    """Sequences of about `stage.tokens` tokens, each given to `keep`; returns their numbers, shuffled.

    What is longer than the model's positions is left out."""
    rng = Random(f"{recipe.seed}/{stage.seed}/{stage.name}")
    numbers: list[int] = []
    tokens = learned = 0
    for row in _rows(recipe, stage, renderer, prompts, public, rng):
        numbers.append(keep(row))
        tokens += len(row.ids)
        learned += sum(row.mask)
    rng.shuffle(numbers)
    log.info("stage %s: %d sequences, %d tokens, %d learned", stage.name, len(numbers), tokens, learned)
    return numbers


def _rows(
    recipe: Recipe, stage: Stage, renderer: Renderer, prompts: Prompts, public: Sequence[str], rng: Random
) -> Iterator[Rendered]:
    text_tokens = int(stage.tokens * stage.text_share)
    if text_tokens:
        pool = list(public)
        rng.shuffle(pool)
        yield from _fill(text_tokens, (renderer.plain(pool[i : i + 64], TEXT_PIECE) for i in range(0, len(pool), 64)))
    for task, share in stage.tasks.items():
        stream = examples(task, rng, prompts, stage, public)
        batches = (renderer.render([next(stream) for _ in range(64)]) for _ in iter(int, 1))
        fitting = ([r for r in batch if len(r.ids) <= recipe.shapes.positions] for batch in batches)
        yield from _fill(int((stage.tokens - text_tokens) * share), fitting)


def _fill(tokens: int, batches: Iterator[list[Rendered]]) -> Iterator[Rendered]:
    have = 0
    for batch in batches:
        for row in batch:
            if have >= tokens:
                return
            yield row
            have += len(row.ids)


def batched(numbers: Sequence[int], lengths: Sequence[int], batch_tokens: int, rng: Random) -> list[list[int]]:
    """Batches of alike length, in random order: little padding, and long examples are not the last ones."""
    batches: list[list[int]] = []
    for at in range(0, len(numbers), WINDOW):
        batch: list[int] = []
        for number in sorted(numbers[at : at + WINDOW], key=lambda n: lengths[n]):
            if batch and lengths[number] * (len(batch) + 1) > batch_tokens:
                batches.append(batch)
                batch = []
            batch.append(number)
        if batch:
            batches.append(batch)
    rng.shuffle(batches)
    return batches


def packed(numbers: Sequence[int], lengths: Sequence[int], batch_tokens: int, rng: Random) -> list[list[int]]:
    """Batches of any lengths that are one row of `batch_tokens` together, in random order: the longest first, each into
    the batch with the least room that takes it. What is longer than that is a batch of its own."""
    batches: list[list[int]] = []
    for at in range(0, len(numbers), WINDOW):
        rooms: list[tuple[int, int]] = []
        for number in sorted(numbers[at : at + WINDOW], key=lambda n: -lengths[n]):
            place = bisect_left(rooms, (lengths[number], -1))
            if place == len(rooms):
                room, batch = batch_tokens, len(batches)
                batches.append([])
            else:
                room, batch = rooms.pop(place)
            batches[batch].append(number)
            insort(rooms, (room - lengths[number], batch))
    rng.shuffle(batches)
    return batches
