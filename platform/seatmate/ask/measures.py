"""Does a sentence say otherwise how often, or that nothing limits? 按月支付 for 按季支付, 不封顶 for 最高500元.

Words that measure without a figure; those with one are figures (ask/figure_check). Knows nothing of whose they are
(ask/siblings).
"""

import re
from collections.abc import Sequence

from seatmate.ask.spoken import figures_in
from seatmate.ask.stated_lines import cells_of
from seatmate.domain.figures import same_value
from seatmate.domain.knowledge import Passage

_OFTEN = re.compile(
    r"(?:按|逐|每)(?P<of>日|天|周|月|季|半年|年|期)度?(?:末|初|底)?[\u4e00-\u9fff]{0,2}?"
    r"(?P<what>支付|付息|结息|计提|收取|扣收|结算|给付|还本|还息|还款|计息|派息|复利|分红|收)"
)
_ALIKE = {"天": "日"}
_NO_LIMIT = re.compile(r"(?:不|没有?|无|未)(?:设|作|做)?(?:封顶|上限|限制|限次|限(?=次数|金额|笔数|额度))|不限(?!于)")
_LIMITED = re.compile(r"为限|封顶|上限|限[\d一二两三]")
_FREE = re.compile(r"免(?:费|收|除|交)|不(?:再)?收|(?:不用|无须|无需|不必)(?:再)?(?:付|交|支付|缴)")
_ZERO = re.compile(r"^\s*(?:0(?:\.0+)?\s?(?:元|%)?|免(?:费|收)?|不收取?|无)\s*$")


def measured_otherwise(sentence: str, sources: Sequence[tuple[Passage, int, int]]) -> bool:
    lines = [p.text[a - p.start : b - p.start] for p, a, b in sources]
    return (
        _as_often(sentence, lines) is False
        or _unlimited(sentence, lines) is False
        or any(_free_there(sentence, p) is False for p, _, _ in sources)
    )


def _as_often(sentence: str, lines: Sequence[str]) -> bool | None:
    """None where no line says how often what the sentence speaks of is done."""
    verdict: bool | None = None
    for said in _OFTEN.finditer(sentence):
        there = [m for line in lines for m in _OFTEN.finditer(line) if m["what"][-1] == said["what"][-1]]
        if there:
            verdict = any(_ALIKE.get(m["of"], m["of"]) == _ALIKE.get(said["of"], said["of"]) for m in there)
            if not verdict:
                return False
    return verdict


def _unlimited(sentence: str, lines: Sequence[str]) -> bool | None:
    """None where the sentence says of no limit that there is none."""
    if not _NO_LIMIT.search(sentence):
        return None
    if any(_NO_LIMIT.search(line) for line in lines):
        return True
    limits = any(_LIMITED.search(line) or any(f.direction < 0 for f in figures_in(line)) for line in lines)
    return False if limits else None


def _free_there(sentence: str, row: Passage) -> bool | None:
    """Of a row whose columns are tiers (放款满6个月未满12个月, 放款满12个月): is the sentence's tier the free one?"""
    if not _FREE.search(sentence):
        return None
    said = [f for f in figures_in(sentence) if f.direction]
    best, free, others = 0, False, False
    for cell in cells_of(row)[1:] if said else ():
        keys = [f for f in figures_in(cell.header) if f.direction]
        zero = _ZERO.match(row.text[cell.start : cell.end]) is not None
        others |= zero and bool(keys)
        held = all(any(same_value(k, s) and k.direction * s.direction > 0 for s in said) for k in keys)
        if keys and held and len(keys) > best:
            best, free = len(keys), zero
    return free if best and others else None
