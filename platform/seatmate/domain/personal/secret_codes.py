"""Passwords, one-time codes, CVN and a card's expiry: class C3 of JR/T 0171-2020, never kept and never sent.

A code is one by the word beside it (密码是…, …这个是验证码) or by the question before it, which `SecretTalk` follows
through a conversation: the answer may come in pieces, and somebody may read it back. What is counted or priced
(密码输错5次) is no code, and a warning (验证码不要告诉别人) asks for none.
"""

import re
from collections.abc import Iterator, Sequence

from seatmate.domain.personal.checks import is_service_number
from seatmate.domain.personal.digits import BETWEEN, Run, beside_digits, read_runs
from seatmate.domain.personal.kinds import BLANK
from seatmate.domain.personal.labels import Label, label_after, label_before
from seatmate.domain.personal.recognise import numbers_of

NAME = (
    r"(?:密码|密碼|口令|暗码|验证码|驗證碼|校验码|动态码|动态密码|短信码|安全码|识别码|授权码|激活码|令牌|密钥|OTP"
    r"|[六四64]位(?:数字|码)|[Cc][Vv][NnVvCc]2?|P[Ii][Nn]码?|短信[^。！!？?]{0,8}(?:数字|[几串]数|几位)"
    r"|(?:背面|反面|签名|卡[的片]?后[面头]|卡背后?)[^，,。！!？?]{0,10}[三3][位个](?:数字?)?)"
)
_NAME = re.compile(NAME)
_FACE = "卡片?|卡面|卡上|正面|信用卡"
_EXPIRY = rf"(?:(?:{_FACE})[^，,。；;？?！!]{{0,8}}有效期限?|有效期[^。；;？?！!]{{0,8}}(?:{_FACE}))"
_EXPIRY_NAMED = re.compile(_EXPIRY)
# `digits.read_runs` folds one for one here: a secret is short, and every reading of it goes.
_DIGIT = r"[0-9０-９零〇○一二三四五六七八九幺吆腰两兩洞拐勾]"
_D = rf"(?:双{_DIGIT}|[二两三四五六2-6]个{_DIGIT}(?![十百千万月])|{_DIGIT}(?![十百千万亿个]))"
_PAUSE = rf"(?:{BETWEEN}){{0,4}}"
_CODE = rf"(?:{BLANK}{{2,}}|{_D}(?:{_PAUSE}{_D}){{2,13}})"
_WORD = r"(?:(?:大写|小写|字母)?(?:的)?[A-Za-zＡ-Ｚａ-ｚ0-9０-９@#!_＊幺零一二三四五六七八九][ ，,、]?){4,24}"
_LETTERS = r"(?=[^，。]{0,24}[A-Za-zＡ-Ｚａ-ｚ])"
_FILLER = (
    r"(?:[\s,，。.:：、]|是|为|的|就|了|呢|啊|嗯|呃|哦|那个|这个|这|您|我|你|他|她|收到|来|发过去|发过来|现在|好|设置成|设成|设的"
    r"|改成|换成|叫做|也|还|应该|给|报|一下|告诉|念|说|听好|记一下|记好|[六四三64三3]位数?(?:的|是)?|短信|刚才|刚刚|到|手机上"
    r"|显示|上面|写|用){0,10}"
)
_COUNTS = r"\s*(?:位|次|秒|分|小时|天|个|月|年|日|元|块|万|千|百|亿|%|％|点|笔|张|岁|期|级|折|倍|遍|种)"
_UNIT = rf"(?!{_COUNTS})"
_COUNTED = re.compile(_COUNTS)
_AFTER = re.compile(rf"{NAME}{_FILLER}(?P<code>{_LETTERS}{_WORD}|{_CODE}{_UNIT}(?![\dA-Za-z]))", re.IGNORECASE)
_MIXED = re.compile(
    rf"{NAME}[^。！!？?；;A-Za-z0-9{BLANK}]{{1,10}}"
    r"(?P<code>(?=[A-Za-z@#!_]+\d|\d+[A-Za-z])[A-Za-z0-9@#!_]{5,20})(?![A-Za-z0-9])"
)
_BEFORE = re.compile(
    rf"(?<!{_DIGIT})(?P<code>{_CODE})(?!{_DIGIT})[,，]?[（(【]?"
    r"(?:(?:这个|那个|这|那|就)+是?|就?是不是|当作?|作为|是|(?<=[（(【]))(?:我|您|你)?(?:设的?|用的?|收到的?)?的?"
    rf"(?:短信|登录|交易|支付|取款|查询|手机|银行)?(?:的)?{NAME}",
)
_MONTH = r"(?:[0０零洞]?[1-9１-９一二两三四五六七八九幺腰]|[1１一幺腰十][0-2０-２零一二幺]?)"
_VALID_THRU = re.compile(
    rf"{_EXPIRY}{_FILLER}(?P<code>{BLANK}{{3,}}|{_MONTH}月?[ /／\-斜杠]{{0,2}}"
    rf"(?:[2２二两][0０零])?[2-4２-４二两三四]{_DIGIT}年?(?!{_DIGIT}))"
)
_THREE = re.compile(r"[Cc][Vv]|安全码|[三3][位个]")
_BLANKED = re.compile(rf"{BLANK}{{2,}}")
_ASKS = re.compile(
    r"哪[年个月]|月份|年份|什么|报|说|告诉|提供|念|发给|发我|发过来|发一下|给我|多少|是什么|读|输入|回复|填"
    r"|收到.{0,6}[吗没么]|几|核对|需要您的|麻烦|请问|呢$"
)
_WARNS = re.compile(r"不要|别|勿|不能|不可|不会|千万|不用|无需|不需要|不得|谨防|忘|修改|重置|错误|保密")
_COMPLAINS = re.compile(r"次|秒|分钟|可以|改|换|管|设|不|没|慢|错|锁|过期|怎么")
_SENTENCES = re.compile(r"[。！？!?；;]")
_SHORT = 3
_USUAL = 4
_REACH = 14
_BRIEF = 8
_WITHIN = 4
"""Utterances that a question waits for its answer; a pause (嗯，稍等) does not use it up."""
_PAUSE_CHARS = 6
_FULL = 6
_WELL_KNOWN = 5
_CALLED = re.compile(r"(?:打|拨|致电|热线|电话|来电|或|和)[^，,。]{0,2}$")
_PIECE = 2
_SOON = 5
_MOST_SOON = 40
_WORDS = 10
_MOST = 10


