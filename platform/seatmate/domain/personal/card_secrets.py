"""A card's expiry and its CVN where a text says them: 有效期09/29, 卡面上印的零九二九, 签名栏三位幺二三.

Months and years of anything else stay (产品有效期到2027年3月, 优惠券有效期到09月30日). Three digits are a CVN by the
place named for them (背面, 签名栏); where only 后三位 is said, by what else of a card stands beside them.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from seatmate.domain.personal.checks import is_card
from seatmate.domain.personal.digits import ANY_DIGIT, COUNTS, ONE_SAID, Run, read_runs
from seatmate.domain.personal.kinds import BLANK
from seatmate.domain.personal.labels import Label, label_before

CVN = r"(?:[Cc][Vv][NnVvCc]2?|安全码|[Ss]ecurity ?[Cc]ode)"
PLACE = r"(?:背面|反面|背后|卡背|后背|背签|签名|签字)"

_SENTENCE = re.compile(r"[。！？!?；;]")
_CARD = r"(?:信用卡|贷记卡|卡(?:片|面|号|上|里)?|" + CVN + rf"|{PLACE}三位)"
_OTHERS = (
    r"产品|理财|存单|[礼优]?[惠品]?券|活动|证件|身份证|护照|签证|驾|执照|评级|测评|评估|额度|授信|授权|利率|报价|预约|合同|保单|协议|贷款"
    r"|借款|定期|存款|大额|链接|二维码|权益|积分|公告|通知|资格|证明|报告|委托|优惠|账单|还款|分期|基金|国债|保险|套餐|密码|验证码|口令|名单"
)
_NOUN = re.compile(rf"(?P<other>{_OTHERS})|(?P<card>{_CARD})")
_NOUN_REACH = 60
_CVN_REACH = 24

# ── expiry ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_STRONG = (
    r"有效期限?|有效日期|卡[上面片]的?日期|失效(?:日期?|时间|年月)|[Vv][Aa][Ll][Ii][Dd](?: ?[Tt][Hh][Rr][Uu])?"
    r"|[Ee][Xx][Pp](?:iry|ires|iration|IRY)?(?: ?[Dd]ate)?"
)
_WEAK = r"到期(?:时间|日期?|年月|月份|年份)|MM ?/? ?YY|年月|月份|年份|几月几年"
_EXPIRY_NAME = re.compile(rf"(?P<strong>{_STRONG})|{_WEAK}")
_SEP = r"(?:[ /／\-－.．、，,\\]|斜杠|斜线|杠|然后|后面|再|是|嗯|啊|呃|那个|年份?){0,4}"
_ZERO, _FIRST = "0０零〇○洞", "1１一幺腰吆"
_MONTH = rf"(?:[{_ZERO}][1-9１-９一二两三四五六七八九幺腰]|[{_FIRST}][0-2０-２零〇洞一二两幺腰]|十[一二]?)"
_SHORT_MONTH = rf"(?:{_MONTH}|[1-9１-９一二两三四五六七八九])"
_CENTURY = rf"[2２二两][{_ZERO}]"
_YEAR = rf"(?:[2-4２-４二两三四]{ANY_DIGIT}|[二三四]十[一二三四五六七八九]?)"
_ENDS = rf"(?!{ANY_DIGIT})(?!{COUNTS})(?![日号/／\-])"
_STARTS = rf"(?<!{ANY_DIGIT})(?<![A-Za-z./\-])"
_BLANKED = rf"{BLANK}{{3,}}"
_MONTH_FIRST = (
    rf"{_STARTS}(?:{_SHORT_MONTH}月份?{_SEP}(?:{_CENTURY})?{_YEAR}年?|{_MONTH}{_SEP}(?:{_CENTURY})?{_YEAR}年?"
    rf"|{_SHORT_MONTH}(?:[ /／\-]|斜杠)?(?:{_CENTURY})?{_YEAR}年?){_ENDS}"
)
_WORDED_YEAR_FIRST = rf"{_STARTS}{_YEAR}年(?:{_SEP})?{_SHORT_MONTH}月份?{_ENDS}"
_YEAR_FIRST = rf"{_STARTS}{_CENTURY}{_YEAR}(?:年|[/／\-.])(?:{_SEP})?{_SHORT_MONTH}月?份?{_ENDS}"
_WORDED = re.compile(rf"{_SHORT_MONTH}月份?{_SEP}(?:{_CENTURY})?{_YEAR}年")
"""七月二七年: only a card's expiry is said in this order."""
_OF_EXPIRY = re.compile(r"[期效印凸面YMX/／]|年月|月份|年份|几月|[Vv][Aa]|[Ee][Xx][Pp]|卡片?上")
_SAID = (
    r"(?:[\s,，。.:：、]|是|为|到|至|就|啊|呢|嘛|吧|哈|呀|嗯|呃|哦|我|您|你|的|那个|这个|写着?|填|印|念|报|说|看看|看|一下|下|显示"
    r"|月份|年份|日期|应该|不是|对|了){0,10}"
)
_NAMED = re.compile(rf"{_SAID}(?P<code>{_BLANKED}|(?P<short>{_MONTH_FIRST}|{_WORDED_YEAR_FIRST})|{_YEAR_FIRST})")
_PRINTED = re.compile(rf"(?:卡面|正面|卡片?上[写印]|凸|印)[^。！？!?；;0-9]{{0,8}}?(?P<code>{_MONTH_FIRST})")
_ENDS_THEN = re.compile(
    rf"(?P<code>{_STARTS}{_MONTH}(?:[/／\- ]|斜杠)?{_YEAR}(?!{ANY_DIGIT}))[，, ]?(?:这个|那个|就|要|才|快)?"
    r"(?:是有效期|有效期|到期|过期|失效)"
)
_PAIR = re.compile(rf"(?P<code>{_STARTS}{_MONTH}[/／]{_YEAR}[，, ]{{1,2}}{ONE_SAID}{{3}})(?!{ANY_DIGIT})(?!{COUNTS})")
_PIECE = re.compile(
    rf"{_STARTS}(?:{_SHORT_MONTH}月份?(?:{_SEP}(?:{_CENTURY})?{_YEAR}年?)?|(?:{_CENTURY})?{_YEAR}年|{_MONTH}(?!{ANY_DIGIT})"
    rf"|{_YEAR}(?!{ANY_DIGIT}))(?!{ANY_DIGIT})(?![日号元块万百千])"
)
_AFTER_CARD = re.compile(r"(?P<expiry>(?:0[1-9]|1[0-2])(?:20)?[2-4]\d)(?P<cvn>\d{3})?")
_DIGITS = re.compile(ANY_DIGIT)
_LONGEST_CARD, _SHORTEST_CARD = 19, 16


