"""What values an attribute can have, and one value read from the cell or label line that is there to state it.

Knows nothing of sentences: what stands in them is fact_prose's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from seatmate.domain.attributes import Attribute
from seatmate.ingest.fact_conditions import is_kind, joined, kind_beside, spoken_before
from seatmate.ingest.fact_text import LETTERS, SIGNS, Sign, Signed, pattern

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
_MATURED = re.compile(r"\s*(?:产品)?到期日?后?(?:第)?")
_LONGEST_LEVEL = 16
_REACH = 160
_ONE_LEVEL = pattern(r"\s*<C>级?(?![^，,；;。]{0,8}以上)(?!\s*[、,，/]\s*<C>)")
_LEAD = (
    r"\s*(?:自[^，。；]{2,8}?(?:[（(]含[）)])?起|年化|人民币|最高|最长|最低|最多|不低于|不超过|至少|约|为|每年|自|由|以"
    r"|交易金额的|取现金额的|按[^，,。；;：:的]{1,14}的|[^，,。；;：:的]{0,6}(?:本金|金额)的|单笔|每笔|每次|首次|不少于|限|满|均|都|统一|最短|持有|赎回后?)*\s*"
)
_DIRECT = {letters: pattern(rf"{_LEAD}(?P<v><{letters}>)") for letters in set(KINDS.values())}
_NAMES_PART = re.compile(r"[（(].*$|[，,；;。].*$")
_BOUND = re.compile(r"最[低高]|上限|下限|不超过|不低于|至少")
_ENDS = re.compile(r"\s*(?:$|[，,、；;。）)/的])")
_STATUS = re.compile(r"在售|募集中|募集期|已成立|停售|停止销售|已到期|已终止|存续期|存续中|待售")
_OPENING = re.compile(r"(?P<daily>每个(?:工作日|交易日))|每(?:周|月|季|年|个自然|半)[^；;。]*")
_CLAUSE = re.compile(r"[^，,；;。]+")
NARROWED = frozenset(
    {_A.MIN_AMOUNT, _A.ADDITIONAL_AMOUNT, _A.CREDIT_LIMIT, _A.TERM, _A.RATE, _A.BENCHMARK, _A.PENALTY}
    | {_A.FEE_PURCHASE, _A.FEE_SALES, _A.FEE_MANAGEMENT, _A.FEE_REDEMPTION, _A.FEE}
)
"""What a bank sets for one kind of customer, channel or tier and not for another."""
TIERED = NARROWED - {_A.FEE_SALES, _A.FEE_MANAGEMENT, _A.BENCHMARK}
"""Of these, what is commonly set by tiers, so that two values of it in one text are more likely tiers than a fault."""
_ONE = re.compile(r"(?P<v>.)", re.DOTALL)
_OTHER_ATTRIBUTE = re.compile(r"追加|递增|整数倍|为单位|上限|封顶|最多|最低收|举例|例如|合计|累计")
_PART_OF_TIER = re.compile(
    r"(?:[（(]不?含[）)])?(?:及|或)?(?:以[上下内外]|[-—–~～至到]\s*[\ue000-\ue00a]|\s*[:：为按]?\s*(?:每笔)?[\ue001\ue002])"
)
_FREE_AFTER = re.compile(r"(?P<v>免收|免费|不收取?|免(?=[，,；;。）)]|$))")
_LISTED = re.compile(
    r"\s*[、/]\s*(?:[\ue001\ue002](?![\u4e00-\u9fff])|[\ue001\ue002]起?[、。，,；;]|[\ue001\ue002](?:和|及))"
)
"""1.0%、1.1%、1.3%: which of them is of what, the words do not say beside them."""
_ASIDE_AFTER = re.compile(r"起?[购存投]?[（(]([^）)]{1,12})[）)]")
_ASIDE_BEFORE = re.compile(r"[（(]([^）)]{1,12})[）)]\s*[:：为是]?\s*(?:不低于|最低|至少)?$")
_TERM_BEFORE = pattern(
    r"(?P<c><D>期?)(?:的|整存整取|定期|存款|大额存单|存单|产品)*(?:年化|年|执行|存款|挂牌)*(?:利率)?\s*[:：为是]?\s*$"
)
_CONDITION = pattern(
    r"(?P<c>(?:(?:份额|已)?(?:持有|放款|存入|存续|办理))?(?:满|未满|不满|不足)<D>(?:且?(?:不满|未满|以内|以上)<D>?)?)"
    r"[^；;。]{0,40}?(?P<v><PN>|免(?!赔)|不收取?|无[须需]支付)"
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
    if attribute is _A.ELIGIBILITY:
        return sign.value.partition("~")[0]
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
    if (
        value is None
        or _LISTED.match(s.text, m.end("v"))
        or (attribute in (_A.RATE, *FEES) and sign and _is_tier(s, sign, m.end("v")))
    ):
        return None
    raw = (s.start(at), s.end(m.end("v")))
    start, end = m.span()
    while end > start and s.text[end - 1].isspace():
        end -= 1
    unit = "" if sign is None else sign.unit
    return Statement(attribute, value, s.start(start), s.end(end), *raw, at, unit, condition)


def _is_tier(s: Signed, sign: Sign, end: int) -> bool:
    """申购费：100万元以下1.2% is no fee of a million."""
    return sign.kind in ("amt", "num", "term") and _PART_OF_TIER.match(s.text, end) is not None


def direct(attribute: Attribute, s: Signed, text: str, begin: int = 0) -> Iterator[Statement]:
    """The value that a cell or line begins with, from sign `begin` on. `text` is the document's."""
    if attribute in _WORDED and SIGNS["client"] not in s.text[begin:]:
        yield from _words(attribute, s, text, begin)
        return
    if attribute is _A.RISK_LEVEL:
        levels = [at for at, sign in s.signs.items() if at >= begin and sign.kind == "risk"]
        short = len(s.text) - begin <= _LONGEST_LEVEL and len(levels) == 1
        begin = levels[0] if short and not re.search(r"以[上下]|不", s.text) else begin
    if attribute is _A.ELIGIBILITY and not _ONE_LEVEL.match(s.text, begin):
        return
    if attribute not in KINDS:
        return
    matured = _MATURED.match(s.text, begin) if attribute is _A.REDEMPTION_ARRIVAL else None
    m = _DIRECT[KINDS[attribute]].match(s.text, matured.end() if matured else begin)
    if m is None and attribute in FEES:
        free = FREE.match(s.text, begin)
        if free is not None and not re.match(r"[^，,；;。]*(?:满|首年)", s.text[free.end() :]):
            yield Statement(
                attribute, zero(attribute), s.start(begin), s.end(free.end()), s.start(begin), s.end(free.end()), begin
            )
        return
    if m is None or s.text[m.end() : m.end() + 1] == "的" or (attribute is _A.TERM and "持有" in m[0]):
        return
    if attribute in (_A.RATE, *FEES) and (_BOUND.search(m[0]) or s.text[m.end() : m.end() + 1] == "起"):
        return  # no more and no less than a bound of it
    statement = found(attribute, s, m, "到期" if matured else "")
    if statement is not None:
        yield statement


