"""May a question that the model made of a follow-up be asked in its place? It may add what was said, and nothing else.

The model resolves 它 and 那…呢; what it writes is untrusted. Products, figures, codes, denials, the day and each word
of the follow-up that tells something must be in it. All that it has besides must stand in the user's own earlier
questions, in the catalogue's name of a product named there, or among the words for an attribute named there. Knows no
model.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seatmate.ask.names import masked, names_of
from seatmate.ask.past import day_meant
from seatmate.ask.rewrite import StandaloneQuery, leans_on_what_was_said, products_named, said
from seatmate.ask.spoken import figures_in
from seatmate.domain.attributes import attributes_in, words_of
from seatmate.domain.figures import FoundFigure
from seatmate.domain.knowledge import Product
from seatmate.domain.words import folded, is_empty_word

MOST_ADDED = 80
"""Characters: a product, an attribute and a condition or two."""

_TOKEN = re.compile(r"[a-z]+|\d+")
_BLANKS = re.compile("\x00+")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_ASKS_WHETHER = re.compile(r"([\u4e00-\u9fff]{1,2})[不没]\1|是否|能否|可否|与否|有无")
_DENIES = re.compile(r"(?:[不没无非未勿免否除]|(?<![特级分区类个性识])别)[\u4e00-\u9fff]?")
_AMENDS = re.compile(r"^(?:(?:哦|噢|啊|嗯|不对|不是|错了|说错了|问错了|搞错了|不好意思|抱歉)[，,。！!\s]+)+")
"""「不对，我问的是C款」 denies what was asked before, nothing of what is asked now."""
_COURTESY = re.compile(
    r"请问|麻烦|帮我|帮忙|查一?[下查]|看一?[下看]|我?想?再?问一?[下问]|我?想(?:了解|知道)(?:一?下)?|谢谢|[您你]好|客户(?:想问|想知道|问)"
)
_LEANS = re.compile(
    r"^(?:那么?|换成?|换作|改成|改问)|(?<=[A-Za-z])\s*(?:类份额|份额|类|份|款)|[这那]?两[款种者个](?=产品|的|呢|都|分别|哪|$)|第[一二三四][个款种]"
)
"""What only a follow-up has: its beginning, and the class or the place of a product instead of its name."""
_OF_SEVERAL = re.compile(
    r"(?<!业绩)比(?!例|较基准|重|率)|[和跟与]|区别|差别|哪个|哪款|都|分别|两[个款种]|前面|刚才|之前|第[一二三四1-4]|上一|回到(?!账)|最开始"
)
"""Then another product than the last one may be meant."""
_ASKING = frozenset("是多少钱怎么哪几什吗呢的产品")
"""What a whole question has and a follow-up leaves out."""
_CONTRASTS = frozenset("内外前后上下先")
"""Empty in most talk, but not in 境外."""
_ASKING_TALK = "多少 什么 怎么 怎样 怎么样 哪个 哪些 多久 可以 是不是 有没有 能不能 要不要 会不会 现在 目前"
_ASKING_WORDS = frozenset(_ASKING_TALK.split())
_ADDS = 2
"""Telling characters at least that resolve something: 「电讯费怎么收」 is no more whole than 「电讯费呢」."""
_MARKS = frozenset("，。？！、：；,.?!:;()%-~/“”《》·+ \x00")
_DAY = re.compile(
    r"[去今明前]年|(?<!提)[昨前明后]天|[昨明次]日|[上下][个]?(?:周|星期|礼拜|月|季度?)|年[初底]|月[初底]|当时|那天|以前|原来|曾经?"
)
"""Words that may move the day that is asked about. 现在 and 目前 do not."""


class RewriteFlaw(StrEnum):
    EMPTY = "empty"
    CUT_OFF = "cut_off"
    TOO_LONG = "too_long"
    NOT_ONE_LINE = "not_one_line"
    OTHER_PRODUCT = "other_product"
    LOST_PRODUCT = "lost_product"
    OTHER_FIGURE = "other_figure"
    LOST_FIGURE = "lost_figure"
    OTHER_CODE = "other_code"
    """Letters or digits that nobody said: a code, a class."""
    LOST_CODE = "lost_code"
    OTHER_DENIAL = "other_denial"
    LOST_DENIAL = "lost_denial"
    OTHER_DAY = "other_day"
    OTHER_WORDS = "other_words"
    LOST_WORDS = "lost_words"
    NOT_RESOLVED = "not_resolved"
    """It needs what was said before as much as the follow-up did."""


@dataclass(frozen=True)
class FollowUp:
    """What the user asks, what he asked before, and what the rule made of it."""

    asked: str
    earlier: tuple[str, ...]
    at: datetime
    by_rule: StandaloneQuery


def flaws_of(written: str, follow_up: FollowUp, products: Sequence[Product]) -> Iterator[RewriteFlaw]:
    """Every reason not to use it; none: it may be asked. `products` are those that the caller may know of."""
    asked, before = _AMENDS.sub("", follow_up.asked), "\n".join(follow_up.earlier)
    if not written:
        yield RewriteFlaw.EMPTY
        return
    if len(written) > len(follow_up.asked) + MOST_ADDED:
        yield RewriteFlaw.TOO_LONG
    if "\n" in written:
        yield RewriteFlaw.NOT_ONE_LINE
    yield from _product_flaws(written, asked, follow_up, products)
    # From here on without the products' names, whose numbers and letters are no figures and codes.
    names = names_of(tuple(products))
    here, wanted, earlier = (masked(text, names.mentions(text)) for text in (written, asked, before))
    wanted = _COURTESY.sub(" ", _LEANS.sub("", wanted))
    figures, wanted_figures, earlier_figures = figures_in(here), figures_in(wanted), figures_in(earlier)
    if not _all_among(figures, [*wanted_figures, *earlier_figures]):
        yield RewriteFlaw.OTHER_FIGURE
    if not _all_among(wanted_figures, figures):
        yield RewriteFlaw.LOST_FIGURE
    yield from _denial_flaws(here, wanted, earlier)
    if day_meant(written, follow_up.at) != day_meant(follow_up.asked, follow_up.at) or _days(here) != _days(wanted):
        yield RewriteFlaw.OTHER_DAY
    here, wanted = _without(here, figures), _without(wanted, wanted_figures)
    earlier = _without(earlier, earlier_figures)
    if _tokens(here) - _tokens(f"{asked}\n{before}"):
        yield RewriteFlaw.OTHER_CODE
    if _tokens(wanted) - _tokens(written):
        yield RewriteFlaw.LOST_CODE
    if not _says_only(here, f"{wanted}\n{earlier}"):
        yield RewriteFlaw.OTHER_WORDS
    if not _keeps(wanted, here, written):
        yield RewriteFlaw.LOST_WORDS
    leans = leans_on_what_was_said(asked) or asked != follow_up.asked
    if leans and _still_leans(written, here, wanted, follow_up, products):
        yield RewriteFlaw.NOT_RESOLVED


def _product_flaws(written: str, asked: str, follow_up: FollowUp, products: Sequence[Product]) -> Iterator[RewriteFlaw]:
    names = names_of(tuple(products))
    here, in_asked = ({mention.code for mention in names.mentions(text)} for text in (written, asked))
    before = [{mention.code for mention in names.mentions(text)} for text in reversed(follow_up.earlier)]
    own = {product.code for product in said(asked, follow_up.earlier, products)[0]}
    may = in_asked | own
    if not own:
        may |= {product.code for product in follow_up.by_rule.products}
        may |= next((found for found in before if found), set())
    if _OF_SEVERAL.search(masked(asked, names.mentions(asked))):
        may = may.union(*before)
    if here - may:
        yield RewriteFlaw.OTHER_PRODUCT
    if in_asked - here or own - {product.code for product in products_named(written, products)}:
        yield RewriteFlaw.LOST_PRODUCT


def _all_among(figures: Sequence[FoundFigure], others: Sequence[FoundFigure]) -> bool:
    """The same value within the same bounds: 不超过5万 is not 5万."""
    there = {(figure.normalised, figure.bound, figure.range_end) for figure in others}
    return all((figure.normalised, figure.bound, figure.range_end) in there for figure in figures)


def _denial_flaws(written: str, asked: str, before: str) -> Iterator[RewriteFlaw]:
    here, wanted, earlier = (_ASKS_WHETHER.sub(" ", text) for text in (written, asked, before))
    denials, earlier_denials = _DENIES.findall(wanted), _DENIES.findall(earlier)
    affirmed = _DENIES.sub(" ", wanted)
    for found in _DENIES.finditer(here):
        what = here[found.start() + 1 : found.end() + 2]
        taken_back = any(what[at : at + 2] in affirmed for at in range(len(what) - 1))
        if found[0] not in denials and (found[0] not in earlier_denials or taken_back):
            yield RewriteFlaw.OTHER_DENIAL
    if any(here.count(word) < denials.count(word) for word in denials):
        yield RewriteFlaw.LOST_DENIAL


def _tokens(text: str) -> set[str]:
    return set(_TOKEN.findall(folded(text)))


def _days(text: str) -> set[str]:
    return set(_DAY.findall(text))


def _says_only(written: str, said_before: str) -> bool:
    """Every telling character stands in a piece of two that was said, or that is of a word for an attribute that was;
    words of talk that ask nothing, other scripts and marks must have been said, too."""
    attributes = sorted({found.attribute for found in attributes_in(said_before)})
    words = _joined("\n".join((said_before, *(word for attribute in attributes for word in words_of(attribute)))))
    text = _joined(written)
    if any(not _HAN.match(c) and not _TOKEN.match(c) and c not in _MARKS and c not in words for c in text):
        return False
    told = (text[max(0, at - 1) : at + 1] in words or text[at : at + 2] in words for at in _telling_places(text))
    return all(told) and all(word in words or word in _ASKING_WORDS for word in _talk(text))


def _keeps(wanted: str, here: str, written: str) -> bool:
    """Every piece of two that tells something; a character that tells something alone must not be of a name."""
    text, outside, whole = folded(wanted), folded(here), folded(written)
    places = set(_telling_places(text))
    for at in places:
        pieces = [text[first : first + 2] for first in (at - 1, at) if {first, first + 1} <= places]
        if not (any(piece in whole for piece in pieces) if pieces else text[at] in outside):
            return False
    return True


def _joined(text: str) -> str:
    """A name or a figure is one blank, however long it is."""
    return _BLANKS.sub("\x00", folded(f"\x00{text}\x00"))


def _telling(text: str) -> set[str]:
    """Characters that say what is asked."""
    text = folded(text)
    return {text[at] for at in _telling_places(text)}


def _telling_places(text: str) -> Iterator[int]:
    in_talk = {at for start, word in _talk_places(text) for at in range(start, start + len(word))}
    for at, character in enumerate(text):
        empty = character in _ASKING or (is_empty_word(character) and character not in _CONTRASTS)
        if at not in in_talk and _HAN.match(character) and not empty:
            yield at


def _talk(text: str) -> list[str]:
    return [word for _, word in _talk_places(text)]


def _talk_places(text: str) -> Iterator[tuple[int, str]]:
    """Words of two characters and more that say nothing of what is asked: 多少, 告诉, 客户."""
    at = 0
    while at < len(text):
        pieces = (text[at : at + size] for size in (4, 3, 2))
        word = next((piece for piece in pieces if _HAN.fullmatch(piece) and is_empty_word(piece)), "")
        if word:
            yield at, word
        at += len(word) or 1


def _still_leans(written: str, here: str, wanted: str, follow_up: FollowUp, products: Sequence[Product]) -> bool:
    """`here` and `wanted` are without names and figures: a follow-up that then tells nothing left its attribute out."""
    lost_attribute = bool(follow_up.by_rule.attributes) and not _telling(wanted) and not _telling(here)
    named = bool(products_named(written, products))
    added = _telling(written) - set(folded(wanted))
    return lost_attribute or (not named and (bool(follow_up.by_rule.products) or len(added) < _ADDS))


def _without(text: str, figures: Sequence[FoundFigure]) -> str:
    for figure in figures:
        text = text[: figure.start] + "\x00" * (figure.end - figure.start) + text[figure.end :]
    return text
