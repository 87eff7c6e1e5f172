"""What a label names: the header of a column, the first cell of a row, the words before a colon.

A label names one or several attributes (期限/开放规则), and it may say of which kind of customer or purchase they are
(首次购买（私行客户）, 定投起点, 申购费：不足100万元). Knows no values.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from seatmate.domain.attributes import Attribute, attribute_of
from seatmate.ingest.fact_conditions import is_kind, is_tier, joined
from seatmate.ingest.pieces import UNDER

_A = Attribute
_ASIDE = re.compile(r"[（(][^）)]*[）)]")
_JOINTS = re.compile(r"[/、及与和]")
_NUMBER = re.compile(
    r"^\s*(?:\d{1,2}[.、．]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]{1,2}[）)]|[①-⑳·•◆■▪●○\-])\s*"
)
_BETWEEN = re.compile(r"\s*[：:·｜|—\\]\s*|\s+")
_TERSE = {
    "额度": _A.CREDIT_LIMIT,
    "授信": _A.CREDIT_LIMIT,
    "最高可贷": _A.CREDIT_LIMIT,
    "贷款金额": _A.CREDIT_LIMIT,
    "风险": _A.RISK_LEVEL,
    "门槛": _A.MIN_AMOUNT,
    "起点": _A.MIN_AMOUNT,
    "首次": _A.MIN_AMOUNT,
    "首购": _A.MIN_AMOUNT,
    "首笔": _A.MIN_AMOUNT,
    "购买金额": _A.MIN_AMOUNT,
    "递增": _A.ADDITIONAL_AMOUNT,
    "步长": _A.ADDITIONAL_AMOUNT,
    "级差": _A.ADDITIONAL_AMOUNT,
    "基准": _A.BENCHMARK,
    "业绩比较基准/利率": _A.BENCHMARK,
    "持有": _A.HOLDING_PERIOD,
    "持有时间": _A.HOLDING_PERIOD,
    "持有要求": _A.HOLDING_PERIOD,
    "锁定": _A.HOLDING_PERIOD,
    "封闭": _A.TERM,
    "年限": _A.TERM,
    "到账": _A.REDEMPTION_ARRIVAL,
    "赎回": _A.REDEMPTION_RULE,
    "执行年利率": _A.RATE,
    "发行": _A.ISSUER,
    "认购时间": _A.RAISING_PERIOD,
    "募集": _A.RAISING_PERIOD,
    "到期": _A.MATURITY,
    "到期年化收益率": _A.RATE,
    "适合谁": _A.ELIGIBILITY,
    "适合人群": _A.ELIGIBILITY,
    "托管": _A.FEE_CUSTODY,
    "管理": _A.FEE_MANAGEMENT,
}
"""Words that name an attribute only where nothing else stands beside them."""
_ONCE = frozenset({"额度", "授信"})
"""Of these, those that do so as a heading too."""
_NEUTRAL = re.compile(
    r"(?:本产品|产品|本款|理财|基金|存单|每份|单笔|最低|最高|人民币|年化|内部|贷款|存款|年度|预期|当前|现行|标准|固定|基本|本期|按年)+"
)
"""Said before an attribute's word without narrowing it."""
_NEUTRAL_START = re.compile(rf"^{_NEUTRAL.pattern}(?=.{{2}})")
_BOUND_AFTER = re.compile(r"(?:下限|起点|门槛|要求|标准|金额|规则|时间|期限|日|安排|说明|（年）)$")
_OF_FEE = re.compile(r"(?P<what>[一-龥]{2,8}?)(?:手续费率?|工本费|服务费率?|费率?)$")
_NO_FEE = re.compile(r"综合|免费|费用|收费|计费|缴费|交费|保费|消费|经费|付费|资费")


_SORTS = frozenset({"信用", "抵押", "保证", "质押"})
"""In brackets after an attribute they say what sort of loan it is, and narrow nothing."""
_OF_CUSTOMER = re.compile(r"日均|资产|AUM|收入|流水")
"""A threshold of what the customer has, not of what is bought."""
_SAYS_HOW = re.compile(r"(?:按.{1,8}|如下表?|分别为?|情况)$")
_BOUND_OF_KIND = re.compile(r"(?P<kind>.{2,8}?)(?:下限|起点|门槛|最低金额|起点金额)$")


@dataclass(frozen=True)
class Label:
    """The attributes that a label names, and the condition that it sets for them."""

    attributes: tuple[Attribute, ...] = ()
    condition: str = ""


