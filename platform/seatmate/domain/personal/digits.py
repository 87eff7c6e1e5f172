"""What is read as digits in written, recognised and spoken Chinese, digit by digit, each with its place.

Reads ASCII and full-width digits, 零〇一二…九, what people say on the telephone (幺 and 腰 for 1, 洞 for 0, 拐 for 7,
勾 for 9, 两), repeats (三个六, 双八), what stands between groups (blanks, marks, 嗯, 然后) and corrections (不对，…).
Knows nothing of what a number is. 一百三十八 is a quantity, not digits; so are 10,000, 3.05 and 2026-11-09.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from seatmate.domain.personal.kinds import BLANK

_VALUES = (
    {c: str(n) for n, c in enumerate("零一二三四五六七八九")}
    | {c: str(n) for n, c in enumerate("０１２３４５６７８９")}
    | {c: str(n) for n, c in enumerate("0123456789")}
    | {c: str(n) for n, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
    | dict(zip("〇○洞幺吆腰两兩拐勾", "0001112279", strict=True))
    | dict.fromkeys("XxＸｘ", "X")
    # Misheard, and so only between two digits.
    | dict(zip("妖要儿铃溜巴酒山", "11206893", strict=True))
)
DIGIT = "0-9０-９零〇○一二三四五六七八九幺吆腰两兩洞拐勾壹贰叁肆伍陆柒捌玖"
_MISHEARD = rf"(?<=[{DIGIT}])[妖要儿铃溜巴酒山](?=[{DIGIT}])"
MARKS = r"[ \t\u3000,，、。.．·…~～—–－\-_/:：;；]"
_SLIPS = r"(?:不对|不是|错了|说错了|念错了|搞错了|打错了|不不|等等|等一下|更正(?:一下)?|应该是|改成)"
BETWEEN = (
    rf"(?:{MARKS}|{_SLIPS}|嗯|呃|额|啊|哦|噢|喔|诶|哎|唉|唔|哈|呐|呢|那个|这个|然后|接着|接下来|还有|剩下的?|往下|下面|再来|再往后|后头|后边"
    r"|再?后面|最后|中间|末尾|结尾|尾巴|开头|前面|就是|对吧|是吧|对吗|是吗|对|是|好|再|我看看|我看一下|稍等|等下|空格|横杠|横线|短横|杠|减号"
    r"|我重新说|我重说|重来|四位|三位)"
)
_ONE = (
    rf"(?:双[{DIGIT}]|[二两三四五六2-6]个(?:[0-9](?![0-9])|[{DIGIT}](?<![0-9]))(?![十百千万亿月])"
    rf"|[{DIGIT}](?![十百千万亿])|{_MISHEARD}|(?<=[{DIGIT}])[XxＸｘ](?={MARKS}{{0,2}}[哦噢啊呃]?{_SLIPS}))"
)
# A secret is short, and every reading of it goes: one for one, and none is misheard.
ANY_DIGIT = r"[0-9０-９零〇○一二三四五六七八九幺吆腰两兩洞拐勾]"
ONE_SAID = rf"(?:双{ANY_DIGIT}|[二两三四五六2-6]个{ANY_DIGIT}(?![十百千万月])|{ANY_DIGIT}(?![十百千万亿个]))"
COUNTS = r"\s*(?:位|次|秒|分|小时|天|个|月|年|日|元|块|万|千|百|亿|%|％|点|笔|张|岁|期|级|折|倍|遍|种)"
COUNTED = re.compile(COUNTS)
FILLING = re.compile(rf"{BETWEEN}*")
"""All that may stand before, between or after the digits of one number."""

_CROSS = r"(?:大写|一个|字母)?(?:[XxＸｘ×](?![A-Za-z])|叉(?![号车子])|[艾爱埃]克斯)"
_RUN = re.compile(rf"{_ONE}(?:{BETWEEN}{{0,4}}{_ONE})*(?P<cross>{BETWEEN}{{0,2}}{_CROSS})?")
_ELEMENT = re.compile(_ONE)
_SLIP = re.compile(_SLIPS + "|我重新说|我重说|重来")
# A first look, before anything is read: most texts have nothing of interest to any recogniser of numbers.
_SOME = re.compile(rf"[{DIGIT}]")
_SEVERAL = re.compile(
    rf"双[{DIGIT}]|[{DIGIT}][^\u4e00-\u9fffA-Za-z]{{0,3}}[{DIGIT}个双嗯呃额啊那然]|[{DIGIT}](?:{BETWEEN}){{1,4}}[{DIGIT}]"
)

_FEW = 4
"""So many characters at least for seven digits, with repeats (四个八三个六)."""

# Quantities that are written with digits and marks. What is read on after the last group (138,001,380,00) is none.
_QUANTITIES = re.compile(
    rf"(?<![{DIGIT}])(?<![{DIGIT}],)\d{{1,3}}(?:,\d{{3}}){{1,4}}(?:\.\d+)?(?![{DIGIT}]|,[{DIGIT}])"
    r"|(?<![\d.])\d{1,12}\.\d{1,2}(?![\d.])|(?<![\d.])\d{1,9}\.\d{1,4}(?=\s*[%％万亿元块])"
    r"|(?<![\d\-/.])(?:19|20)\d{2}(?P<mark>[-/.])\d{1,2}(?P=mark)\d{1,2}(?!\d|(?P=mark)\d)"
    rf"|[{DIGIT}十百千万]+点[{DIGIT}]+|百分之[{DIGIT}十百]+(?:点[{DIGIT}]+)?|[0-9０-９]+[十百千万亿]"
    r"|(?<!\d)\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?!\d)"
)
_MARKED = re.compile(rf"\d[.,:：/-]\d|[{DIGIT}]点[{DIGIT}]|百分之|[0-9０-９][十百千万亿]")


class Digit(NamedTuple):
    """One digit, read from `text[start:end]` of piece number `piece` (0 unless the run is of several texts)."""

    value: str
    start: int
    end: int
    piece: int = 0


@dataclass(frozen=True)
class Run:
    """Digits that may belong to one number, in groups as they were said. `slips` are the groups that correct theirs."""

    groups: tuple[tuple[Digit, ...], ...]
    slips: frozenset[int] = frozenset()

    @cached_property
    def digits(self) -> str:
        return "".join(digit.value for group in self.groups for digit in group)

    @property
    def start(self) -> int:
        return self.groups[0][0].start

    @property
    def end(self) -> int:
        return self.groups[-1][-1].end


def read_runs(text: str, at_least: int = 2) -> Iterator[Run]:
    """All runs of so many digits, left to right."""
    if not (_SOME if at_least < 2 else _SEVERAL).search(text):
        return
    if at_least > _FEW and len(_SOME.findall(text)) < _FEW:
        return
    plain = _QUANTITIES.sub(lambda quantity: "#" * len(quantity[0]), text) if _MARKED.search(text) else text
    for found in _RUN.finditer(plain):
        if found.end() - found.start() < at_least:
            continue
        run = _read(plain, found)
        if len(run.digits) >= at_least:
            yield run


def _read(text: str, found: re.Match[str]) -> Run:
    end = found.start("cross") if found["cross"] else found.end()
    groups: list[list[Digit]] = []
    slips: set[int] = set()
    last = -1
    for element in _ELEMENT.finditer(text, found.start(), end):
        first, after = element.span()
        if first != last:
            if groups and first - last > 1 and _SLIP.search(text, last, first):
                slips.add(len(groups))
            groups.append([])
        if after - first == 1:
            groups[-1].append(Digit(_VALUES[text[first]], first, after))
        else:  # 三个六, 双八
            times = 2 if text[first] == "双" else int(_VALUES[text[first]])
            groups[-1] += [Digit(_VALUES[text[after - 1]], first, after)] * times
        last = after
    if found["cross"]:
        groups[-1].append(Digit("X", found.end() - 1, found.end()))
    return Run(tuple(map(tuple, groups)), frozenset(slips))


def joined(runs: Sequence[Run]) -> Run:
    """The runs of several texts as one, in their order; `piece` says which text a digit is of."""
    groups: list[tuple[Digit, ...]] = []
    slips: set[int] = set()
    for piece, run in enumerate(runs):
        slips |= {len(groups) + slip for slip in run.slips}
        groups += [tuple(Digit(d.value, d.start, d.end, piece) for d in group) for group in run.groups]
    return Run(tuple(groups), frozenset(slips))


def beside_digits(text: str) -> str:
    """What a text says besides digits and what stands between them: next to nothing, when a number is dictated."""
    for run in reversed(list(read_runs(text, 1))):
        text = f"{text[: run.start]} {text[run.end :]}"
    return FILLING.sub("", text.replace(BLANK, " "))
