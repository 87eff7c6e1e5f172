"""A past answer looked at again: does its evidence still stand, and would the same release say the same?

Every quote is compared with the document version that it was cut from, which is kept for ever. Asking again needs the
release: one of other code cannot be served here, and then only the evidence is looked at.
"""

from collections.abc import Awaitable, Callable

from seatmate.domain.answers import Answer, Citation, Question
from seatmate.domain.errors import BadInput, NotFound, SeatmateError
from seatmate.domain.model import Shape
from seatmate.domain.ports import KnowledgeLedger

AskAgain = Callable[[Answer, Question], Awaitable[Answer]]
"""The release and the snapshot of the answer, asked the same. Raises a SeatmateError when that cannot be done."""


class Replay(Shape):
    """An answer as it was, what is wrong with its evidence, and what the same release says now."""

    answer: Answer
    evidence_faults: tuple[str, ...]
    """Empty: every quote is, character for character, what its document version says there."""
    again: Answer | None
    not_again: str = ""
    """Why it could not be asked again."""
    differences: tuple[str, ...] = ()
    """Fields in which the two answers differ."""

    @property
    def is_same(self) -> bool:
        return self.again is not None and not self.differences


async def replay(answer: Answer, knowledge: KnowledgeLedger, ask_again: AskAgain) -> Replay:
    faults = [fault for cited in _citations(answer) if (fault := await _fault(cited, knowledge))]
    try:
        again = await ask_again(answer, _question(answer))
    except SeatmateError as error:
        return Replay(answer=answer, evidence_faults=tuple(faults), again=None, not_again=error.detail)
    return Replay(
        answer=answer, evidence_faults=tuple(faults), again=again, differences=tuple(differences(answer, again))
    )


def differences(before: Answer, after: Answer) -> list[str]:
    """What an agent would see differently; times and costs are nobody's concern."""
    seen = ("standalone_query", "as_of", "status", "reason", "text", "note", "sentences", "approved_id")
    return [name for name in seen if getattr(before, name) != getattr(after, name)]


def _question(answer: Answer) -> Question:
    asked = answer.asked
    if asked is None:
        raise BadInput(f"{answer.answer_id} was recorded without what it was asked with")
    return Question(
        question=answer.question,
        history=asked.history,
        as_of=asked.at,
        conversation_id=asked.conversation_id,
        scope=asked.scopes,
    )


def _citations(answer: Answer) -> list[Citation]:
    return [*(cited for sentence in answer.sentences for cited in sentence.citations), *answer.nearest]


async def _fault(cited: Citation, knowledge: KnowledgeLedger) -> str:
    try:
        document = await knowledge.document(cited.doc_id, cited.version)
    except NotFound:
        return f"{cited.doc_id} {cited.version} is not there any more"
    stands = document.text[cited.start : cited.end] == cited.quote
    return "" if stands else f"{cited.doc_id} {cited.version} does not say its quote at {cited.start}–{cited.end}"