def secrets_in(text: str) -> Iterator[tuple[int, int]]:
    """Codes that a word in the same text names."""
    if _NAME.search(text):
        for pattern in (_AFTER, _BEFORE, _MIXED):
            for found in pattern.finditer(text):
                yield _trimmed(text, *found.span("code"))
        yield from _loosely(text)
    if "有效期" in text:
        for found in _VALID_THRU.finditer(text):
            yield found.span("code")


def _loosely(text: str) -> Iterator[tuple[int, int]]:
    """Other words between, for a code of the usual length that nothing else claims; and the codes that follow it."""
    runs = list(read_runs(text, _SHORT))
    if not runs:
        return
    for name in _NAME.finditer(text):
        least, reach = _SHORT if _THREE.search(name[0]) else _USUAL, name.end() + _REACH
        for run in runs:
            between = text[name.end() : run.start]
            if run.start < name.end() or run.start > reach or _SENTENCES.search(between):
                continue
            sizes = _sizes(run)
            if (
                max(sizes) < least
                or max(sizes) > _MOST
                or numbers_of(run, None)
                or not _is_free(text, run.start, run.end)
            ):
                continue
            yield run.start, run.end
            reach = run.end + _REACH


def _sizes(run: Run) -> list[int]:
    """Digits said before and after each slip: 583921不对，583922."""
    sizes = [0]
    for at, group in enumerate(run.groups):
        if at in run.slips:
            sizes.append(0)
        sizes[-1] += len(group)
    return sizes


def _is_free(text: str, start: int, end: int) -> bool:
    """Is it no amount, no product's code, no number to call, and not named as something else?"""
    if _COUNTED.match(text, end) or (text[start - 1 : start].isascii() and text[start - 1 : start].isalpha()):
        return False
    label = label_before(text, start) or label_after(text, end)
    return label in (None, Label.SECRET, Label.CARD, Label.PHONE) and not _is_service(text, start, end)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while text[end - 1] in " ，,、":
        end -= 1
    return start, end


def asks_for_secret(text: str) -> bool:
    """Does an utterance want a secret told, or say that one follows? A warning not to tell one does not."""
    if not _NAME.search(text) and "有效期" not in text:
        return False
    return any(
        (_NAME.search(sentence) and _ASKS.search(sentence) and not _WARNS.search(sentence))
        or _EXPIRY_NAMED.search(sentence)
        for sentence in _SENTENCES.split(text)
    )


