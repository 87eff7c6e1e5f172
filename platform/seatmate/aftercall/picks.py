"""What a model picks among candidates: a candidate's number, and how it is meant only where that is not as usual.

Most facts are the customer's own, affirmed and of today, and most complaints weigh alike: written out, that is two
thirds of a reply. Serving reads by these shapes and training writes by them. Knows nothing of calls.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from seatmate.aftercall.transcript import Candidate
from seatmate.domain.findings import Modality, Polarity, Subject, VocPolarity
from seatmate.domain.model import Shape
from seatmate.domain.ports import ChatRequest


class PickedFact(Shape):
    """A candidate by its number, and how it is meant: utterance and field are the candidate's, not the model's."""

    c: int
    s: Subject = Subject.SELF
    p: Polarity = Polarity.AFFIRMED
    m: Modality = Modality.FACT


class PickedVoice(Shape):
    c: int
    p: VocPolarity
    v: int | None = None

    @property
    def severity(self) -> int:
        return _usual_severity(self.p) if self.v is None else self.v


def written_fact(c: int, s: str, p: str, m: str) -> dict[str, Any]:
    """A fact as the model is to write it."""
    pick = PickedFact(c=c, s=Subject(s), p=Polarity(p), m=Modality(m))
    return pick.model_dump(mode="json", exclude_defaults=True)


def written_voice(c: int, p: str, v: int) -> dict[str, Any]:
    polarity = VocPolarity(p)
    pick = PickedVoice(c=c, p=polarity, v=None if v == _usual_severity(polarity) else v)
    return pick.model_dump(mode="json", exclude_defaults=True)


def _usual_severity(polarity: VocPolarity) -> int:
    return 2 if polarity is VocPolarity.NEGATIVE else 1


def among(candidates: Sequence[Candidate], request: ChatRequest) -> ChatRequest:
    """A request whose schema takes no more picks than there are candidates.

    A weak model that has picked them all begins again, up to the schema's limit. The schema depends on how many there
    are, not on which: an engine compiles it once for each number.
    """
    schema = copy.deepcopy(request.schema or {})
    for picks in schema.get("properties", {}).values():
        picks["maxItems"] = min(picks["maxItems"], len(candidates))
    return replace(request, schema=schema)
