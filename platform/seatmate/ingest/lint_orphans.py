"""Documents that name what nobody has, that nobody can read, or whose time is short. Decided by ids and dates."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from datetime import date, datetime, time, timedelta

from seatmate.domain.facts import overlap
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion
from seatmate.domain.lint import LintCode, LintFinding, Severity

_SHEET = re.compile(r"说明书?$")
_FEW = 3
"""A sheet of more products than this is a list: it names them and explains none."""


def orphans(documents: Sequence[DocumentVersion], known_ids: Set[str]) -> list[LintFinding]:
    """`known_ids` are the doc_ids of every earlier snapshot: to supersede one of them is no fault."""
    current = [d for d in documents if not d.superseded]
    return [
        *_superseding(current, known_ids | {d.doc_id for d in documents}),
        *_products_without_sheet(current),
        *(_no_scope(d) for d in current if not d.scope),
    ]


def expiring(documents: Iterable[DocumentVersion], day: date, days: int) -> list[LintFinding]:
    """What ends within `days` after `day` (Asia/Shanghai), has ended, or has not yet begun."""
    begin = datetime.combine(day, time.min, BANK_ZONE)
    return [
        finding
        for document in documents
        if not document.superseded and (finding := _by_date(document, begin, begin + timedelta(days=days + 1)))
    ]


def _by_date(document: DocumentVersion, begin: datetime, soon: datetime) -> LintFinding | None:
    validity = document.validity
    if validity.until is not None and validity.until <= begin:
        return _finding(
            LintCode.HAS_ENDED,
            Severity.WARNING,
            document,
            f"《{document.title}》已于{validity.last_day}失效，仍在本次资料中。请撤下，或确认只供查询历史。",
        )
    if validity.until is not None and validity.until <= soon:
        return _finding(
            LintCode.ENDS_SOON,
            Severity.INFO,
            document,
            f"《{document.title}》将于{validity.last_day}到期，请准备后续版本或撤下。",
        )
    if validity.since is not None and validity.since >= begin + timedelta(days=1):
        return _finding(
            LintCode.NOT_YET,
            Severity.INFO,
            document,
            f"《{document.title}》自{validity.first_day}起才生效，此前坐席查不到。",
        )
    return None


def _superseding(current: Sequence[DocumentVersion], known: Set[str]) -> Iterable[LintFinding]:
    by_id = {d.doc_id: d for d in current}
    for document in current:
        replaced = document.supersedes
        if replaced is None:
            continue
        if _leads_back(document, by_id):
            yield _finding(
                LintCode.SUPERSEDES_ITSELF,
                Severity.WARNING,
                document,
                f"《{document.title}》所替代的文件最终又指回它自己，无法判断以哪份为准。",
            )
        elif replaced not in known:
            yield _finding(
                LintCode.SUPERSEDES_UNKNOWN,
                Severity.WARNING,
                document,
                f"《{document.title}》写明替代“{replaced}”，但没有这份文件。请核对编号。",
            )
        elif replaced in by_id and overlap(document.validity, by_id[replaced].validity):
            old = by_id[replaced]
            yield LintFinding(
                kind=LintCode.SUPERSEDED_STILL_THERE.kind,
                code=LintCode.SUPERSEDED_STILL_THERE,
                severity=Severity.WARNING,
                doc_ids=(document.doc_id, old.doc_id),
                product_codes=document.product_codes,
                detail=f"《{document.title}》已替代《{old.title}》，后者仍在本次资料中且同时有效。请撤下或写明失效日期。",
            )


def _leads_back(document: DocumentVersion, by_id: dict[str, DocumentVersion]) -> bool:
    seen: set[str] = set()
    at: DocumentVersion | None = document
    while at is not None and at.supersedes is not None and at.doc_id not in seen:
        seen.add(at.doc_id)
        if at.supersedes == document.doc_id:
            return True
        at = by_id.get(at.supersedes)
    return False


def _products_without_sheet(current: Sequence[DocumentVersion]) -> Iterable[LintFinding]:
    """Products that documents speak of and that no sheet explains, one finding each."""
    explained: set[str] = set()
    spoken_of: dict[str, list[str]] = defaultdict(list)
    for document in current:
        if _SHEET.search(document.doc_type) and len(document.product_codes) <= _FEW:
            explained.update(document.product_codes)
        for code in document.product_codes:
            spoken_of[code].append(document.doc_id)
    for code in sorted(spoken_of.keys() - explained):
        yield LintFinding(
            kind=LintCode.PRODUCT_WITHOUT_SHEET.kind,
            code=LintCode.PRODUCT_WITHOUT_SHEET,
            severity=Severity.INFO,
            doc_ids=tuple(spoken_of[code]),
            product_codes=(code,),
            detail=f"产品{code}在{len(spoken_of[code])}份文件中出现，但没有它的产品说明书。",
        )


def _no_scope(document: DocumentVersion) -> LintFinding:
    return _finding(
        LintCode.NO_SCOPE,
        Severity.WARNING,
        document,
        f"《{document.title}》没有写明可见范围，收下了，但没有人能查到。",
    )


def _finding(code: LintCode, severity: Severity, document: DocumentVersion, detail: str) -> LintFinding:
    return LintFinding(
        kind=code.kind,
        code=code,
        severity=severity,
        doc_ids=(document.doc_id,),
        product_codes=document.product_codes,
        detail=detail,
    )
