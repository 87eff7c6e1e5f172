"""通话小结: the model writes sections, every sentence is held against the call; what fails becomes the quote itself.

A sentence passes when each figure in it stands in the utterances it cites and its words are words of the call, at least
one of them of the cited utterances. That does not prove the sentence true: it proves that nothing in it is made up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import ValidationError

from seatmate.aftercall.checks import Said
from seatmate.aftercall.output import items, read_object
from seatmate.aftercall.task import Tasks
from seatmate.aftercall.transcript import task_request
from seatmate.aftercall.words import rests_on
from seatmate.domain.evidence import Evidence, is_exact, quote_of
from seatmate.domain.figures import find_figures
from seatmate.domain.findings import (
    Intent,
    Outcome,
    OutcomeStatus,
    SentimentShift,
    Skipped,
    SkipReason,
    Source,
    StepUsage,
    Summary,
    SummaryItem,
)
from seatmate.domain.knowledge import Product
from seatmate.domain.model import Shape
from seatmate.domain.redaction import redact

Section = Literal["situation", "action", "commitments", "follow_ups", "objections", "risk_notes"]
SECTIONS: tuple[Section, ...] = get_args(Section)


class _Sentence(Shape):
    t: str
    u: tuple[int, ...]


class _Intent(Shape):
    l: str  # noqa: E741  (the key of the prompt's schema)
    r: bool
    u: tuple[int, ...]


class _Outcome(Shape):
    s: OutcomeStatus
    u: tuple[int, ...]


@dataclass(frozen=True)
class Summarised:
    summary: Summary
    skipped: tuple[Skipped, ...]
    usage: tuple[StepUsage, ...]


async def summarise(said: Said, tasks: Tasks, products: Sequence[Product]) -> Summarised:
    """The summary of a call, and what of the model's is not in it."""
    request = task_request(tasks.prompts, "summary", said.transcript, tasks.max_tokens)
    reply = await tasks.run("summary", request)
    answer = read_object(reply.text)
    if answer is None:
        invalid = Skipped(analysis="summary", reason=SkipReason.MODEL_OUTPUT_INVALID, detail="no JSON object")
        return Summarised(Summary(products=_products(said, products)), (invalid,), (reply.usage,))
    check = _Check(said, [])
    sections = {section: check.section(section, items(answer, section)) for section in SECTIONS}
    summary = Summary(
        situation=sections["situation"],
        intents=check.intents(items(answer, "intents"), _labels(tasks)),
        action=sections["action"],
        products=_products(said, products),
        commitments=sections["commitments"],
        outcome=check.outcome(answer.get("outcome")),
        follow_ups=sections["follow_ups"],
        objections=sections["objections"],
        sentiment=_sentiment(answer),
        risk_notes=sections["risk_notes"],
    )
    return Summarised(summary, tuple(check.skipped), (reply.usage,))


def joined_summaries(parts: Sequence[Summarised]) -> Summarised:
    """The parts of a call as one: what happened in order, the beginning of the first, the outcome of the last."""
    summaries = [part.summary for part in parts]
    intents = {intent.label: intent for summary in summaries for intent in summary.intents}
    moods = [summary.sentiment for summary in summaries if summary.sentiment is not None]
    whole = Summary(
        **{section: tuple(item for s in summaries for item in getattr(s, section)) for section in SECTIONS},
        intents=tuple(intents.values()),
        products=tuple(dict.fromkeys(code for summary in summaries for code in summary.products)),
        outcome=next((s.outcome for s in reversed(summaries) if s.outcome is not None), None),
        sentiment=SentimentShift(begin=moods[0].begin, end=moods[-1].end) if moods else None,
    )
    skipped = tuple(one for part in parts for one in part.skipped)
    return Summarised(whole, skipped, tuple(one for part in parts for one in part.usage))


@dataclass
class _Check:
    """Checks item by item and remembers what it dropped."""

    said: Said
    skipped: list[Skipped]

    def section(self, name: str, written: list[Any]) -> tuple[SummaryItem, ...]:
        found = []
        for one in written:
            sentence = self._read(name, _Sentence, one)
            evidence = () if sentence is None else self._quotes(name, sentence.u)
            if sentence is not None and evidence:
                found.append(self._item(sentence.t, evidence))
        return tuple(found)

    def intents(self, written: list[Any], labels: frozenset[str]) -> tuple[Intent, ...]:
        found = []
        for one in written:
            intent = self._read("intents", _Intent, one)
            if intent is None:
                continue
            if intent.l not in labels:
                self._drop("intents", SkipReason.MODEL_OUTPUT_INVALID, "unknown label")
            elif evidence := self._quotes("intents", intent.u):
                found.append(Intent(label=intent.l, resolved=intent.r, evidence=evidence))
        return tuple(found)

    def outcome(self, written: Any) -> Outcome | None:
        outcome = self._read("outcome", _Outcome, written)
        evidence = () if outcome is None else self._quotes("outcome", outcome.u)
        if outcome is None or not evidence:
            return None
        return Outcome(status=outcome.s, text=redact(evidence[-1].quote).text, evidence=evidence)

    def _item(self, text: str, evidence: tuple[Evidence, ...]) -> SummaryItem:
        cited = [quote.quote for quote in evidence]
        whole = [utterance.text for utterance in self.said.conversation.utterances]
        if rests_on(text, cited, whole):
            return SummaryItem(text=text.strip(), source=Source.MODEL, evidence=evidence)
        return SummaryItem(text=redact(cited[0]).text, source=Source.QUOTE, evidence=evidence)

    def _quotes(self, name: str, numbers: Sequence[int]) -> tuple[Evidence, ...]:
        """The cited utterances, whole; a number that names none is dropped."""
        found = []
        for number in dict.fromkeys(numbers):
            utt_id = self.said.transcript.utt_id(number)
            quote = None if utt_id is None else quote_of(self.said.conversation, utt_id)
            if quote is not None and is_exact(quote, self.said.conversation):
                found.append(quote)
            else:
                self._drop(name, SkipReason.UNVERIFIED_EVIDENCE, f"no utterance {number}")
        return tuple(found)

    def _read(self, name: str, shape: type[Any], written: Any) -> Any:
        try:
            return shape.model_validate(written)
        except ValidationError:
            self._drop(name, SkipReason.MODEL_OUTPUT_INVALID, "an item does not fit the schema")
            return None

    def _drop(self, name: str, reason: SkipReason, detail: str) -> None:
        self.skipped.append(Skipped(analysis=f"summary.{name}", reason=reason, detail=detail))


def _labels(tasks: Tasks) -> frozenset[str]:
    """The intents that the prompt's schema knows."""
    schema: Any = tasks.prompts["aftercall/summary"].schema
    return frozenset(schema["properties"]["intents"]["items"]["properties"]["l"]["enum"])


def _sentiment(answer: dict[str, Any]) -> SentimentShift | None:
    try:
        return SentimentShift.model_validate({"begin": answer.get("begin"), "end": answer.get("end")})
    except ValidationError:
        return None


def _products(said: Said, products: Sequence[Product]) -> tuple[str, ...]:
    """Codes of products that were named, by code or by a name of the knowledge in force; no model needed."""
    text = "\n".join(utterance.text for utterance in said.conversation.utterances)
    codes = [figure.value for figure in find_figures(text) if figure.kind == "code"]
    named = [p.code for p in products if any(name and name in text for name in (p.name, *p.aliases))]
    return tuple(dict.fromkeys([*codes, *named]))
