"""What narrows a value: a kind of customer, a channel, a way of buying or lending, a tier of money or time.

A value without its condition is another bank's contradiction: 「普通客户1,000元起购，私行客户10万元起购」 states two
minima that do not disagree. Knows no attribute and no product.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache

from seatmate.domain.figures import find_figures
from seatmate.ingest.fact_text import SIGNS, Signed, pattern

_CUSTOMERS = (
    r"(?:普通|一般|个人|机构|公司|企业|对公|法人|零售|私行|私人银行|财富|贵宾|高净值|新|新开户|老|存量|代发(?:工资)?"
    r"|受薪|工薪|小微|学生|老年|城镇|农户|金卡|白金卡?|钻石卡?|黑金卡?|金葵花|专享|优质|合格|普卡|大众|军人|社保卡"
    r"|[一-五1-5]星级?|[Vv][Ii][Pp]\d?)(?:级|类|等级)?(?:客户|投资者|投资人|会员|持卡人|用户|企业主|户)"
)
_CHANNELS = (
    r"手机银行(?:APP|App)?(?:渠道)?|网上银行(?:渠道)?|个人网银|网银(?:渠道)?|微信银行|电子(?:银行)?渠道|线上(?:渠道)?|线下(?:渠道)?"
    r"|柜面(?:渠道)?|柜台(?:渠道)?|营业网点|网点(?:渠道)?|自助(?:设备|终端|渠道)|远程银行|电话银行|直销渠道|代销渠道|直销(?!银行)"
    r"|(?<![A-Za-z])A[Pp][Pp](?![A-Za-z])"
)
_WAYS = (
    r"信用方式|抵押方式|质押方式|保证方式|(?:房产|住房|房屋)抵押|(?:纯)?信用(?=[:：、，]|$)|抵押(?=[:：、，]|$)|保证(?=[:：、，]|$)"
    r"|质押(?=[:：、，]|$)|(?:信用|抵押|质押|保证|担保|经营|消费|受薪)类|(?<![A-Za-z])[A-Z]份额|首套(?:房|住房)?|二套(?:房|住房)?|主动积存|定期积存|定期定额(?:申购|投资)?|定投|自动定投|智能定投|趸交"
    r"|\d{1,2}年交|(?:一|三|五|十|二十)年交|账单分期|消费分期|现金分期|主卡|附属卡|境内|境外|同城|异地|跨行|新增资金|新客|老客|到期一次性?还本付息|按月付息|按季付息"
)
_BARE = (
    r"[A-Z](?:类|份额|款)|人民币|美元|港元|港币|欧元|英镑|日元|澳元|普通|金卡|白金卡?|钻石卡?|黑金卡?|普卡|银卡|私行|私人银行|财富|贵宾|个人|机构|公司|企业|新客|老客|存量|大众"
    r"|高档|中档|低档|高|中|低|基础档|优享|尊享|专享|信用|抵押|质押|保证|担保|一手房|二手房|新车|二手车|买入|卖出|普通版|[A-Z]档"
    r"|第?[一二三四五六][档类级]|[一-五1-5]星级?|[Vv][Ii][Pp]\d?|[Vv]\d"
)
_ENDING = r"客户|投资者|投资人|会员|持卡人|用户|渠道|方式|[一-龥]卡|档|等级|年交|户型|类客群|客群"
NAMED = rf"(?:{_CUSTOMERS}|{_CHANNELS}|{_WAYS})"
_MARK = r"(?:[（(](?:不?含)[）)])"
_SIZE = f"[{SIGNS['amt']}{SIGNS['term']}{SIGNS['num']}]"
_UP = r"(?:及|或)?以[上下内外]|内"
_LESS = r"不足|不满|未满|低于|小于|少于|不超过|超过|高于|大于|达到|满|≥|≤|>=|<=|＜|＞|<|>|[（(]?含[）)]?"
TIER = (
    rf"(?:{_SIZE}\s*[≤<＜]=?\s*)?[A-Z]\s*[≤<＜≥>＞]=?\s*{_SIZE}|"
    rf"(?:(?:单笔|单次)?(?:申购|认购|购买|存款|持有|放款|转账)?(?:金额|本金|期限?|时间|天数)?\s*)?"
    rf"(?:(?:{_LESS})\s*{_SIZE}{_MARK}?(?:{_UP})?{_MARK}?|{_SIZE}{_MARK}?(?:(?:至|到|[-—–~～])\s*{_SIZE}{_MARK}?(?:{_UP})?|(?:{_UP}){_MARK}?))"
    rf"(?:[，,且、]?\s*(?:但)?(?:{_LESS})\s*{_SIZE}{_MARK}?(?:{_UP})?|(?:至|到|[-—–~～])?{_SIZE}{_MARK}?(?:{_UP}){_MARK}?)?"
)
"""Over signs: 100万元（含）以上, 满7天不满30天, 20万元至50万元."""
_KIND = re.compile(rf"{NAMED}|(?:{_BARE})|[一-龥A-Za-z0-9]{{1,10}}(?:{_ENDING})")
_KIND_OF = re.compile(
    rf"(?:对|对于|面向|通过|经|其中|若为|采用|选择)?(?:{NAMED}|(?:{_BARE})|[一-龥A-Za-z0-9]{{1,8}}(?:{_ENDING}))(?:专属|适用|办理|购买|申购|认购)?"
)
_TIER_WORD = re.compile(rf"(?:{_LESS})|以[上下内外]|[（(]不?含|至|到|[-—–~～]|^[A-Z]\s*[<≥＜＞>]")
_PERIOD = re.compile(
    r"(?:整存整取|定期|零存整取)?\s*(?:[一二两三四五六七八九十半\d]{1,3}\s*(?:个月|年|天|日|期|季)(?:期|以?[内上下])?)"
)
_NOT_KIND = re.compile(
    r"^已|尊敬|亲爱|致|同类|同业|平均|他行|市场|上期|历史|示例|举例|适合|适用|购买对象|[？?]|提前|如何|多少|什么|说明|办理|调整|要素|等级$"
)
_OPEN = re.compile(
    r"(?:第[一二三四五六七八九十\d]+[章节条款部分]+|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d{1,2}[.、．])\s*"
)
_CLAUSE = re.compile(r"[，,；;。！？:：]")
_QUALIFIER = pattern(
    rf"{NAMED}|(?:{TIER})|(?:^|[，,；;。:：、]|(?<=[对向为]))(?:其中|对|对于|面向)?(?P<own>(?![已可的请该本各全所持任凡如若对向同此未非]|适合|其他|符合|以上|上述)[一-龥]{{2,6}}(?:客户|投资者|会员|渠道|专区|专场|版))"
)
_TIER = pattern(TIER)


@lru_cache(maxsize=4_096)
def is_kind(words: str) -> bool:
    """Is it a kind, a channel or a tier and nothing else: 私行客户, 手机银行, 100万元（含）以上, 一年."""
    bare = words.strip(" ：:；;。")
    if not bare or len(bare) > 30 or _NOT_KIND.search(bare):
        return False
    return _KIND_OF.fullmatch(bare) is not None or _KIND.fullmatch(bare) is not None or is_tier(bare)


def is_tier(words: str) -> bool:
    """A span of money or time: 不足7天, 20万元（含）至50万元, 12期, 三年."""
    bare = words.strip(" ：:；;。")
    if len(bare) > 30 or "%" in bare or "T+" in bare:
        return False
    if _PERIOD.fullmatch(bare):
        return True
    sized = any(f.normalised.partition(":")[0] in ("amt", "term", "num") for f in find_figures(bare))
    words_only = re.sub(
        r"[\d,.万元千亿百年个月天日期笔美港欧起份\s（()）含不至到<>≤≥＜＞=MTNY以上下内外满未足超过低于高大小少及或且单次持有放款存期限金额申购认买入]|[-—–~～]",
        "",
        bare,
    )
    return sized and not words_only and _TIER_WORD.search(bare) is not None


def heading_kind(heading: str) -> str:
    """The kind that a heading is about (二、小微客户), or nothing."""
    bare = _OPEN.sub("", heading).strip(" ：:")
    return bare if len(bare) <= 12 and is_kind(bare) and not _PERIOD.fullmatch(bare) else ""


_BARE_BEFORE = re.compile(
    rf"(?:^|[，,；;、/：:\s])(?P<kind>{_BARE})(?:客户)?\s*[:：为]?\s*(?:最[高低长]|不低于|不超过|至少|每笔)?$"
)
_CURRENCIES = frozenset({"人民币", "美元", "港元", "港币", "欧元", "英镑", "日元", "澳元"})
_SPAN_BEFORE = re.compile(rf"(?P<kind>{_SIZE}(?:{_MARK})?)\s*[:：为按]?\s*(?:每笔|按)?$")


def kind_beside(s: Signed, text: str, at: int, since: int = 0) -> str:
    """A bare word or span right before a value: 「个人：1万元；机构：100万元」, 「100-500万元0.8%」."""
    word = _BARE_BEFORE.search(s.text[:at], max(since, at - _REACH))
    if word and word["kind"] not in _CURRENCIES:
        return text[s.start(word.start("kind")) : s.end(word.end("kind"))]
    span = _SPAN_BEFORE.search(s.text[:at], max(since, at - _REACH))
    if span and s.signs[span.start("kind")].is_range:
        return text[s.start(span.start("kind")) : s.end(span.end("kind"))]
    return ""


def joined(parts: Iterable[str]) -> str:
    """Several conditions as one, each once."""
    single = (one.strip() for part in parts for one in part.split("；"))
    return "；".join(dict.fromkeys(one for one in single if one))


_NUMBERED = re.compile(
    r"二套(?:房|住房)?|[一二三四五六七1-7]星级?(?:客户|会员)?|(?:\d{1,2}|[三五十])年交|第?[一二三四]档(?!次)"
)
"""Kinds that are written with a figure, which the signs hide."""


_REACH = 160
"""Signs: what a condition stands farther before its value nobody connects with it."""


def qualifiers(s: Signed, text: str, since: int, until: int) -> Iterator[tuple[int, int, str]]:
    """Every place between two signs that names a kind or tier: where it is in the signs, and its words."""
    for m in _QUALIFIER.finditer(s.text, since, until):
        start, end = m.span("own") if m["own"] else m.span()
        if end > start:
            yield start, end, text[s.start(start) : s.end(end)]
    if until > since:
        for m in _NUMBERED.finditer(text, s.start(since), s.end(until)):
            yield bisect_left(s.places, m.start()), bisect_left(s.places, m.end()), m[0]


def spoken_before(s: Signed, text: str, at: int, since: int = 0) -> str:
    """The kind or tier under which the words before `at` say that what follows holds.

    It stands after `since`, where the value before ends, in the same clause or in the one before, if that only sets it:
    「通过网点申购的，单笔最低10,000元」.
    """
    since = max(since, at - _REACH)
    known = [found for found in qualifiers(s, text, since, at) if found[0] >= since and found[1] <= at]
    marks = [m.start() for m in _CLAUSE.finditer(s.text, since, at)]
    begin = marks[-1] + 1 if marks else since
    here = [words for start, _, words in known if begin <= start]
    if here or not marks or s.text[marks[-1]] in "；;。！？":
        return joined(here)
    before = marks[-2] + 1 if len(marks) > 1 else since
    sets = re.search(r"(?:的|时|者|户|道)$", s.text[before : marks[-1]]) is not None
    above = [words for start, end, words in known if before <= start and end <= marks[-1]]
    return joined(above) if sets or s.text[marks[-1]] in ":：" else ""
