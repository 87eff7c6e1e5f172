"""What values an attribute can have, and one value read from the cell or label line that is there to state it.

Knows nothing of sentences: what stands in them is fact_prose's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from seatmate.domain.attributes import Attribute
from seatmate.ingest.fact_text import SIGNS, Sign, Signed, pattern

_A = Attribute
FEES = frozenset(
    {_A.FEE_PURCHASE, _A.FEE_MANAGEMENT, _A.FEE_CUSTODY, _A.FEE_SALES, _A.FEE_REDEMPTION, _A.FEE_ANNUAL, _A.FEE}
    | {_A.PENALTY}
)
KINDS: dict[Attribute, str] = {
    **dict.fromkeys(FEES, "PAN"),
    _A.RISK_LEVEL: "R",
    _A.ELIGIBILITY: "C",
    _A.TERM: "D",
    _A.HOLDING_PERIOD: "D",
    _A.MIN_AMOUNT: "A",
    _A.ADDITIONAL_AMOUNT: "A",
    _A.CREDIT_LIMIT: "A",
    _A.BENCHMARK: "P",
    _A.BENCHMARK_BASIS: "Y",
    _A.RATE: "P",
    _A.PURCHASE_CONFIRMATION: "T",
    _A.REDEMPTION_CONFIRMATION: "T",
    _A.REDEMPTION_ARRIVAL: "T",
    _A.RAISING_PERIOD: "Y",
    _A.START_DATE: "Y",
    _A.MATURITY: "Y",
}
"""Which figures an attribute's value can be, in the letters of `fact_text.pattern`."""

_WORDED = frozenset({_A.ISSUER, _A.STATUS, _A.OPENING_DAYS, _A.ELIGIBILITY})
FREE = re.compile(r"免收?|不收取?|无|全免")
_LEAD = (
    r"\s*(?:自[^，。；]{2,8}?(?:[（(]含[）)])?起|年化|人民币|最高|最长|最低|最多|不低于|不超过|至少|约|为|每年|自|由|以"
    r"|交易金额的|取现金额的)*\s*"
)
_DIRECT = {letters: pattern(rf"{_LEAD}(?P<v><{letters}>)") for letters in set(KINDS.values())}
_NAMES_PART = re.compile(r"[（(].*$|[，,；;。].*$")
_BOUND = re.compile(r"最|不超过|不低于|至少")
_ENDS = re.compile(r"\s*(?:$|[，,、；;。）)/的])")
_STATUS = re.compile(r"在售|募集中|募集期|已成立|停售|停止销售|已到期|已终止|存续期|存续中|待售")
_OPENING = re.compile(r"(?P<daily>每个(?:工作日|交易日))|每(?:周|月|季|年|个自然|半)[^；;。]*")
_CLAUSE = re.compile(r"[^，,；;。]+")
_CONDITION = pattern(
    r"(?P<c>(?:(?:份额|已)?(?:持有|放款|存入|存续|办理))?(?:满|未满|不满|不足)<D>(?:且?(?:不满|未满|以内|以上)<D>?)?)"
    r"[^；;。]{0,40}?(?P<v><PN>|免(?!赔)|不收取?)"
)


@dataclass(frozen=True)
class Statement:
    """A value as one place states it, not yet of a product. Offsets are the document's, `at` a place in the signs."""

    attribute: Attribute
    value: str
    start: int
    end: int
    raw_start: int
    raw_end: int
    at: int = 0
    unit: str = ""
    condition: str = ""
    since: date | None = None
    until: date | None = None
    is_old: bool = False
    """A change ended it: on `until`, or when the document begins to hold."""


def zero(attribute: Attribute) -> str:
    """One spelling for nothing to pay: 0, 0%, 0元, 免收."""
    return "amt:0" if attribute in (_A.FEE, _A.FEE_ANNUAL) else "pct:0"


def spelling(attribute: Attribute, sign: Sign) -> str | None:
    """The figure as a value of the attribute; None if it cannot be one."""
    if attribute in FEES:
        amount = sign.value.partition(":")[2]
        if amount == "0":
            return zero(attribute)
        return sign.value
    if attribute in (_A.RISK_LEVEL, _A.BENCHMARK_BASIS) and sign.is_range:
        return None
    return sign.value


