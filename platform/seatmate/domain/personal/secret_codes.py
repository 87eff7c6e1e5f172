"""Passwords, one-time codes, CVN and a card's expiry in one text: class C3 of JR/T 0171-2020, never kept, never sent.

A code is one by the word beside it (密码是…, …这个是验证码, 六位的那个…, 短信里写的…). What is counted or priced
(密码输错5次) is no code. What is a code by what others say before or after it is `secret_talk`'s.
"""

import re
from collections.abc import Iterator

from seatmate.domain.personal.card_secrets import asks_expiry, card_secrets_in
from seatmate.domain.personal.checks import is_service_number
from seatmate.domain.personal.digits import ANY_DIGIT, BETWEEN, COUNTED, COUNTS, ONE_SAID, Run, read_runs
from seatmate.domain.personal.kinds import BLANK
from seatmate.domain.personal.labels import Label, label_after, label_before
from seatmate.domain.personal.recognise import numbers_of

Place = tuple[int, int]
"""A secret is `text[start:end]`."""

NAME = (
    r"(?:密码|密碼|口令|暗码|验证码|驗證碼|校验码|动态码|动态密码|短信码|安全码|识别码|授权码|激活码|令牌|密钥|OTP"
    r"|[六四64]位(?:数字|码)|[Cc][Vv][NnVvCc]2?|[Ss]ecurity ?[Cc]ode|P[Ii][Nn]码?"
    r"|短信[^。！!？?]{0,8}(?:数字|[几串]数|几位)"
    r"|(?:背面|反面|背后|签名|签字|卡[的片]?后[面头边]|卡背后?)[^，,。！!？?0-9]{0,10}"
    r"(?:[三3](?:[位个]|码)(?:数字?|码)?|仨数?|几[位个]数字?|数字|[后末]三码))"
)
_NAME = re.compile(NAME)
_PAUSE = rf"(?:{BETWEEN}){{0,4}}"
_CODE = rf"(?:{BLANK}{{2,}}|{ONE_SAID}(?:{_PAUSE}{ONE_SAID}){{2,13}})"
_WORD = r"(?:(?:大写|小写|字母)?(?:的)?[A-Za-zＡ-Ｚａ-ｚ0-9０-９@#!_＊幺零一二三四五六七八九][ ，,、]?){4,24}"
_LETTERS = r"(?=[^，。]{0,24}[A-Za-zＡ-Ｚａ-ｚ])"
_FILLER = (
    r"(?:[\s,，。.:：、]|是|为|的|就|了|呢|啊|嗯|呃|哦|那个|这个|这|您|我|你|他|她|收到|来|发过去|发过来|现在|好|设置成|设成|设的"
    r"|改成|换成|叫做|也|还|应该|给|报|一下|告诉|念|说|听好|记一下|记好|[六四三64三3]位数?(?:的|是)?|短信|刚才|刚刚|到|手机上"
    r"|显示|上面|写|用){0,10}"
)
_UNIT = rf"(?!{COUNTS})"
_AFTER = re.compile(rf"{NAME}{_FILLER}(?P<code>{_LETTERS}{_WORD}|{_CODE}{_UNIT}(?![\dA-Za-z]))", re.IGNORECASE)
_MIXED = re.compile(
    rf"{NAME}[^。！!？?；;A-Za-z0-9{BLANK}]{{1,10}}"
    r"(?P<code>(?=[A-Za-z@#!_]+\d|\d+[A-Za-z])[A-Za-z0-9@#!_]{5,20})(?![A-Za-z0-9])"
)
_BEFORE = re.compile(
    rf"(?<!{ANY_DIGIT})(?P<code>{_CODE})(?!{ANY_DIGIT})[,，]?[（(【]?"
    r"(?:(?:这个|那个|这|那|就)+是?|就?是不是|当作?|作为|是|(?<=[（(【]))(?:我|您|你)?(?:设的?|用的?|收到的?)?的?"
    rf"(?:短信|登录|交易|支付|取款|查询|手机|银行)?(?:的)?{NAME}",
)
_THREE = re.compile(r"[Cc][Vv]|[Ss]ecurity|安全码|[三3][位个]")
_ASKS = re.compile(
    r"哪[年个月]|月份|年份|什么|报|说|告诉|提供|念|发给|发我|发过来|发一下|给我|多少|是什么|读|输入|回复|填"
    r"|收到.{0,6}[吗没么]|几|看[得不]?[清到见]|核对|需要您的|麻烦|请问|呢$"
)
_WARNS = re.compile(r"不要|别|勿|不能|不可|不会|千万|不用|无需|不需要|不得|谨防|忘|修改|重置|错误|保密")
_COMPLAINS = re.compile(r"次|秒|分钟|可以|改|换|管|设|不|没|慢|错|锁|过期|怎么")
_SENTENCES = re.compile(r"[。！？!?；;]")
_VAGUE = re.compile(
    r"[六6四4]位(?:数字?|的)?(?:的?那个)?|[六6四4]个数字?|[那这一][串组](?:数字?|号码?|码|东西)?|[那这]几个数字?|登录那个数"
    r"|(?<![号编代条维邮区税源尺数份行份价条])码(?=[是为:：，,呢来到]|[0-9０-９])|短信[^。！？!?，,；;0-9]{0,8}[，,]?|收到(?:了|的|个|一个|一条|一串数字?)?"
)
_VAGUE_NAME = re.compile(r"短信|[六6四4]位(?:的|数)|[六6]个数|[那一]串数")
_WANTED = {"四": (4, 6), "4": (4, 6), "码": (4, 5, 6, 7, 8)}
"""Sizes of a code by the first character of what names it."""
_SOME = re.compile(rf"[{BLANK}]|{ANY_DIGIT}")
_BEGUN = re.compile(
    rf"{NAME}(?:是|：|:|为|就是|前面(?:是|的)?|前两位(?:是)?|[，, 啊嗯呃])+"
    rf"(?P<code>{BLANK}{{2}}|{ONE_SAID}{ONE_SAID})[。，, ]?$"
)
_ROUND = re.compile(r"\d{3}000|\d{1,3}00|\d{2,3}0{3,}|\d{3,}0{4,}")
"""Written only: 七七四九零零 is no amount, that would be 七十七万四千九."""
_MONTH = re.compile(r"20[12]\d(?:0[1-9]|1[0-2])|20[12]\d|19\d\d")
_MOVED = re.compile(
    r"(?:转|存|(?<!获)取|汇|买|贷|还|借|花|扣|付|交|充|提|投|(?<!输)入|消费|到账|赎回?|还差|剩|[还只里共]有|一共|赚|亏)"
    r"(?:了|个|进|出|给[他她你]|过去|走|来|的是)? ?$"
)
_GOES_ON = re.compile(r"号(?!码)|这[只支]|[路楼室栋弄层]|[,，]\d{3}|-\d")
_CARD_NUMBER = re.compile(r"卡的?号[^。！？!?；;]{0,8}$|开头[^，,。]{0,4}$")
_OF_SALE = re.compile(r"基金|产品|理财|股票|代码|邮编|债券|国债|存单|[那这][只支]")
_OWN = re.compile(r"95900\d")
_SENDS = re.compile(r"[，, ]?(?:发|打|给我|的短信|来电|那个号|客服|是你们)")
_CLOSE = 5
_SHORT = 3
_USUAL = 4
_REACH = 14
_BRIEF = 8
_FULL = 6
_WELL_KNOWN = 5
_CALLED = re.compile(r"(?:打|拨|致电|热线|电话|来电|或|和)[^，,。]{0,2}$")
_PIECE = 2
_MOST = 10
_LONG = 10
_COUNT_DIGITS = 2


