"""A bank of four documents and one call, and the answers, passages and records that the tests of the metrics spoil.

The rate table lives twice: 1.45% until 8 November, 1.40% from the 9th. The memo is for supervisors alone.
"""

from collections.abc import Sequence
from datetime import datetime

from seatmate.domain.answers import Answer, AnswerStatus, Citation, Latency, Sentence, SentenceSource
from seatmate.domain.calls import Conversation
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.findings import (
    CallRecord,
    KycFact,
    Modality,
    Polarity,
    Skipped,
    SkipReason,
    Source,
    Subject,
    Summary,
    SummaryItem,
)
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion, Validity
from seatmate.testing.call_contract import conversation
from seatmate_eval.outputs import FoundPassage
from seatmate_eval.sample_bank import Bank

OLD_DAY = datetime(2026, 11, 5, 10, tzinfo=BANK_ZONE)
DAY = datetime(2026, 11, 18, 10, tzinfo=BANK_ZONE)
ALWAYS = Validity()
_NINTH = datetime(2026, 11, 9, tzinfo=BANK_ZONE)


def document(
    doc_id: str, text: str, *, title: str = "", scope: tuple[str, ...] = ("retail",), validity: Validity = ALWAYS
) -> DocumentVersion:
    return DocumentVersion(
        doc_id=doc_id,
        version=DocumentVersion.version_of(text, doc_id),
        path=f"{doc_id}.md",
        title=title or doc_id,
        doc_type="公告",
        product_codes=(),
        scope=scope,
        validity=validity,
        published_at=None,
        supersedes=None,
        text=text,
    )


OLD_RATES = document(
    "rates",
    "自2026年10月1日起执行。\n一年期：1.45%\n三年期：1.80%",
    title="挂牌利率表",
    validity=Validity(None, _NINTH),
)
RATES = document(
    "rates",
    "自2026年11月9日起执行。\n一年期：1.40%\n三年期：1.75%",
    title="挂牌利率表",
    validity=Validity(_NINTH, None),
)
FEES = document("fees", "跨行转账手续费：每笔10元，最高50元。\n挂失免费。", title="收费标准")
MEMO = document("memo", "班长可减免违约金200元。", title="减免权限", scope=("supervisor",))
CALL = conversation("C-1", "您好，有什么可以帮您", "我有二十万月底到期", "是您本人的吗", "对 我是退休老师", "好的")
BANK = Bank(
    documents={"rates": [OLD_RATES, RATES], "fees": [FEES], "memo": [MEMO]},
    conversations={CALL.conversation_id: CALL},
    corpus_sha256="0" * 64,
)


def cite(version: DocumentVersion, quote: str, *, start: int | None = None) -> Citation:
    at = version.text.index(quote) if start is None else start
    return Citation(
        doc_id=version.doc_id,
        version=version.version,
        title=version.title,
        start=at,
        end=at + len(quote),
        quote=quote,
        valid_from=version.validity.first_day,
        valid_to=version.validity.last_day,
    )


def sentence(text: str, *citations: Citation, source: SentenceSource = SentenceSource.MODEL) -> Sentence:
    return Sentence(text=text, source=source, citations=citations)


def answer(
    *sentences: Sentence,
    status: AnswerStatus | None = None,
    as_of: datetime = DAY,
    note: str = "",
    text: str | None = None,
    nearest: tuple[Citation, ...] = (),
) -> Answer:
    told = "".join(one.text for one in sentences) + note
    return Answer(
        answer_id="ans-1",
        release_id="rel-1",
        snapshot=1,
        as_of=as_of,
        question="一年定期多少",
        standalone_query="一年定期多少",
        text=told if text is None else text,
        sentences=sentences,
        status=status or (AnswerStatus.GROUNDED if sentences else AnswerStatus.ABSTAINED),
        note=note,
        nearest=nearest,
        prompt_tokens=300,
        completion_tokens=20,
        latency_ms=Latency(rewrite=1, retrieve=2, first_sentence=30 if sentences else None, total=40),
    )


def passage(version: DocumentVersion, quote: str) -> FoundPassage:
    place = cite(version, quote)
    return FoundPassage(
        **place.model_dump(include={"doc_id", "version", "title", "start", "end", "valid_from", "valid_to"}),
        text=quote,
        score=1.0,
        relevance=1.0,
    )


def evidence(utt_id: str, quote: str = "", call: Conversation = CALL) -> Evidence:
    """Of the whole utterance, or of these words of it."""
    start = next(u.text for u in call.utterances if u.utt_id == utt_id).index(quote)
    found = quote_of(call, utt_id, start, start + len(quote) if quote else None)
    assert found is not None
    return found


def fact(field: str, *places: Evidence, modality: Modality = Modality.FACT) -> KycFact:
    return KycFact(
        field=field,
        value=places[0].quote,
        value_text=places[0].quote,
        subject=Subject.SELF,
        polarity=Polarity.AFFIRMED,
        modality=modality,
        said_at=CALL.started_at,
        confidence=0.9,
        evidence=places,
    )


def record(
    *facts: KycFact, summary: Summary | None = None, skipped: Sequence[str] = ("kyc", "voc", "nodes")
) -> CallRecord:
    line = SummaryItem(text="我有二十万月底到期", source=Source.QUOTE, evidence=(evidence("u2"),))
    return CallRecord(
        conversation_id=CALL.conversation_id,
        transcript_sha256=CALL.transcript_sha256,
        release_id="rel-1",
        recorded_at=DAY,
        summary=Summary(situation=(line,)) if summary is None else summary,
        kyc=facts,
        skipped=tuple(Skipped(analysis=name, reason=SkipReason.NOTHING_FOUND) for name in skipped),
    )