def attributes_of(label: str, terse: bool = True) -> tuple[Attribute, ...]:
    """What a header or label names: 期限/开放规则 both, 赎回确认与到账 the confirmation and the arrival."""
    label = _NUMBER.sub("", label.rpartition(UNDER)[2])
    short = _ASIDE.sub("", label).strip(" ：:")
    whole = attribute_of(label) or (_TERSE.get(short) if terse or short in _ONCE else None)
    if whole is not None:
        return (whole,)
    parts = [part for part in _JOINTS.split(_ASIDE.sub("", label).strip(" ：:")) if part]
    named = [_part(part, terse) for part in parts]
    if len(parts) > 1 and named[0] is not None:
        first = parts[0]
        named = [
            attribute or next((a for at in range(1, len(first)) if (a := attribute_of(first[:at] + part))), None)
            for part, attribute in zip(parts, named, strict=True)
        ]
    return tuple(dict.fromkeys(a for a in named if a is not None)) if all(named) else ()


def _part(words: str, terse: bool) -> Attribute | None:
    short = _TERSE.get(words) if terse else None
    return attribute_of(words) or short or attribute_of(_NEUTRAL_START.sub("", words))


@lru_cache(maxsize=4_096)
def label_of(words: str) -> Label:
    """The label with its condition; one under others (申购费 › 不足100万元) with what they add."""
    parts = words.split(UNDER)
    last = _label(parts[-1])
    above = [_label(part) for part in parts[:-1]]
    kinds = [part for part in parts[:-1] if is_kind(part)]
    if last.attributes:
        return Label(last.attributes, joined((*kinds, last.condition)))
    for part, label in zip(reversed(parts[:-1]), reversed(above), strict=True):
        together = attributes_of(part + parts[-1])
        if together:
            return Label(together, joined(kinds))
        if label.attributes and is_kind(parts[-1]):
            return Label(label.attributes, joined((*kinds, label.condition, parts[-1])))
    return Label()


def _label(words: str) -> Label:
    bare = _NUMBER.sub("", words).strip(" ：:")
    if _OF_CUSTOMER.search(bare):
        return Label()
    whole = attributes_of(bare) or attributes_of(_SAYS_HOW.sub("", bare))
    if whole:
        aside = next((a[1:-1] for a in _ASIDE.findall(bare) if is_kind(a[1:-1]) and a[1:-1] not in _SORTS), "")
        return Label(whole, joined((_own_kind(_ASIDE.sub("", bare), whole), aside)))
    pieces = [piece for piece in _BETWEEN.split(bare, maxsplit=1) if piece]
    if len(pieces) == 2:
        for name, kind in (pieces, reversed(pieces)):
            if (named := attributes_of(name)) and is_kind(kind):
                return Label(named, kind)
    outside = _ASIDE.sub("", bare)
    if is_kind(outside):
        return Label()
    for at in range(1, len(outside) - 1):
        named = attributes_of(outside[at:]) if outside[at:] not in _TERSE or is_kind(outside[:at]) else ()
        if len(named) == 1:
            before = outside[:at].strip("的")
            if _NEUTRAL.fullmatch(before):
                return Label(named)
            if is_kind(before) or (named[0] is _A.FEE and _is_word(before)):
                return Label(named, before)
            break
    for at in range(
        len(outside) - 1, 1, -1
    ):  # 定期定额下限 is no minimum that the list of words knows; 首次申购下限 is
        if _BOUND_AFTER.match(outside, at) and (named := attributes_of(outside[:at])):
            return Label(named)
    bound = _BOUND_OF_KIND.fullmatch(outside)
    if bound and is_kind(bound["kind"]):
        return Label((_A.MIN_AMOUNT,), bound["kind"])
    if bound and re.fullmatch(r"首[次笔](?:申购|认购|购买|投资)?(?:最低)?", bound["kind"]):
        return Label((_A.MIN_AMOUNT,))
    fee = _OF_FEE.fullmatch(outside)
    if fee and not _NO_FEE.search(outside) and len(outside) <= 10:
        return Label((_A.FEE,), fee["what"])
    return Label()


def _own_kind(bare: str, attributes: tuple[Attribute, ...]) -> str:
    """What a fee's own name says beyond a fee: 主卡年费, 每期费率."""
    if attributes == (_A.FEE_ANNUAL,):
        return bare.partition("年费")[0]
    if attributes == (_A.FEE,):
        return bare.removesuffix("费率").removesuffix("手续费").removesuffix("工本费").removesuffix("服务费")
    if attributes == (_A.MIN_AMOUNT,) and re.match(r"定投|定期定额|定期积存", bare):
        return re.match(r"定投|定期定额|定期积存", bare)[0]  # type: ignore[index]
    return ""


def _is_word(before: str) -> bool:
    return re.fullmatch(r"[一-龥/]{2,8}", before) is not None and not is_tier(before)