def secrets_in(text: str, *, beside_card: bool = False) -> Iterator[tuple[int, int]]:
    """Codes that a word in the same text names. `beside_card`: a card's expiry has just been said."""
    if _NAME.search(text):
        for pattern in (_AFTER, _BEFORE, _MIXED):
            for found in pattern.finditer(text):
                yield _trimmed(text, *found.span("code"))
        yield from _loosely(text)
        yield from _first_piece(text)
    if _SOME.search(text):
        yield from _vaguely(text)
        yield from card_secrets_in(text, beside_card=beside_card)


def _loosely(text: str) -> Iterator[tuple[int, int]]:
    """Other words between, for a code of the usual length that nothing else claims; and the codes that follow it.

    Pieces that are too short alone make one together: 前三位二二零，后三位九九幺.
    """
    runs = list(read_runs(text, _PIECE))
    if not runs:
        return
    for name in _NAME.finditer(text):
        least, reach = _SHORT if _THREE.search(name[0]) else _USUAL, name.end() + _REACH
        pieces: list[Run] = []
        for run in runs:
            between = text[name.end() : run.start]
            if run.start < name.end() or run.start > reach or _SENTENCES.search(between):
                continue
            if max(_sizes(run)) > _MOST or numbers_of(run, None) or not is_free(text, run.start, run.end):
                continue
            reach = run.end + _REACH
            pieces.append(run)
        whole = [piece for piece in pieces if max(_sizes(piece)) >= least]
        if len(pieces) > 1 and _USUAL <= sum(len(piece.digits) for piece in pieces) <= _LONG:
            whole = pieces
        yield from ((piece.start, piece.end) for piece in whole)