def found(attribute: Attribute, s: Signed, m: re.Match[str], condition: str = "") -> Statement | None:
    """The statement of a match whose group `v` is one sign, or a word for nothing to pay."""
    at = m.start("v")
    sign = s.signs.get(at)
    if sign is not None and sign.kind == "num" and not _ENDS.match(s.text, m.end("v")):
        return None  # 第2笔 after 手续费 is no fee
    value = zero(attribute) if sign is None else spelling(attribute, sign)
    if value is None:
        return None
    raw = (s.start(at), s.end(m.end("v")))
    start, end = m.span()
    while end > start and s.text[end - 1].isspace():
        end -= 1
    unit = "" if sign is None else sign.unit
    return Statement(attribute, value, s.start(start), s.end(end), *raw, at, unit, condition)


def direct(attribute: Attribute, s: Signed, text: str, begin: int = 0) -> Iterator[Statement]:
    """The value that a cell or line begins with, from sign `begin` on. `text` is the document's."""
    if attribute in _WORDED and SIGNS["client"] not in s.text[begin:]:
        yield from _words(attribute, s, text, begin)
        return
    if attribute not in KINDS or attribute is _A.ELIGIBILITY:
        return
    m = _DIRECT[KINDS[attribute]].match(s.text, begin)
    if m is None and attribute in FEES:
        free = FREE.match(s.text, begin)
        if free is not None and not re.match(r"[^，,；;。]*(?:满|首年)", s.text[free.end() :]):
            yield Statement(
                attribute, zero(attribute), s.start(begin), s.end(free.end()), s.start(begin), s.end(free.end()), begin
            )
        return
    if m is None or s.text[m.end() : m.end() + 1] == "的":
        return
    if attribute in (_A.RATE, *FEES) and (_BOUND.search(m[0]) or s.text[m.end() : m.end() + 1] == "起"):
        return  # no more and no less than a bound of it
    statement = found(attribute, s, m)
    if statement is not None:
        yield statement


def conditional(attribute: Attribute, s: Signed, text: str, begin: int = 0) -> Iterator[Statement]:
    """「放款满12个月免；未满12个月，提前还款本金的1%」: each value with how long it takes."""
    for m in _CONDITION.finditer(s.text, begin):
        condition = text[s.start(m.start("c")) : s.end(m.end("c"))].removeprefix("份额")
        statement = found(attribute, s, m, condition)
        if statement is not None:
            yield statement


def has_condition(s: Signed, begin: int = 0) -> bool:
    return _CONDITION.search(s.text, begin) is not None


def _words(attribute: Attribute, s: Signed, text: str, begin: int) -> Iterator[Statement]:
    if attribute is _A.STATUS:
        m = _STATUS.match(s.text.rstrip(), begin)
        if m is not None:
            word = {"募集期": "募集中", "停止销售": "停售", "存续中": "存续期"}.get(m[0], m[0])
            yield _worded(attribute, word, s, *m.span())
        return
    if attribute is _A.OPENING_DAYS:
        m = _OPENING.match(s.text.rstrip(), begin)
        if m is not None:
            value = m["daily"] or text[s.start(m.start()) : s.end(m.end())]
            yield _worded(attribute, value, s, *m.span())
        return
    end = len(s.text.rstrip())
    while begin < end and s.text[begin].isspace():
        begin += 1
    clause = _CLAUSE.match(s.text, begin, end)
    if clause is None:
        return
    if attribute is _A.ISSUER:
        name = _NAMES_PART.sub("", clause[0])
        if re.search(r"银行|公司|理财|机构|本行|我行", name):
            yield _worded(attribute, name.strip(), s, begin, clause.end())
    elif attribute is _A.ELIGIBILITY:
        yield _worded(attribute, clause[0].strip(), s, begin, clause.end())


def _worded(attribute: Attribute, value: str, s: Signed, begin: int, end: int) -> Statement:
    return Statement(attribute, value, s.start(begin), s.end(end), s.start(begin), s.end(end), begin)
