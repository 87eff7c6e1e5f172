"""Gold that people wrote for training: conversations marked in finetune/talks' form, or JSONL of `{conversation, record}`.

A marked talk has facts and voices, but no sentences of a summary: it gives KYC and VOC. A record in JSONL gives all three.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from seatmate.domain.calls import Conversation
from seatmate.domain.errors import Misconfigured
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.findings import CallRecord, KycFact, Summary, VocItem
from seatmate.domain.timeline import CustomerCall
from seatmate_tune.draft import Gathered, together
from seatmate_tune.records import Kit, gather_gold
from seatmate_tune.talks import Place, Talk, read_talks

BY_HAND = "hand-written"
"""The release of records that no release made."""


def read_gold(paths: Sequence[Path], kit: Kit) -> Gathered:
    """Misconfigured for a path that is not there: gold that silently is not read would be missed by nobody."""
    parts = []
    for path in paths:
        if not path.exists():
            raise Misconfigured(f"there is no gold at {path}")
        marked = path.is_dir()
        calls = [call_of(talk) for talk in read_talks(path)] if marked else read_records(path)
        kept = [call for call in calls if call.conversation.conversation_id not in kit.recipe.without_calls]
        parts.append(gather_gold(kept, kit, with_summary=not marked))
    return together(parts)


def read_records(path: Path) -> list[CustomerCall]:
    """One `{"conversation": …, "record": …}` a line."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        CustomerCall(Conversation.model_validate(row["conversation"]), CallRecord.model_validate(row["record"]))
        for row in rows
    ]


def call_of(talk: Talk) -> CustomerCall:
    """A talk's marks as a record without sentences."""
    at = talk.conversation.started_at
    facts = [
        KycFact(
            field=mark.field, value=mark.value, value_text=quote.quote, subject=mark.subject, polarity=mark.polarity,
            modality=mark.modality, said_at=at, confidence=1.0, evidence=(quote,),
        )
        for mark in talk.facts
        if (quote := _quote(talk.conversation, mark.place)) is not None
    ]  # fmt: skip
    voices = [
        VocItem(
            polarity=mark.polarity, label_l1=mark.label, label=mark.label, severity=mark.severity, evidence=(quote,)
        )
        for mark in talk.voices
        if (quote := _quote(talk.conversation, mark.place)) is not None
    ]
    return CustomerCall(talk.conversation, _record(talk.conversation, at, facts, voices))


def _record(
    conversation: Conversation, at: datetime, facts: Sequence[KycFact], voices: Sequence[VocItem]
) -> CallRecord:
    return CallRecord(
        conversation_id=conversation.conversation_id,
        transcript_sha256=conversation.transcript_sha256,
        release_id=BY_HAND,
        recorded_at=at,
        summary=Summary(),
        kyc=tuple(facts),
        voc=tuple(voices),
    )


def _quote(conversation: Conversation, place: Place) -> Evidence | None:
    return quote_of(conversation, conversation.utterances[place.turn].utt_id, place.start, place.end)