def conditional(attribute: Attribute, s: Signed, text: str, begin: int = 0) -> Iterator[Statement]:
    """「放款满12个月免；未满12个月，提前还款本金的1%」: each value with how long it takes."""
    for m in _CONDITION.finditer(s.text, begin):
        condition = text[s.start(m.start("c")) : s.end(m.end("c"))].removeprefix("份额")
        statement = found(attribute, s, m, condition)
        if statement is not None:
            yield statement


def apart(attribute: Attribute, s: Signed, text: str, begin: int = 0) -> list[Statement]:
    """Each value with what it is of: 「线上1元起，网点1万元起」, 「1个月0.90%，6个月1.20%」.

    Empty where none is told apart. A value that says nothing beside others that do is left out: nobody can tell what
    it is of.
    """
    if attribute not in NARROWED or len(s.signs) < 1:
        return []
    found_here = []
    since = begin
    wanted = pattern(f"<{KINDS[attribute]}>")
    for at, sign in sorted(s.signs.items()):
        if at < begin or not wanted.fullmatch(s.text[at]) or _OTHER_ATTRIBUTE.search(_clause_before(s, at, begin)):
            continue
        m = _ONE.match(s.text, at)
        if (
            m is None
            or (sign.kind == "num" and not text[sign.end - 1].isdigit())
            or _PART_OF_TIER.match(s.text, at + 1)
        ):
            continue
        if attribute in (_A.RATE, *FEES) and (
            _BOUND.search(_clause_before(s, at, begin)) or s.text[at + 1 : at + 2] == "起"
        ):
            continue  # no more and no less than a bound of it
        condition = condition_at(attribute, s, text, at, since)
        aside = _ASIDE_AFTER.match(s.text, at + 1)
        if aside and _OTHER_ATTRIBUTE.search(aside[1]):
            continue
        since = aside.end() if aside else at + 1
        if condition and (statement := found(attribute, s, m, condition)) is not None:
            found_here.append(statement)
    if attribute in FEES:
        for m in _FREE_AFTER.finditer(s.text, begin):
            if condition := condition_at(attribute, s, text, m.start("v"), begin):
                free = found(attribute, s, m, condition)
                found_here += [replace(free, start=free.raw_start)] if free else []
    return found_here


def condition_at(attribute: Attribute, s: Signed, text: str, at: int, begin: int = 0) -> str:
    """What the words around a value say that it is of: a kind before it, a kind in brackets after it, a term."""
    after = _ASIDE_AFTER.match(s.text, at + 1)
    aside = after[1] if after and is_kind(after[1]) else ""
    begin = max(begin, at - _REACH)
    named = _ASIDE_BEFORE.search(s.text, begin, at)
    aside = aside or (named[1] if named and is_kind(named[1]) else "")
    before = spoken_before(s, text, at, begin) or kind_beside(s, text, at, begin)
    term = _TERM_BEFORE.search(s.text, begin, at) if attribute is _A.RATE else None
    of_term = text[s.start(term.start("c")) : s.end(term.end("c"))] if term else ""
    return joined((of_term, before, aside))


def _clause_before(s: Signed, at: int, begin: int) -> str:
    return re.split(r"[，,；;。]", s.text[max(begin, at - _REACH) : at])[-1]


def letters_in(s: Signed) -> str:
    """The letter of the figure that a cell begins with, or nothing."""
    m = re.match(r"\s*(?:最高|最低|最长|每笔|不超过|约|年化)*", s.text)
    at = m.end() if m else 0
    sign = s.signs.get(at)
    return next((letter for letter, kind in LETTERS.items() if sign is not None and kind == sign.kind), "")


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
        name = _NAMES_PART.sub("", re.sub(r"^.{0,10}?(?:为|是|[:：])", "", clause[0]))
        if re.search(r"银行|公司|理财|机构|本行|我行", name):
            yield _worded(attribute, name.strip(), s, begin, clause.end())
    elif attribute is _A.ELIGIBILITY:
        value = text[s.start(begin) : s.end(clause.end())].strip()
        yield _worded(attribute, value, s, begin, clause.end())


def _worded(attribute: Attribute, value: str, s: Signed, begin: int, end: int) -> Statement:
    return Statement(attribute, value, s.start(begin), s.end(end), s.start(begin), s.end(end), begin)
