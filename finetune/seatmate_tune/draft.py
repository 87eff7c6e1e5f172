"""What a dataset is made of before it is one: examples of one origin, and what was left out and why. Knows no store."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from seatmate.domain.ports import Message
from seatmate_tune.example import Example


class Source(StrEnum):
    """Where the wanted answer of an example comes from, the surest first."""

    GOLD = "hand-written"
    """Written or marked by a person for training."""
    CORRECTED = "agent-corrected"
    """The record of a call that its agent had before him and sent back, changed or not."""
    PINNED = "pinned-answer"
    """An answer that a knowledge owner reviewed and pinned, whose sources stand."""
    THUMBED_UP = "thumbed-up"
    """An answer of the model that an agent put his thumb up on, and nobody down."""
    WORDS = "told-by-words"
    """What the catalogue's words tell in an agent's reviewed call: a rule wrote it, nobody read it. Off by default."""


class Reason(StrEnum):
    """Why something is not in a dataset."""

    EXCLUDED = "excluded"
    NOT_APPROVED = "not_approved"
    UNDER_REVIEW = "under_review"
    NAMED_BY_SUITE = "named_by_suite"
    OVERLAPS_SUITE = "overlaps_suite"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    PERSONAL_DATA = "personal_data"
    TOO_LONG = "too_long"
    INCOMPLETE = "incomplete"
    UNGROUNDED = "ungrounded"
    UNFIT_FOR_SCHEMA = "unfit_for_schema"
    SOURCE_GONE = "source_gone"
    NOTHING_TO_ASK = "nothing_to_ask"
    THUMBED_DOWN = "thumbed_down"
    NOT_THE_MODELS = "not_the_models"
    NOT_REBUILT = "not_rebuilt"
    OVER_SHARE = "over_share"

    @property
    def meaning(self) -> str:
        return _MEANING[self]


_MEANING = {
    Reason.EXCLUDED: "the recipe names the call or its customer (an objection, a deletion request)",
    Reason.NOT_APPROVED: "no person has had the record before him",
    Reason.UNDER_REVIEW: "a grave hit of the call is open or appealed",
    Reason.NAMED_BY_SUITE: "an eval suite has this very call",
    Reason.OVERLAPS_SUITE: "it shares a passage with an eval suite that is no set phrase",
    Reason.DUPLICATE: "the same words are there already",
    Reason.NEAR_DUPLICATE: "nearly the same words are there already",
    Reason.PERSONAL_DATA: "personal data was still in it after masking",
    Reason.TOO_LONG: "the model would be served it in parts",
    Reason.INCOMPLETE: "the record lacks an outcome or a mood",
    Reason.UNGROUNDED: "a corrected line does not rest on the call's words: serving would not show it",
    Reason.UNFIT_FOR_SCHEMA: "the wanted answer does not fit the served schema",
    Reason.SOURCE_GONE: "no document in force on the day says the quoted words, or no line of the prompt has them",
    Reason.NOTHING_TO_ASK: "no candidate, or no evidence: serving would not ask the model",
    Reason.THUMBED_DOWN: "somebody who read the answer says that it is wrong or of no use",
    Reason.NOT_THE_MODELS: "source text or a pinned answer stands in it, which the model did not write",
    Reason.NOT_REBUILT: "the prompt made again from the kept snapshot does not lead to what the agent saw",
    Reason.OVER_SHARE: "its task has more than its share",
}


@dataclass(frozen=True)
class Origin:
    """A call, a pinned answer, an answer to an agent or a piece of gold. `customer` decides the split: all of one go to one side."""

    kind: str
    id: str
    customer: str
    said: tuple[str, ...]
    """What people said in it, masked: duplicates and overlaps are looked for in these words."""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class Draft:
    """One example of an origin, with where its answer comes from."""

    origin: Origin
    source: Source
    example: Example


@dataclass(frozen=True)
class LeftOut:
    """`detail` never has words of a customer: it is kept, and the reason for leaving out may be personal data."""

    origin: str
    task: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True)
class Gathered:
    """What a source gave and what it did not."""

    drafts: tuple[Draft, ...]
    left_out: tuple[LeftOut, ...]


def together(parts: Sequence[Gathered]) -> Gathered:
    return Gathered(
        tuple(draft for part in parts for draft in part.drafts), tuple(out for part in parts for out in part.left_out)
    )


def row_of(draft: Draft) -> dict[str, object]:
    """As it is written to a dataset's files."""
    return {
        "task": draft.example.task,
        "origin": draft.origin.key,
        "source": draft.source.value,
        "messages": [{"role": m.role, "content": m.content} for m in draft.example.messages],
    }


def example_of(row: dict[str, object]) -> Example:
    """And back."""
    messages = row["messages"]
    assert isinstance(messages, list)
    return Example(str(row["task"]), tuple(Message(role=m["role"], content=m["content"]) for m in messages))
