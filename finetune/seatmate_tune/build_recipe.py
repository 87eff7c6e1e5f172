"""What a dataset is built from and by which rules, in one YAML file below recipes/data; unknown keys are refused.

Paths are relative to the repository root. Knows nothing of SQL.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AwareDatetime, Field, model_validator

from seatmate.domain.model import Shape
from seatmate_tune.draft import Source

BuiltTask = Literal["summary", "kyc", "voc", "answer"]
_Share = Annotated[float, Field(gt=0, lt=1)]


class BuildRecipe(Shape):
    """One dataset of a bank's own records."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    out: Path = Path("var/datasets")
    begin: AwareDatetime
    end: AwareDatetime
    """Calls that began, and thumbs that were given, in [begin, end)."""
    sources: tuple[Source, ...] = (Source.GOLD, Source.CORRECTED, Source.PINNED, Source.THUMBED_UP)
    tasks: dict[BuiltTask, float]
    """Wanted shares, summing to 1. No task has more than `over` times what they give it beside the scarcest."""
    over: Annotated[float, Field(ge=1)] = 2.0
    gold: tuple[Path, ...] = ()
    """Folders of conversations marked by hand (talks.py), or JSONL files of `{conversation, record}`."""
    held_out: _Share = 0.1
    """Share of customers whose examples are not trained on."""
    split_seed: str = "seatmate"
    near: _Share = 0.8
    """Jaccard of shingles from which on two texts are nearly the same."""
    set_phrase_customers: Annotated[int, Field(ge=2)] = 10
    """What so many customers' calls share with a suite is a set phrase, not a leak."""
    part_chars: Annotated[int, Field(ge=200)] = 1_100
    """As the platform's SEATMATE_AFTERCALL__PART_CHARS: a longer call is served in parts."""
    passages: Annotated[int, Field(ge=1, le=50)] = 8
    """As the platform's SEATMATE_ASK__PASSAGES."""
    max_lines: Annotated[int, Field(ge=1)] = 8
    """Source lines of an answer's prompt."""
    max_tokens: int = 600
    prompts: Path = Path("prompts")
    rules: Path = Path("corpus/rules")
    """The catalogue of fields and labels: the bank's own in production."""
    suites: Path = Path("eval/suites")
    suite_calls: Path = Path("corpus/calls")
    without_calls: frozenset[str] = frozenset()
    without_customers: frozenset[str] = frozenset()
    """Who objected, and what must be deleted."""
    licence: str
    purpose: str

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.end <= self.begin:
            raise ValueError("end is not after begin")
        if abs(sum(self.tasks.values()) - 1) > 1e-6 or min(self.tasks.values()) <= 0:
            raise ValueError("the tasks' shares must be above 0 and sum to 1")
        return self

    @property
    def sha256(self) -> str:
        """Of every setting; sets in a fixed order, so that the same recipe has the same hash."""
        plain = self.model_dump(mode="json")
        plain |= {key: sorted(plain[key]) for key in ("without_calls", "without_customers")}
        return hashlib.sha256(repr(sorted(plain.items())).encode()).hexdigest()


def load_build(path: Path) -> BuildRecipe:
    return BuildRecipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
