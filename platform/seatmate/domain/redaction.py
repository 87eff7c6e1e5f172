"""Personal numbers in a text: where they are, and the text without them.

Finds citizen ids (GB 11643, check digit), bank cards (16–19 digits, Luhn and prefix, or a word like 卡号 near by),
mobile numbers, and secrets (C3: passwords, one-time codes, CVN), in ASCII or full-width digits, spoken digits
(幺三八零零…) and with pauses between them, also right beside Chinese characters. Does not know names, addresses, or a
number that is spread over several utterances. Offsets are code points of the text as given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from seatmate.domain.calls import Conversation, Speaker, Utterance
from seatmate.domain.numerals import DIGITS, narrow

BLANK = "＊"
"""Takes the place of each character of a secret: the length stays, so every other offset does too."""


class Kind(StrEnum):
    ID = "ID"
    CARD = "CARD"
    PHONE = "PHONE"
    SECRET = "SECRET"

    @property
    def token(self) -> str:
        """What a reader sees in the number's place."""
        return f"⟦{self.value}⟧"


@dataclass(frozen=True)
class Span:
    """`source[start:end]` is a number of this kind."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True)
class Redacted:
    """A text with a token in each span's place."""

    text: str
    spans: tuple[Span, ...]

    def source_offset(self, offset: int) -> int:
        """The place in the source of a place in `text`; inside a token it is the start of what the token hides."""
        shift = 0
        for span in self.spans:
            token_start = span.start - shift
            if offset <= token_start:
                break
            token_end = token_start + len(span.kind.token)
            if offset < token_end:
                return span.start
            shift += (span.end - span.start) - len(span.kind.token)
        return offset + shift


def redact(text: str) -> Redacted:
    """Every personal number becomes its token."""
    spans = find_personal(text)
    pieces: list[str] = []
    last = 0
    for span in spans:
        pieces += [text[last : span.start], span.kind.token]
        last = span.end
    return Redacted("".join([*pieces, text[last:]]), spans)


def redact_conversation(conversation: Conversation) -> Conversation:
    """What a model may read. Utterance ids stay, offsets do not: evidence is copied from the original."""
    without_secrets = drop_secrets(conversation)
    return _with_texts(without_secrets, [redact(u.text).text for u in without_secrets.utterances])


def drop_secrets(conversation: Conversation) -> Conversation:
    """What may be stored: each character of a secret is `＊`, everything else stays where it is."""
    texts: list[str] = []
    before: Utterance | None = None
    for utterance in conversation.utterances:
        spans = [span for span in find_personal(utterance.text) if span.kind is Kind.SECRET]
        if before is not None and before.speaker is not utterance.speaker and _asks_for_secret(before.text):
            spans += _answered_secret(utterance.text)
        characters = list(utterance.text)
        for span in spans:
            characters[span.start : span.end] = BLANK * (span.end - span.start)
        texts.append("".join(characters))
        if utterance.speaker is not Speaker.SYSTEM:
            before = utterance
    return _with_texts(conversation, texts)


def _with_texts(conversation: Conversation, texts: list[str]) -> Conversation:
    if all(u.text == text for u, text in zip(conversation.utterances, texts, strict=True)):
        return conversation
    utterances = tuple(
        u.model_copy(update={"text": text}) for u, text in zip(conversation.utterances, texts, strict=True)
    )
    return conversation.model_copy(update={"utterances": utterances})


def find_personal(text: str) -> tuple[Span, ...]:
    """All personal numbers and secrets, left to right, none overlapping."""
    folded = _fold(text)
    found: list[Span] = []
    for start, end in _secret_spans(folded):
        _claim(found, Span(Kind.SECRET, start, end))
    for run in _runs(folded):
        for kind, start, end in _numbers(run, folded):
            _claim(found, Span(kind, start, end))
    return tuple(sorted(found, key=lambda span: span.start))


def _claim(found: list[Span], span: Span) -> None:
    if all(span.end <= other.start or other.end <= span.start for other in found):
        found.append(span)


# ── digits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_SPOKEN = str.maketrans({word: str(digit) for word, digit in DIGITS.items()} | {"○": "0", "Ｘ": "X", "ｘ": "x"})
_PAUSE = r"[ \u3000\-－—·、，,。.]"
# Digits that may belong to one number: next to each other, or with a short pause between them.
_RUN = re.compile(rf"\d(?:{_PAUSE}{{0,2}}\d)+(?:{_PAUSE}?[Xx])?")


def _fold(text: str) -> str:
    """Full-width and spoken digits to ASCII, one code point for one."""
    return narrow(text).translate(_SPOKEN)


@dataclass(frozen=True)
class _Run:
    """`places[i]` is where digit i stands; `starts`/`ends` are the digits at which a group of digits begins or ends."""

    digits: str
    places: tuple[int, ...]

    def window(self, first: int, size: int) -> str | None:
        """`size` digits from `first`, when they begin and end with a group, not within one."""
        last = first + size - 1
        if last >= len(self.places):
            return None
        begins = first == 0 or self.places[first - 1] + 1 < self.places[first]
        ends = last + 1 == len(self.places) or self.places[last] + 1 < self.places[last + 1]
        return self.digits[first : last + 1] if begins and ends else None