def _vaguely(text: str) -> Iterator[tuple[int, int]]:
    """「六位的那个」, 「短信里写的」: no name of a code, so only digits of the usual length, right after it."""
    for name in _VAGUE.finditer(text):
        for run in (uncounted(text, run) for run in read_runs(text, _USUAL)):
            gap = run.start - name.end()
            wanted = _WANTED.get(name[0][0], (_FULL,))
            if 0 <= gap <= _CLOSE and max(_sizes(run)) in wanted and may_be_code(text, run):
                yield run.start, run.end
                break


def _first_piece(text: str) -> Iterator[tuple[int, int]]:
    """「验证码是九九」, and the utterance is over."""
    found = _BEGUN.search(text)
    if found:
        yield found.span("code")


def uncounted(text: str, run: Run) -> Run:
    """Without a last group that is counted: 「773201，五分钟内有效」."""
    counted = len(run.groups) > 1 and len(run.groups[-1]) <= _COUNT_DIGITS and COUNTED.match(text, run.end)
    return Run(run.groups[:-1], run.slips) if counted else run


def _sizes(run: Run) -> list[int]:
    """Digits said before and after each slip: 583921不对，583922."""
    sizes = [0]
    for at, group in enumerate(run.groups):
        if at in run.slips:
            sizes.append(0)
        sizes[-1] += len(group)
    return sizes


def is_free(text: str, start: int, end: int) -> bool:
    """Is it no amount, no product's code, no number to call, and not named as something else?"""
    if COUNTED.match(text, end) or (text[start - 1 : start].isascii() and text[start - 1 : start].isalpha()):
        return False
    label = label_before(text, start) or label_after(text, end)
    return label in (None, Label.SECRET, Label.CARD, Label.PHONE) and not is_service(text, start, end)


def may_be_code(text: str, run: Run) -> bool:
    """Where no word names it: no round sum, no amount that is moved, no fund's code, no month, no number to call."""
    before, after = text[: run.start], text[run.end :]
    if (
        not is_free(text, run.start, run.end)
        or _ROUND.fullmatch(text, run.start, run.end)
        or _MONTH.fullmatch(run.digits)
    ):
        return False
    if is_moved(text, run.start) or _GOES_ON.match(after) or _CARD_NUMBER.search(before) or _OF_SALE.search(text):
        return False
    return not (is_service_number(run.digits) and (_OWN.fullmatch(run.digits) or _SENDS.match(after)))


def is_service(text: str, start: int, end: int) -> bool:
    """A number to call: 打959001. Six digits that nobody calls may well be a code."""
    return (
        end - start > _SHORT
        and is_service_number(text[start:end])
        and (end - start <= _WELL_KNOWN or bool(_CALLED.search(text, 0, start)))
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while text[end - 1] in " ，,、":
        end -= 1
    return start, end


def is_moved(text: str, start: int) -> bool:
    """转6800: an amount, though no unit follows."""
    return _MOVED.search(text, max(start - _REACH, 0), start) is not None


def names_code(text: str) -> bool:
    """Does it speak of a code, whatever it says of it?"""
    return _NAME.search(text) is not None or _VAGUE_NAME.search(text) is not None


def asks_for_secret(text: str) -> bool:
    """Does an utterance want a secret told, or say that one follows? A warning not to tell one does not."""
    return any(
        (_NAME.search(sentence) and _ASKS.search(sentence) and not _WARNS.search(sentence)) or asks_expiry(sentence)
        for sentence in _SENTENCES.split(text)
    )


def only_names_code(text: str) -> bool:
    """安全码三位: a question in telephone style, to which bare digits are an answer."""
    brief = len(text) <= _BRIEF and _NAME.search(text)
    return bool(brief) and not (_WARNS.search(text) or _COMPLAINS.search(text))