class _Whose(StrEnum):
    CARD = "a card's"
    OTHER = "of something else"
    UNSAID = "nobody says"


def expiries_in(text: str) -> Iterator[tuple[int, int]]:
    """Months and years until which a card is valid."""
    if not _OF_EXPIRY.search(text):
        return
    for name in _EXPIRY_NAME.finditer(text):
        whose = _whose(text, name.start(), name.end())
        found = _NAMED.match(text, name.end())
        if found is None or whose is _Whose.OTHER:
            continue
        is_short = found["short"] is not None and name["strong"] is not None
        if whose is _Whose.CARD or is_short or _WORDED.match(found["code"]):
            yield found.span("code")
    for found in _PRINTED.finditer(text):
        if _whose(text, found.start("code")) is _Whose.CARD or "正面" in found[0]:
            yield found.span("code")
    for found in _PAIR.finditer(text):
        if _whose(text, found.start()) is _Whose.CARD:
            yield found.span("code")
    for found in _ENDS_THEN.finditer(text):
        if _whose(text, found.start()) is _Whose.CARD:
            yield found.span("code")


def asks_expiry(sentence: str) -> bool:
    """Does it speak of a card's month and year, and give none?"""
    name = next(_EXPIRY_NAME.finditer(sentence), None)
    if name is None:
        return False
    whose = _whose(sentence, name.start(), name.end())
    return whose is _Whose.CARD or (whose is _Whose.UNSAID and name["strong"] is not None)


def expiry_pieces(text: str) -> Iterator[tuple[int, int]]:
    """What an answer to a question for the expiry says: all of it, or a month or a year alone."""
    for pattern in (_MONTH_FIRST, _YEAR_FIRST, _WORDED_YEAR_FIRST):
        for found in re.finditer(pattern, text):
            yield found.span()
    for found in _PIECE.finditer(text):
        yield found.span()


def _whose(text: str, start: int, end: int | None = None) -> _Whose:
    """The last noun in front decides; without one a CVN that follows."""
    front = _SENTENCE.split(text[max(start - _NOUN_REACH, 0) : start])[-1]
    last = None
    for found in _NOUN.finditer(front):
        last = found
    if last is None and end is not None and re.search(CVN, text[end : end + _CVN_REACH]):
        return _Whose.CARD
    if last is None:
        return _Whose.UNSAID
    return _Whose.CARD if last["card"] else _Whose.OTHER


