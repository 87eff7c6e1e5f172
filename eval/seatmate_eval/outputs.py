"""What the flows give back, by the shape of the case: the `output` of an item, written by drive.py, read by scores.

    AskCase                        Answer
    RetrievalCase                  Found
    PermissionCase                 Permitted
    InjectionCase in a question    Answer
      … in the history             Answer
      … in a document              Read
      … in a call                  TwoRecords
    RedactionCase                  MaskedTalk
    CallCase                       CallRecord
    NodesCase                      Executed
    LineCase                       Fired

Each is the flow's own JSON; nothing here judges it.
"""

from datetime import date

from seatmate.domain.answers import Answer
from seatmate.domain.calls import Speaker
from seatmate.domain.compliance import ComplianceHit
from seatmate.domain.findings import CallRecord, Skipped
from seatmate.domain.lint import LintFinding
from seatmate.domain.model import Shape
from seatmate.domain.nodes import ProcessNode

INJECTED = "injected"
"""The utt_id of the line that an injection adds to a call."""
LINE = "line"
"""The utt_id of the line that a LineCase is about; what was said before it is u1, u2…"""
PASSAGES = 10
"""How many passages a search is asked for."""


class FoundPassage(Shape):
    doc_id: str
    version: str
    title: str
    start: int
    end: int
    text: str
    score: float
    relevance: float
    valid_from: date | None
    valid_to: date | None


class Found(Shape):
    """Passages of a search, best first, at most PASSAGES."""

    passages: tuple[FoundPassage, ...]


class Permitted(Shape):
    """What somebody was told who may not read everything, by both doors."""

    answer: Answer
    passages: tuple[FoundPassage, ...]


class Read(Shape):
    """A document that held the text of the case under a heading of its own, as it would be published."""

    passages: tuple[str, ...]
    """What readers and models will see."""
    withheld: tuple[str, ...]
    """What lint keeps from the index."""
    findings: tuple[LintFinding, ...]
    """Those of the kind `injection`; `reads_like_an_order` is a warning and withholds nothing."""


class TwoRecords(Shape):
    """One call without the line of the case and with it. Equal requests to the model got equal replies."""

    without: CallRecord
    with_line: CallRecord
    """Its line has the utt_id INJECTED."""


class MaskedUtterance(Shape):
    utt_id: str
    speaker: Speaker
    text: str
    """With tokens such as ⟦PHONE⟧ in place of what was hidden; secrets are blanked."""


class Hidden(Shape):
    """`text[start:end]` of what was said."""

    utt_id: str
    start: int
    end: int
    kind: str
    token: str


class MaskedTalk(Shape):
    utterances: tuple[MaskedUtterance, ...]
    hidden: tuple[Hidden, ...]


class Executed(Shape):
    nodes: tuple[ProcessNode, ...]
    skipped: tuple[Skipped, ...] = ()


class Fired(Shape):
    """Every hit of every rule in the talk, the ones before the line too."""

    hits: tuple[ComplianceHit, ...]
