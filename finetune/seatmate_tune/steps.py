"""How many steps a recipe takes, and what padding costs in them: rows of the lengths that its examples have are put
together as training would put them. Knows nothing of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from seatmate_tune.dataset import WINDOW, batched, packed
from seatmate_tune.recipe import Optimiser


@dataclass(frozen=True)
class Steps:
    """Estimated from a sample of each stage's lengths."""

    apart: int
    """Steps over batches of rows of alike length."""
    packed: int
    """Steps over rows end to end."""
    padding: float
    """Share of what is computed for rows apart that is padding; packing saves it."""
    masked: float
    """How many times the pairs of tokens that are attended to for rows apart a mask over packed rows takes: what
    packing costs without flash attention, which skips what a mask hides."""

    def told(self, is_packed: bool) -> str:
        if not is_packed:
            return f"about {self.apart} steps, {self.padding:.1%} of their tokens padding"
        return (
            f"about {self.packed} steps, packed, instead of {self.apart} with {self.padding:.1%} padding; "
            f"without flash attention {self.masked:.0f} times the attention"
        )


@dataclass(frozen=True)
class Lengths:
    """Of one part of a stage: how many rows it has, and lengths of some or all of them."""

    rows: int
    some: tuple[int, ...]


def steps(stages: Mapping[str, Sequence[Lengths]], settings: Optimiser) -> Steps:
    apart = together = 0.0
    room = tokens = pairs = masked = 0.0
    for name, parts in stages.items():
        lengths = _drawn(name, [part for part in parts if part.rows and part.some])
        if not lengths:
            continue
        rows, rng = sum(part.rows for part in parts), Random(name)
        times = rows / len(lengths)
        numbers = rng.sample(range(len(lengths)), len(lengths))
        for batch in batched(numbers, lengths, settings.batch_tokens, rng):
            longest = max(lengths[number] for number in batch)
            apart += times
            room += times * longest * len(batch)
            pairs += times * longest**2 * len(batch)
        for batch in packed(numbers, lengths, settings.batch_tokens, rng):
            whole = sum(lengths[number] for number in batch)
            together += times
            tokens += times * whole
            masked += times * whole**2
    padding = 1 - tokens / room if room else 0.0
    return Steps(round(apart), round(together), round(padding, 4), round(masked / pairs, 1) if pairs else 1.0)


def _drawn(name: str, parts: Sequence[Lengths]) -> list[int]:
    """Lengths of all rows of a stage, or of as many as are put together at a time."""
    share = min(1.0, WINDOW / max(1, sum(part.rows for part in parts)))
    rng = Random(f"{name}/lengths")
    found: list[int] = []
    for part in parts:
        count = max(1, round(part.rows * share))
        found += part.some if count == len(part.some) else rng.choices(part.some, k=count)
    return found
