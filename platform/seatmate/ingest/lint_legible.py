"""Tables and characters that did not come out of a file as their writer saw them, and articles too long to answer from.

Characters are decided by what they are: replacement marks, private use, and bytes of one encoding read as another.
Knows no misspellings.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from seatmate.domain.knowledge import DocumentVersion, Passage
from seatmate.domain.lint import LintCode, LintFinding, LintPlace, Severity

_LOST = re.compile(r"[\ufffd\ue000-\uf8ff]|锟斤拷|烫烫烫|屯屯屯")
_LOST_SHARE = 0.02
_LATIN = re.compile(
    r"[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{3,}"
)
_CHINESE = re.compile(r"[\u3400-\u9fff\ue000-\uf8ff]{4,}")
_PLACES = 5

_LONG = 3_000
"""Characters from which on an article is looked at for its subjects."""
_SECTION = 200
_SUBJECTS = 4
_UNLIKE = 0.16
"""Mean cosine of two sections of an article, by bigrams, under which they are about different things."""


def unreadable(
    documents: Sequence[DocumentVersion], passages: Iterable[Passage], remarks: Mapping[str, Sequence[str]]
) -> list[LintFinding]:
    """What the reader remarked of each document's tables, by doc_id, and the documents whose characters are garbled."""
    titles = {d.doc_id: d for d in documents if not d.superseded}
    return [
        *(_remark(titles[doc_id], told) for doc_id, told in sorted(remarks.items()) if told and doc_id in titles),
        *_garbled(titles, passages),
    ]


def is_garbled(text: str) -> bool:
    """Do its characters stand for others, in whole or in part?"""
    lost = len("".join(_LOST.findall(text)))
    if lost >= 3 and lost >= len(text) * _LOST_SHARE:
        return True
    return any(_was_utf8(run, "cp1252") or _was_utf8(run, "latin-1") for run in _LATIN.findall(text)) or any(
        _was_utf8(run, "gb18030") for run in _CHINESE.findall(text)
    )


def crowded(documents: Sequence[DocumentVersion], passages: Iterable[Passage]) -> list[LintFinding]:
    """Long articles whose sections have few words in common."""
    long = {(d.doc_id, d.version): d for d in documents if not d.superseded and len(d.text) >= _LONG}
    sections: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for passage in passages:
        if (passage.doc_id, passage.version) in long and passage.headings:
            sections[passage.doc_id, passage.version][passage.headings[0]].append(passage.text)
    found = []
    for key, parts in sections.items():
        subjects = [name for name, texts in parts.items() if sum(map(len, texts)) >= _SECTION]
        if len(subjects) >= _SUBJECTS and likeness(["".join(parts[name]) for name in subjects]) < _UNLIKE:
            found.append(_several(long[key], subjects))
    return found


def likeness(sections: Sequence[str]) -> float:
    """Mean cosine of each two sections by their Chinese bigrams, 0 to 1; fewer than two sections are all alike."""
    counted = [Counter(re.findall(r"(?=([\u4e00-\u9fff]{2}))", text)) for text in sections]
    lengths = [math.sqrt(sum(n * n for n in counts.values())) or 1.0 for counts in counted]
    cosines = [
        sum(n * counted[b][word] for word, n in counted[a].items()) / (lengths[a] * lengths[b])
        for a in range(len(sections))
        for b in range(a)
    ]
    return sum(cosines) / len(cosines) if cosines else 1.0


def _was_utf8(run: str, read_as: str) -> bool:
    """Were these characters UTF-8 that was read as something else? Then they read back as Chinese."""
    try:
        data = run.encode(read_as)
    except UnicodeEncodeError:
        return False
    for cut in range(3):  # the run may end inside a character
        try:
            text = data[: len(data) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return len(re.findall(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]", text)) * 2 > len(text) > 0
    return False


def _garbled(titles: Mapping[str, DocumentVersion], passages: Iterable[Passage]) -> Iterator[LintFinding]:
    places: dict[str, list[LintPlace]] = defaultdict(list)
    for passage in passages:
        document = titles.get(passage.doc_id)
        if document is not None and passage.version == document.version and is_garbled(passage.text):
            places[passage.doc_id].append(
                LintPlace(
                    doc_id=passage.doc_id,
                    version=passage.version,
                    start=passage.start,
                    end=passage.end,
                    quote=passage.text,
                )
            )
    for doc_id, where in sorted(places.items()):
        document = titles[doc_id]
        yield LintFinding(
            kind=LintCode.GARBLED.kind,
            code=LintCode.GARBLED,
            severity=Severity.WARNING,
            doc_ids=(doc_id,),
            product_codes=document.product_codes,
            places=tuple(where[:_PLACES]),
            detail=f"《{document.title}》有{len(where)}处文字是乱码，坐席会看到认不出的字。请用原文件重新导出。",
        )


def _remark(document: DocumentVersion, told: Sequence[str]) -> LintFinding:
    return LintFinding(
        kind=LintCode.TABLE_REMARK.kind,
        code=LintCode.TABLE_REMARK,
        severity=Severity.WARNING,
        doc_ids=(document.doc_id,),
        product_codes=document.product_codes,
        detail=f"《{document.title}》有{len(told)}处表格未能按原样读出，请核对：{'；'.join(told)}",
    )


def _several(document: DocumentVersion, subjects: Sequence[str]) -> LintFinding:
    named = "、".join(subjects[:6]) + ("等" if len(subjects) > 6 else "")
    return LintFinding(
        kind=LintCode.SEVERAL_SUBJECTS.kind,
        code=LintCode.SEVERAL_SUBJECTS,
        severity=Severity.INFO,
        doc_ids=(document.doc_id,),
        product_codes=document.product_codes,
        detail=f"《{document.title}》篇幅较长，讲了{len(subjects)}件不同的事（{named}）。拆成几篇短文，检索会更准。",
    )
