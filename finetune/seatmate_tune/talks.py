"""Training conversations written by hand in finetune/talks, with what an attentive reader marks in them.

One text file a bank, one line an utterance, marks in place, so that a quote is exact by construction:

    === id | channel | direction | scenario | start | risk level and birth year, or -
    intents: deposit_rate maturity
    outcome: partly
    mood: neutral positive
    坐 …  #action
    客 … [[maturing_funds=200000 CNY|plan::words]] [[voc=negative fees 2::words]] [[!fraud_signal::words]]

`breaches-*.txt` holds single lines instead: rule, + or -, what was said before, the line; tabs between. Nothing here is
in a suite, nothing of a suite is here (finetune/README.md).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seatmate.domain.calls import Channel, Conversation, Customer, Direction, RiskTolerance, Speaker, Utterance
from seatmate.domain.findings import Modality, OutcomeStatus, Polarity, Sentiment, Subject, VocPolarity
from seatmate.domain.knowledge import BANK_ZONE

_SPEAKERS = {"坐 ": Speaker.AGENT, "客 ": Speaker.CUSTOMER}
_TAG = re.compile(r"\s+#(\w+)$")
_MODALITIES = {"plan": Modality.PLAN, "hypo": Modality.HYPOTHETICAL, "ask": Modality.QUESTION}


@dataclass(frozen=True)
class Place:
    """`utterances[turn].text[start:end]`"""

    turn: int
    start: int
    end: int


@dataclass(frozen=True)
class MarkedFact:
    place: Place
    field: str
    value: str
    subject: Subject
    polarity: Polarity
    modality: Modality


@dataclass(frozen=True)
class MarkedVoice:
    place: Place
    polarity: VocPolarity
    label: str
    severity: int


@dataclass(frozen=True)
class MarkedBreach:
    place: Place
    rule: str


@dataclass(frozen=True)
class Talk:
    """A conversation and its marks. `sections` are pairs of a turn and a section of the summary."""

    conversation: Conversation
    intents: tuple[str, ...]
    outcome: OutcomeStatus
    mood: tuple[Sentiment, Sentiment]
    facts: tuple[MarkedFact, ...]
    voices: tuple[MarkedVoice, ...]
    breaches: tuple[MarkedBreach, ...]
    sections: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Line:
    """One line for or against a compliance rule, with what was said just before."""

    rule: str
    breach: bool
    before: tuple[tuple[Speaker, str], ...]
    text: str


def read_talks(folder: Path) -> list[Talk]:
    """Every conversation of a folder. Raises ValueError with file and line at the first fault."""
    return [talk for path in sorted(folder.glob("*.txt")) if "breaches" not in path.name for talk in _talks(path)]


def read_lines(folder: Path) -> list[Line]:
    """Every single line for or against a rule."""
    return [line for path in sorted(folder.glob("breaches-*.txt")) for line in read_line_file(path)]


def read_line_file(path: Path) -> Iterator[Line]:
    for number, written in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not written.strip():
            continue
        cells = written.split("\t")
        if len(cells) != 4 or cells[1] not in ("+", "-"):
            raise ValueError(f"{path.name}:{number}: not rule, sign, before, line")
        rule, sign, before, text = (cell.strip() for cell in cells)
        yield Line(rule, sign == "+", tuple(_before(before)), text)


def _before(written: str) -> Iterator[tuple[Speaker, str]]:
    for turn in filter(None, (part.strip() for part in re.split(r" / (?=[客坐])", written))):
        speaker = Speaker.AGENT if turn.startswith("坐") else Speaker.CUSTOMER
        yield speaker, re.sub(r"^[客坐][：:]\s*", "", turn)


def _talks(path: Path) -> Iterator[Talk]:
    block: list[tuple[int, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("===") and block:
            yield _talk(path, block)
            block = []
        if line.strip():
            block.append((number, line))
    if block:
        yield _talk(path, block)


def _talk(path: Path, block: list[tuple[int, str]]) -> Talk:
    number, head = block[0]
    try:
        talk_id, channel, direction, scenario, start, about = (cell.strip() for cell in head[3:].split("|"))
        reader = _Reader()
        named: dict[str, list[str]] = {}
        for at, line in block[1:]:
            number = at
            key, colon, rest = line.partition(":")
            if colon and key in ("intents", "outcome", "mood"):
                named[key] = rest.split()
            else:
                reader.line(line)
        (outcome,) = named["outcome"]
        begin, end = named["mood"]
        conversation = Conversation(
            conversation_id=talk_id,
            channel=Channel(channel),
            direction=Direction(direction),
            scenario=scenario,
            started_at=datetime.strptime(start, "%Y-%m-%d %H:%M").replace(tzinfo=BANK_ZONE),
            agent_id="A1",
            customer_id=talk_id,
            customer=_customer(about),
            utterances=tuple(reader.utterances),
        )
        return Talk(
            conversation,
            tuple(named["intents"]),
            OutcomeStatus(outcome),
            (Sentiment(begin), Sentiment(end)),
            tuple(reader.facts),
            tuple(reader.voices),
            tuple(reader.breaches),
            tuple(reader.sections),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path.name}:{number}: {error}") from error


def _customer(about: str) -> Customer:
    parts = about.split()
    level = next((RiskTolerance(part) for part in parts if part.startswith("C")), None)
    born = next((int(part) for part in parts if part.isdigit()), None)
    return Customer(risk_level=level, birth_year=born)


class _Reader:
    """Takes the marks out of the lines and remembers where they were."""

    def __init__(self) -> None:
        self.utterances: list[Utterance] = []
        self.facts: list[MarkedFact] = []
        self.voices: list[MarkedVoice] = []
        self.breaches: list[MarkedBreach] = []
        self.sections: list[tuple[int, str]] = []

    def line(self, written: str) -> None:
        speaker = _SPEAKERS.get(written[:2])
        if speaker is None:
            raise ValueError("a line begins with 坐 or 客")
        body, turn = written[2:], len(self.utterances)
        while tag := _TAG.search(body):
            self.sections.append((turn, tag[1]))
            body = body[: tag.start()]
        text = self._unmarked(body.rstrip(), turn)
        self.utterances.append(Utterance(utt_id=f"u{turn + 1}", speaker=speaker, text=text))

    def _unmarked(self, body: str, turn: int) -> str:
        text, opened, at = "", list[tuple[str, int]](), 0
        while at < len(body):
            if body.startswith("[[", at):
                head_ends = body.index("::", at)
                opened.append((body[at + 2 : head_ends], len(text)))
                at = head_ends + 2
            elif body.startswith("]]", at):
                head, start = opened.pop()
                self._mark(head, Place(turn, start, len(text)))
                at += 2
            else:
                text += body[at]
                at += 1
        if opened:
            raise ValueError(f"a mark is not closed: {opened[-1][0]}")
        return text

    def _mark(self, head: str, place: Place) -> None:
        if head.startswith("!"):
            self.breaches.append(MarkedBreach(place, head[1:]))
            return
        field, _, written = head.partition("=")
        value, *how = written.split("|")
        if field == "voc":
            polarity, label, severity = value.split()
            self.voices.append(MarkedVoice(place, VocPolarity(polarity), label, int(severity)))
            return
        self.facts.append(
            MarkedFact(
                place,
                field,
                value,
                next((Subject(one) for one in how if one in ("spouse", "child", "parent", "other")), Subject.SELF),
                Polarity.NEGATED if "neg" in how else Polarity.AFFIRMED,
                next((_MODALITIES[one] for one in how if one in _MODALITIES), Modality.FACT),
            )
        )
