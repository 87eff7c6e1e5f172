"""通话小结: the model writes sections, every sentence is held against the call; what fails becomes the quote itself.

An item is a sentence with the numbers it rests on, or a number alone: shown as it was said. A sentence passes when each
figure in it stands in the utterances it cites and its words are words of the call, at least one of them of the cited
utterances. That does not prove the sentence true: it proves that nothing in it is made up. What it cites must suit its
section by the outline's rules as well, and the outline fills what the model leaves empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from seatmate.aftercall.checks import Said
from seatmate.aftercall.outline import Outline, alike
from seatmate.aftercall.outline_rules import SECTIONS, Section
from seatmate.aftercall.output import items, read_object
from seatmate.aftercall.task import Tasks
from seatmate.aftercall.transcript import task_request
from seatmate.aftercall.words import rests_on
from seatmate.domain.evidence import Evidence, is_exact, quote_of
from seatmate.domain.figures import find_figures
from seatmate.domain.findings import (
    CallKind,
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
from seatmate.prompts import Prompts


class _Sentence(Shape):
    """Without words of its own: as it was said."""

    t: str = ""
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


async def summarise(said: Said, tasks: Tasks, task: str, products: Sequence[Product], outline: Outline) -> Summarised:
    """What the model writes of a call, or of a part of one, that passes; `joined_summaries` makes it whole.

    `task` is the prompt: `summary` asks for sentences, `quotes` for the numbers of those that were said.
    """
    request = task_request(tasks.prompts, task, said.transcript, tasks.max_tokens)
    reply = await tasks.run("summary", request)
    answer = read_object(reply.text)
    if answer is None:
        invalid = Skipped(analysis="summary", reason=SkipReason.MODEL_OUTPUT_INVALID, detail="no JSON object")
        return Summarised(Summary(products=_products(said, products)), (invalid,), (reply.usage,))
    check = _Check(said, outline, [])
    sections = check.sections(answer)
    summary = Summary(
        situation=sections["situation"],
        intents=check.intents(items(answer, "intents"), intents_of(tasks.prompts)),
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


def unwritten(said: Said, products: Sequence[Product]) -> Summarised:
    """Where no model writes: the outline will be the summary."""
    return Summarised(Summary(products=_products(said, products)), (), ())


def joined_summaries(parts: Sequence[Summarised], outline: Outline) -> Summarised:
    """The parts of a call as one, and from the outline what the model left out.

    What happened stands in order, the mood begins with the first part, the last tells the outcome. Sections stay as
    short as the outline's; a promise is never left out.
    """
    summaries = [part.summary for part in parts]
    drawn = outline.summary
    intents = {intent.label: intent for summary in summaries for intent in summary.intents}
    moods = [summary.sentiment for summary in summaries if summary.sentiment is not None]
    whole = Summary(
        **_whole_sections(summaries, outline),
        intents=tuple(intents.values())[: outline.rules.intents.most] or drawn.intents,
        products=tuple(dict.fromkeys(code for summary in summaries for code in summary.products)),
        outcome=next((s.outcome for s in reversed(summaries) if s.outcome is not None), drawn.outcome),
        sentiment=SentimentShift(begin=moods[0].begin, end=moods[-1].end) if moods else drawn.sentiment,
        kinds=drawn.kinds,
    )
    skipped = tuple(one for part in parts for one in part.skipped)
    return Summarised(whole, skipped, tuple(one for part in parts for one in part.usage))


def nothing_said(outline: Outline, skipped: Skipped) -> Summarised:
    """A call in which there was nothing to summarise: what was said all the same, and that it came to nothing."""
    drawn = outline.summary
    outcome = drawn.outcome
    if outcome is not None:
        outcome = outcome.model_copy(update={"status": OutcomeStatus.ABANDONED})
    kinds = {*drawn.kinds, CallKind.ABANDONED} - {CallKind.NORMAL}
    told = {"outcome": outcome, "kinds": tuple(kind for kind in CallKind if kind in kinds)}
    return Summarised(drawn.model_copy(update=told), (skipped,), ())


def _whole_sections(summaries: Sequence[Summary], outline: Outline) -> dict[Section, tuple[SummaryItem, ...]]:
    written = {section: [item for s in summaries for item in getattr(s, section)] for section in SECTIONS}
    used = {e.utt_id for found in written.values() for item in found for e in item.evidence}
    sections = {}
    for section in SECTIONS:
        drawn: tuple[SummaryItem, ...] = getattr(outline.summary, section)
        unused = [item for item in drawn if not any(e.utt_id in used for e in item.evidence)]
        sections[section] = _short(section, written[section] or unused, outline)
    return sections


def _short(section: Section, found: Sequence[SummaryItem], outline: Outline) -> tuple[SummaryItem, ...]:
    """Each thing once, the heaviest of what is too much, in the order of the call; the reason of a call comes first."""
    kept: list[SummaryItem] = []
    for item in found:
        if not any(alike(item.text, other.text) for other in kept):
            kept.append(item)
    most = outline.rules.most(section, len(outline.talk.texts))
    if most is not None and section != "situation":
        heaviest = sorted(kept, key=lambda item: outline.above(section, item.evidence[0].utt_id), reverse=True)
        kept = heaviest[:most]
    place = {utt_id: turn for turn, utt_id in enumerate(outline.talk.ids)}
    ordered = sorted(kept, key=lambda item: (place[item.evidence[0].utt_id], item.evidence[0].start))
    return tuple(ordered[:most])


@dataclass
class _Check:
    """Checks item by item and remembers what it dropped."""

    said: Said
    outline: Outline
    skipped: list[Skipped]

    def sections(self, answer: dict[str, Any]) -> dict[Section, tuple[SummaryItem, ...]]:
        """Each section's items. What does not suit its section is dropped; a line is shown in one section only."""
        read = [(section, one) for section in SECTIONS for one in self._sentences(section, items(answer, section))]
        owners: dict[str, tuple[float, Section]] = {}
        for section, (_, evidence) in read:
            for quote in evidence:
                claim = self.outline.above(section, quote.utt_id), section
                if quote.utt_id not in owners or claim[0] > owners[quote.utt_id][0]:
                    owners[quote.utt_id] = claim
        found: dict[Section, list[SummaryItem]] = {section: [] for section in SECTIONS}
        for section, (text, evidence) in read:
            own = tuple(quote for quote in evidence if owners[quote.utt_id][1] == section)
            if own:
                found[section].append(self._item(section, text, own))
            else:
                self._drop(section, SkipReason.UNSUITED_EVIDENCE, "its words stand in another section")
        return {section: tuple(kept) for section, kept in found.items()}

    def _sentences(self, section: Section, written: list[Any]) -> list[tuple[str, tuple[Evidence, ...]]]:
        """What the model wrote for a section, with those of its quotes that suit it."""
        found = []
        for one in written:
            sentence = self._read(section, _Sentence, {"u": [one]} if isinstance(one, int) else one)
            evidence = () if sentence is None else self._quotes(section, sentence.u)
            if sentence is None or not evidence:
                continue
            if suited := tuple(quote for quote in evidence if self.outline.suits(section, quote.utt_id)):
                found.append((sentence.t, suited))
            else:
                self._drop(section, SkipReason.UNSUITED_EVIDENCE, "its words do not carry this section")
        return found

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

    def _item(self, section: Section, text: str, evidence: tuple[Evidence, ...]) -> SummaryItem:
        if not text.strip() and (said := self.outline.said(section, evidence[0].utt_id)):
            return said
        cited = [quote.quote for quote in evidence]
        whole = [utterance.text for utterance in self.said.conversation.utterances]
        if text.strip() and rests_on(text, cited, whole):
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


def intents_of(prompts: Prompts) -> frozenset[str]:
    """The intents that the prompt's schema knows."""
    schema: Any = prompts["aftercall/summary"].schema
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