def _only_names_it(text: str) -> bool:
    """安全码三位: a question in telephone style, to which bare digits are an answer."""
    brief = len(text) <= _BRIEF and _NAME.search(text)
    return bool(brief) and not (_WARNS.search(text) or _COMPLAINS.search(text))


class SecretTalk:
    """Follows a conversation, utterance by utterance: which codes are said in answer to a question for one?"""

    def __init__(self) -> None:
        self._asker: object = None
        self._left = 0
        self._told: list[tuple[int, str]] = []
        self._place = -1
        self._last = 0
        self._bare_only = False
        self._answered_by: object = None

    def hear(self, speaker: object, text: str) -> list[tuple[int, int]]:
        """The secrets in the next utterance."""
        self._place += 1
        found = list(dict.fromkeys(secrets_in(text)))
        asks = asks_for_secret(text)
        names = not asks and _only_names_it(text)
        if not found and self._left > 0 and not (asks or names):
            found = self._answers(speaker, text)
        if found:
            self._told += [(self._place, _digits(text[start:end])) for start, end in found]
            self._last = max(len(_digits(text[start:end])) or end - start for start, end in found)
        self._wait(speaker, text, bool(found), asks or names)
        if asks or names:
            self._bare_only = names
        return found

    def read_back(self, place: int, text: str) -> Iterator[tuple[int, int]]:
        """Places where a secret that was told is said again, or, soon after, a part of it."""
        told = [(at, value) for at, value in self._told if len(value) > _SHORT]
        if not told:
            return
        whole = {value for _, value in told}
        soon = [value for at, value in told if 0 < place - at <= _SOON][:_MOST_SOON]
        for run in read_runs(text, _SHORT):
            if run.digits in whole or (
                soon and any(run.digits in value for value in soon) and not _COUNTED.match(text, run.end)
            ):
                yield run.start, run.end
                continue
            for group in run.groups:
                if "".join(digit.value for digit in group) in whole:
                    yield group[0].start, group[-1].end

    def _answers(self, speaker: object, text: str) -> list[tuple[int, int]]:
        """Codes in an answer: bare digits, or few words with them; more digits only when they come at once."""
        beside = len(beside_digits(text))
        bare = beside <= _PIECE
        if not bare and (self._bare_only or self._answered_by is not None or speaker is self._asker or beside > _WORDS):
            return []
        blanked = [found.span() for found in _BLANKED.finditer(text)]
        runs = [run for run in read_runs(text, _PIECE) if len(run.digits) <= _MOST]
        return blanked + [
            (run.start, run.end)
            for run in runs
            if (bare or len(run.digits) >= _SHORT) and _is_code(text, run.start, run.end, bare)
        ]

    def _wait(self, speaker: object, text: str, found: bool, asks: bool) -> None:
        if found:
            self._asker, self._answered_by = None if asks else self._asker, speaker
            self._left = 2 if self._last < _FULL else 0
        elif asks:
            self._asker, self._left, self._answered_by = speaker, _WITHIN, None
        elif self._left:
            self._left -= 1 if len(text) <= _PAUSE_CHARS else 2


def _is_code(text: str, start: int, end: int, bare: bool) -> bool:
    if (label_before(text, start) or label_after(text, end)) not in (None, Label.SECRET, Label.CARD):
        return False
    if text[start - 1 : start].isascii() and text[start - 1 : start].isalpha():
        return False
    return _COUNTED.match(text, end) is None and (bare or not _is_service(text, start, end))


def _is_service(text: str, start: int, end: int) -> bool:
    """A number to call: 打959001. Six digits that nobody calls may well be a code."""
    return (
        end - start > _SHORT
        and is_service_number(text[start:end])
        and (end - start <= _WELL_KNOWN or bool(_CALLED.search(text, 0, start)))
    )


def _digits(text: str) -> str:
    return "".join(run.digits for run in read_runs(text, 1))


def all_secrets(turns: Sequence[tuple[object, str]]) -> list[list[tuple[int, int]]]:
    """The secrets of each utterance; a second look finds where they are said again, before or after."""
    talk = SecretTalk()
    found = [talk.hear(speaker, text) for speaker, text in turns]
    for place, (_, text) in enumerate(turns):
        found[place] += talk.read_back(place, text)
    return found