# ── CVN ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_LIGHT = r"(?:[ ，,、]|嗯|呃|啊|然后){0,2}"
_THREE = (
    rf"(?<![A-Za-z{BLANK}])(?<!{ANY_DIGIT})(?<!{ANY_DIGIT}[.,:/])(?P<code>{BLANK}{{3}}(?!{BLANK})"
    rf"|{ONE_SAID}(?:{_LIGHT}{ONE_SAID}){{2}}(?!{_LIGHT}{ANY_DIGIT})(?!{COUNTS})(?![号路楼日街栋室弄.%％A-Za-z]))"
)
_BETWEEN = r"[^。！!？?；;]{0,14}?"
_AT_PLACE = re.compile(rf"(?:{PLACE}|{CVN})(?P<between>{_BETWEEN}){_THREE}")
_THEN_PLACE = re.compile(rf"{_THREE}[，, ]?[^。！!？?；;，,0-9]{{0,6}}?(?:{PLACE}|{CVN})")
_LAST_THREE = re.compile(
    r"(?:最后|[后末后]面?|后[边头])(?:的|那|这)?(?:[三3](?:位|个|码)?|仨)(?:数字?|号码?|码)?"
    rf"(?:[\s,，:：、]|是|为|就|的|啊|呢|嗯|我|念|报|填){{0,6}}{_THREE}"
)
_TAIL_OF = re.compile(r"(?:卡号?|手机号?|电话|号码|身份证号?|证件号?|[账帐]号|单号|工号|尾号|号)的?$")
_NO_CVN = re.compile(r"电话|手机|客服|工号|金额|卡号|尾号|身份证|[账帐]号|热线|余额|密码|第")
_OF_CVN = re.compile(r"[背反签后末]|最后|[Cc][Vv]|[Ss]ecurity|安全码")
_CLOSE = 8


def cvns_in(text: str, *, beside_card: bool = False) -> Iterator[tuple[int, int]]:
    """Card verification numbers. `beside_card`: the expiry has just been said, so 后三位 is no end of a number."""
    if not _OF_CVN.search(text):
        return
    for found in _AT_PLACE.finditer(text):
        if not _NO_CVN.search(found["between"]):
            yield found.span("code")
    for found in _THEN_PLACE.finditer(text):
        if not _NO_CVN.search(text, max(found.start() - _CLOSE, 0), found.start()):
            yield found.span("code")
    for found in _LAST_THREE.finditer(text):
        if not _TAIL_OF.search(text[: found.start()]) and (
            beside_card or _names_card(text) or _follows_card(text, found.start(), found["code"])
        ):
            yield found.span("code")


def card_secrets_in(text: str, *, beside_card: bool = False) -> Iterator[tuple[int, int]]:
    """Expiry and CVN, named or right after the card's number."""
    expiries = [*expiries_in(text), *_after_number(text)]
    yield from expiries
    yield from cvns_in(text, beside_card=beside_card or bool(expiries))


def _names_card(text: str) -> bool:
    return re.search(rf"{PLACE}|{CVN}", text) is not None


def _follows_card(text: str, start: int, code: str) -> bool:
    """Is a whole card's number right in front, that these three do not complete?"""
    for run in read_runs(text[:start], _SHORTEST_CARD):
        if 0 <= start - run.end <= _CLOSE and len(run.digits) <= _LONGEST_CARD:
            three = "".join(one.digits for one in read_runs(code, 1))
            return not is_card(run.digits + three) or is_card(run.digits)
    return False


def _after_number(text: str) -> Iterator[tuple[int, int]]:
    """「6253…1174，0929，736」: twenty digits and more are no card's number."""
    if len(_DIGITS.findall(text)) < _SHORTEST_CARD:
        return
    for run in read_runs(text, _SHORTEST_CARD + 4):
        if not run.slips:
            yield from _rest_of(run, label_before(text, run.start) is Label.CARD)


def _rest_of(run: Run, named: bool) -> Iterator[tuple[int, int]]:
    digits = [digit for group in run.groups for digit in group]
    sizes: list[int] = []
    for group in run.groups:
        sizes.append((sizes[-1] if sizes else 0) + len(group))
    for size in sizes:
        rest = _AFTER_CARD.fullmatch(run.digits[size:])
        if rest and _SHORTEST_CARD <= size <= _LONGEST_CARD and (named or is_card(run.digits[:size])):
            yield digits[size].start, digits[-1].end
            return
