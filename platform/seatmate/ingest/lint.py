"""One report per build: what is wrong, or may be wrong, with the documents of a snapshot, before it is published.

Pure: documents and passages in, findings out. What addresses a model is withheld passage by passage, and its document
is published without it. What a document shows by itself is looked for when it is new; of one that has not changed, what
was found before still stands. Knows nothing of storage; what a finding leads to is for people to say, but for that.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

from seatmate.domain.facts import Disagreement
from seatmate.domain.knowledge import DocumentVersion, Passage
from seatmate.domain.lint import LintCode, LintFinding, LintKind, LintPlace, Severity
from seatmate.ingest.difference import words_of
from seatmate.ingest.lint_alike import contradicting, overlapping
from seatmate.ingest.lint_injection import Suspicion, suspicions
from seatmate.ingest.lint_legible import crowded, unreadable
from seatmate.ingest.lint_orphans import expiring, orphans

SOON = 14
"""Days before its end from which on a document is reported."""

_SEAM = 60
"""Characters on both sides of a cut that are read together: an order may be cut in two."""
_ORDER = (Severity.BLOCKING, Severity.WARNING, Severity.INFO)
_BY_ITSELF = frozenset({LintKind.INJECTION, LintKind.UNREADABLE, LintKind.CROWDED})
"""What one document shows, whatever others there are and whatever day it is."""


@dataclass(frozen=True)
class Examined:
    """Of an earlier version in which nothing was found: passages by their words, and each two together."""

    words: frozenset[str] = frozenset()
    pairs: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> "Examined":
        words = [words_of(p) for p in sorted(passages, key=lambda p: p.start)]
        return cls(frozenset(words), frozenset(pairwise(words)))


@dataclass(frozen=True)
class ToLint:
    """What a snapshot will have, and what is known beside it.

    `remarks` are what the reader could not make sense of, by doc_id. `known_ids` are the doc_ids of all earlier
    snapshots: to supersede one of them is no fault. `told` is what these rules said before of documents that have not
    changed since, `unchanged` their doc_ids. `examined` is what they have seen of the others' earlier versions.
    """

    documents: Sequence[DocumentVersion]
    passages: Sequence[Passage]
    disagreements: Sequence[Disagreement] = ()
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    known_ids: Set[str] = frozenset()
    unchanged: Set[str] = frozenset()
    told: Sequence[LintFinding] = ()
    examined: Mapping[str, Examined] = field(default_factory=dict)


@dataclass(frozen=True)
class Linted:
    findings: tuple[LintFinding, ...]
    """The worst first."""
    quarantined: tuple[Passage, ...]
    """Not to be indexed."""


def lint(knowledge: ToLint, day: date, soon: int = SOON) -> Linted:
    """`day` is the day of the build in Asia/Shanghai."""
    new = [d for d in knowledge.documents if d.doc_id not in knowledge.unchanged]
    cut = [p for p in knowledge.passages if p.doc_id not in knowledge.unchanged]
    injected, quarantined = _injections(new, cut, knowledge.examined)
    findings = [
        *injected,
        *(f for f in knowledge.told if f.kind in _BY_ITSELF and knowledge.unchanged >= set(f.doc_ids)),
        *(_disagreement(d) for d in knowledge.disagreements),
        *contradicting(knowledge.documents, knowledge.passages),
        *overlapping(knowledge.documents, knowledge.passages),
        *orphans(knowledge.documents, knowledge.known_ids),
        *expiring(knowledge.documents, day, soon),
        *unreadable(new, cut, knowledge.remarks),
        *crowded(new, cut),
    ]
    return Linted(tuple(sorted(findings, key=lambda f: _ORDER.index(f.severity))), quarantined)


@cache
def rules() -> str:
    """Which rules these are: other ones look at every document anew."""
    files = sorted(Path(__file__).parent.glob("lint*.*"))
    return hashlib.sha256(b"\n".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _injections(
    documents: Sequence[DocumentVersion], passages: Sequence[Passage], examined: Mapping[str, Examined]
) -> tuple[list[LintFinding], tuple[Passage, ...]]:
    """Findings by document, and the passages to withhold: by their own words, their headings, or over a cut."""
    by_document: dict[tuple[str, str], list[Passage]] = defaultdict(list)
    for passage in passages:
        by_document[passage.doc_id, passage.version].append(passage)
    found: list[LintFinding] = []
    withheld: list[Passage] = []
    for document in documents:
        cut = sorted(by_document[document.doc_id, document.version], key=lambda p: p.start)
        suspects = _suspects(document, cut, examined.get(document.doc_id, Examined()))
        withheld += [passage for passage, suspicion in suspects if _is_sure(suspicion)]
        found += [_injection(document, passage, suspicion) for passage, suspicion in suspects]
    return found, tuple(withheld)


def _suspects(
    document: DocumentVersion, passages: Sequence[Passage], examined: Examined
) -> list[tuple[Passage, Suspicion]]:
    """Each suspect passage once, with the first thing found."""
    words = {passage: words_of(passage) for passage in passages}
    new = [passage for passage in passages if words[passage] not in examined.words]
    contexts = {context: suspicions(context) for context in dict.fromkeys(p.context for p in new)}
    found: dict[Passage, Suspicion] = {}
    for passage in new:
        above = [Suspicion(s.code, 0, len(passage.text)) for s in contexts[passage.context]]
        if suspicion := _worst([*suspicions(passage.text), *above]):
            found[passage] = suspicion
    for one, other in pairwise(passages):
        if one in found or other in found or (words[one], words[other]) in examined.pairs:
            continue
        start, end = max(one.start, one.end - _SEAM), min(other.end, other.start + _SEAM)
        if (suspicion := _worst(suspicions(document.text[start:end]))) and _is_sure(suspicion):
            found[one] = Suspicion(suspicion.code, start - one.start, len(one.text))
            found[other] = Suspicion(suspicion.code, 0, end - other.start)
    return list(found.items())


def _worst(found: Sequence[Suspicion]) -> Suspicion | None:
    return min(found, key=lambda s: not _is_sure(s)) if found else None


def _is_sure(suspicion: Suspicion) -> bool:
    return suspicion.code is not LintCode.READS_LIKE_AN_ORDER


def _injection(document: DocumentVersion, passage: Passage, suspicion: Suspicion) -> LintFinding:
    quote = passage.text[suspicion.start : suspicion.end]
    sure = _is_sure(suspicion)
    said = f"（解码后：{suspicion.decoded}）" if suspicion.decoded else ""
    detail = (
        f"《{document.title}》有一段文字像是写给模型的指令，或对人隐藏了内容，已不进入检索：“{quote}”{said}"
        if sure
        else f"《{document.title}》有一段话的写法不像给坐席看的文件，请人工看一眼：“{quote}”"
    )
    start = passage.start + suspicion.start
    place = LintPlace(
        doc_id=document.doc_id, version=document.version, start=start, end=start + len(quote), quote=quote
    )
    return LintFinding(
        kind=suspicion.code.kind,
        code=suspicion.code,
        severity=Severity.BLOCKING if sure else Severity.WARNING,
        doc_ids=(document.doc_id,),
        product_codes=passage.product_codes,
        places=(place,),
        detail=detail,
    )


def _disagreement(disagreement: Disagreement) -> LintFinding:
    facts = disagreement.facts
    condition = f"（{disagreement.condition}）" if disagreement.condition else ""
    stated = "、".join(dict.fromkeys(fact.raw for fact in facts))
    return LintFinding(
        kind=LintCode.PRODUCT_DISAGREES.kind,
        code=LintCode.PRODUCT_DISAGREES,
        severity=Severity.BLOCKING,
        doc_ids=tuple(dict.fromkeys(fact.doc_id for fact in facts)),
        product_codes=(disagreement.product_code,),
        places=tuple(
            LintPlace(doc_id=f.doc_id, version=f.version, start=f.start, end=f.end, quote=f.quote) for f in facts
        ),
        detail=f"产品{disagreement.product_code}的{disagreement.attribute.label}{condition}说法不一：{stated}。"
        "核实之前，坐席看不到这个产品。",
    )
