"""Records as a release might make them of the hand-written talks, in a ledger, with an agent's corrections."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from seatmate.domain.call_ports import CallLedger
from seatmate.domain.calls import Conversation
from seatmate.domain.corrections import Correction, corrected
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.findings import (
    CallRecord,
    FoundBy,
    Intent,
    Outcome,
    SentimentShift,
    Source,
    Summary,
    SummaryItem,
)
from seatmate.domain.redaction import redact
from seatmate.domain.timeline import CustomerCall
from seatmate_tune.gold import call_of
from seatmate_tune.talks import Talk

RELEASE = "release-1"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MOST = {"situation": 2, "action": 3, "commitments": 2, "follow_ups": 2, "objections": 2, "risk_notes": 2}


def record_of(talk: Talk, conversation: Conversation | None = None) -> CallRecord:
    """Each marked turn as an item that quotes itself, facts and voices as the words found them."""
    said = conversation or talk.conversation
    sections: dict[str, list[SummaryItem]] = {name: [] for name in MOST}
    outcome: list[Evidence] = []
    for turn, section in talk.sections:
        quote = quote_of(said, said.utterances[turn].utt_id)
        if quote is None:
            continue
        if section == "outcome":
            outcome.append(quote)
        elif section in sections and len(sections[section]) < MOST[section]:
            text = redact(quote.quote).text[:60]
            sections[section].append(SummaryItem(text=text, source=Source.QUOTE, evidence=(quote,)))
    outcome = outcome or [q for q in [quote_of(said, said.utterances[-1].utt_id)] if q]
    first = quote_of(said, said.utterances[1].utt_id)
    marked = call_of(talk).record
    return CallRecord(
        conversation_id=said.conversation_id,
        transcript_sha256=said.transcript_sha256,
        release_id=RELEASE,
        recorded_at=AT,
        summary=Summary(
            **{name: tuple(items) for name, items in sections.items()},  # type: ignore[arg-type]
            intents=tuple(Intent(label=i, resolved=True, evidence=(first,)) for i in talk.intents[:2] if first),
            outcome=Outcome(status=talk.outcome, text=redact(outcome[-1].quote).text, evidence=tuple(outcome[-1:])),
            sentiment=SentimentShift(begin=talk.mood[0], end=talk.mood[1]),
        ),
        kyc=tuple(fact.model_copy(update={"found_by": FoundBy.WORDS}) for fact in marked.kyc),
        voc=tuple(item.model_copy(update={"found_by": FoundBy.WORDS}) for item in marked.voc),
    )


async def keep(ledger: CallLedger, calls: Iterable[CustomerCall]) -> None:
    for call in calls:
        await ledger.receive(call.conversation)
        await ledger.save_record(call.record)


async def send_back(ledger: CallLedger, record: CallRecord, section: str, lines: Sequence[str]) -> None:
    """The agent's correction; with the record's own lines it says that the record is right."""
    wanted = Correction(section=section, lines=tuple(lines))  # type: ignore[arg-type]
    await ledger.correct(record.conversation_id, [corrected(record, wanted, "agent-7", AT)])


def with_id(conversation: Conversation, key: str, customer: str = "") -> Conversation:
    return conversation.model_copy(update={"conversation_id": key, "customer_id": customer or key})