def _runs(folded: str) -> Iterator[_Run]:
    for found in _RUN.finditer(folded):
        places = tuple(i for i in range(*found.span()) if folded[i] in "0123456789Xx")
        if len(places) >= 11:
            yield _Run("".join(folded[i] for i in places).upper(), places)


_SIZES = ((18, Kind.ID), (19, Kind.CARD), (18, Kind.CARD), (17, Kind.CARD), (16, Kind.CARD), (13, Kind.PHONE))
_CONTEXT = {
    Kind.ID: re.compile(r"身份证|证件号|证件号码"),
    Kind.CARD: re.compile(r"卡号|行卡|账号|帐号|账户|储蓄卡|借记卡|信用卡|卡片|这张卡|那张卡"),
}
_NEAR = 20


def _numbers(run: _Run, folded: str) -> Iterator[tuple[Kind, int, int]]:
    for size, kind in (*_SIZES, (11, Kind.PHONE)):
        for first in range(len(run.places) - size + 1):
            digits = run.window(first, size)
            if digits is None:
                continue
            start, end = run.places[first], run.places[first + size - 1] + 1
            if _is_number(kind, digits, folded[max(start - _NEAR, 0) : end + _NEAR], folded[start:end]):
                yield kind, start, end


def _is_number(kind: Kind, digits: str, around: str, raw: str) -> bool:
    if kind is Kind.PHONE:
        mobile = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
        # 13,000，500,000 is two amounts: pauses inside a mobile number stand where people pause.
        return bool(re.fullmatch(r"1[3-9]\d{9}", mobile)) and not re.search(r"\d,\d{3}(?!\d)", raw)
    named = bool(_CONTEXT[kind].search(around))
    if kind is Kind.ID:
        shaped = bool(re.fullmatch(r"[1-8]\d{16}[\dX]", digits)) and _has_birthday(digits)
        return shaped and (named or _id_checks(digits))
    # Luhn alone passes one random number in ten; where a word says that it is a card, a misheard digit is still a card.
    return digits.isdigit() and (named or (digits[0] in "3456" and _luhn(digits)))


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _id_checks(digits: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, digits[:17], strict=True))
    return "10X98765432"[total % 11] == digits[17]


def _has_birthday(digits: str) -> bool:
    try:
        return 1900 <= date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14])).year <= 2100
    except ValueError:
        return False


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# ── secrets ────────────────────────────────────────────────────────────────────────────────────────────────────────

_NAME = r"(?:密码|口令|验证码|校验码|动态码|短信码|安全码|CVN2?|CVV2?|cvn2?|cvv2?|背面(?:的)?(?:后|最后)?(?:3|三)位)"
_FILLER = r"[\s,，。.:：、是为的就了吗呢啊嗯呃哦那个这您我你他她收到来发过去现在好设置成改叫做也还]{0,12}"
# What is counted or priced is no secret: 密码输错5次, 验证码60秒, 手续费1000元.
_NO_UNIT = r"(?!\s*(?:位|次|秒|分|小时|天|个|月|年|号|日|元|块|万|千|百|亿|%|％|点|笔|张|岁|期))"
_CODE = rf"\d(?:{_PAUSE}{{0,1}}\d){{2,11}}"
_SECRET_AFTER = re.compile(
    rf"{_NAME}{_FILLER}(?P<code>{_CODE}(?![\dA-Za-z]){_NO_UNIT}|(?=[A-Za-z@#!_]*\d)[\w@#!]{{4,20}})", re.A
)
_SECRET_BEFORE = re.compile(
    rf"(?<!\d)(?P<code>{_CODE})(?!\d)[,，]?(?:(?:这个|那个|就)是?|是)(?:我|您|你)?的?(?:短信|登录|交易|支付|取款)?{_NAME}"
)
_ASKS = re.compile(r"报|说|告诉|提供|念|发给|给我|多少|是什么|读")
_WARNS = re.compile(r"不要|别|勿|不能|不可|不会|千万|不用|无需|不需要")
_ANSWER = re.compile(rf"(?<![\dA-Za-z])(?P<code>{_CODE})(?![\dA-Za-z]){_NO_UNIT}")


def _secret_spans(folded: str) -> Iterator[tuple[int, int]]:
    for pattern in (_SECRET_AFTER, _SECRET_BEFORE):
        for found in pattern.finditer(folded):
            yield found.span("code")


def _asks_for_secret(text: str) -> bool:
    """Does an utterance want a secret told? A warning not to tell one does not."""
    return any(
        re.search(_NAME, sentence) and _ASKS.search(sentence) and not _WARNS.search(sentence)
        for sentence in re.split(r"[。！？!?；;]", text)
    )


def _answered_secret(text: str) -> list[Span]:
    """The code in an answer to a question for one."""
    found = (match.span("code") for match in _ANSWER.finditer(_fold(text)))
    return [Span(Kind.SECRET, start, end) for start, end in found]
