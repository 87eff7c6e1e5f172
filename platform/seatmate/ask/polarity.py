"""Does a sentence say the opposite of what its sources say? 保本 for 不保本, 可以赎回 for 不得赎回, 免收 for 收取.

Of every clause is read what it permits, demands, charges or takes in, and what it denies by 不, 未, 非 and the word
after it. The source's clause that speaks of the same — the same words behind the modal, the same condition, the same
card or customer — decides: 「持有期内不能赎回，期满后可以赎回」 says both. Knows nothing of figures but that a
condition has them; 不低于 and 不超过 are bounds (domain/bounds).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from seatmate.ask.content import as_written, pieces_of
from seatmate.ask.facets import facets_in
from seatmate.ask.spoken import figures_in
from seatmate.domain.figures import FoundFigure


class Topic(StrEnum):
    """What a clause takes a stand on."""

    PERMIT = "permit"
    OBLIGE = "oblige"
    CHARGE = "charge"
    INCLUDE = "include"
    OPEN = "open"


_SENTENCE = re.compile(r"[^。！？!?\n]+")
_CLAUSE = re.compile(r"(?:[^，,；;]|(?<=\d),(?=\d))+")
_BOUNDS = re.compile(
    r"不(?:得|能|可|应|会|可以)?(?:低于|高于|超过|少于|多于|大于|小于|早于|晚于|迟于|短于|长于|超|足|满|到(?!账))|未满|未到|未超过|不限"
)
_NEUTRAL = re.compile(
    r"是否(?:可以|支持|允许|需要|收取|收费|可|含|保本)?|能否|可否|能不能|可不可以|需不需要|有无|要不要|收不收|有没有"
)
_STANCES: tuple[tuple[Topic, bool, re.Pattern[str]], ...] = tuple(
    (topic, yes, re.compile(words))
    for topic, yes, words in (
        (
            Topic.CHARGE,
            False,
            r"(?:无须|无需|不用|不必|不需要?|免于)(?:另行|再|额外)?(?:支付|缴纳|交|付|承担|收)|(?<!不)免(?:收|费|除|交|缴)|(?:不再?|未|暂不|停止|取消|不另|不予|不另行)(?:收(?!益|入|到|回|单|件|款)|收取|收费|加收)"
            r"|(?<![不减])免(?=[\u4e00-\u9fff]{0,5}(?:费|金))|不要钱|[均全都]免|(?:没有|无|不设|不含)(?=[\u4e00-\u9fff]{1,6}[费金])|0手续费|零手续费|(?:不|没)花钱|全额减免|(?:已经?|予以|均)取消|优惠至0(?![.\d])",
        ),
        (
            Topic.CHARGE,
            True,
            r"不(?:予)?减?免(?!费|责)|(?<![不未免再停止])(?:收取|加收|另收|计收|照收|照常收取?|(?:要|需|须|会)(?:支付|缴纳|交|付|收费|承担))|(?<![不未])(?:要|须|需|另)收(?!益|入|到|回|单|件|款)|按[^，。；]{0,14}收(?!益|入|到|回|款)|收费",
        ),
        (
            Topic.OBLIGE,
            False,
            r"(?:无须|无需|不必|不用|不需要?|毋须|免于|不要求)",
        ),
        (
            Topic.OBLIGE,
            True,
            r"必须|(?<![无不毋])(?:须|需要|需|应当|(?<![对相响反供])应(?![急付收用对]))|(?<![不])(?:要(?!素|求|约|么|是)|得(?=[先去来由本同提在到办填签]))|方可|才能|才可",
        ),
        (Topic.OPEN, False, r"(?:不|未|暂不|均不)予?(?:开放|开通|准入|营业|上班)"),
        (Topic.OPEN, True, r"(?<![不未非])(?:开放(?!期|日|式)|开通|准入)"),
        (
            Topic.INCLUDE,
            False,
            r"(?:不|未|不再|均不|都不)(?:能|得|可以?|予)?(?:包含|包括|含|计入|纳入|享受|享有|适用|参加|参与|赠送|属于|保本|保证|构成|计息|自动|顺延|退还?|记)|除外",
        ),
        (
            Topic.INCLUDE,
            True,
            r"(?<![不未再非])(?:包含|包括|含|计入|纳入|享受|享有|适用(?!于)|参加|参与|属于|构成|计息|顺延|退还|返还)",
        ),
        (
            Topic.PERMIT,
            False,
            r"(?:不|未|没法|无法|无权|不予|暂不|均不|都不|概不|不再)(?:可以?|能够?|得|允许|支持|接受|受理|开放|办理|准入?|提供|开通|许|予)"
            r"|无法|无权|禁止|严禁|拒绝|不可|不能|不得|不准|不许|不予|不给|恕不|没办法|没法|(?:也|都|就|可)不行|行不通",
        ),
        (
            Topic.PERMIT,
            True,
            r"(?<![不未无只仅])(?:可以|可(?!能|用余|靠|控|比|变)|能够|能(?!力|源|量)|允许|支持|接受|受理|有权|准许)",
        ),
    )
)
_HELPER = (
    r"可以|能够|可|能|得|会|须|需要|需|用|必|应|再|予|予以|另行|另|主动|直接|单独|自动|要|是"
    r"|受|计|被|按(?![时期约规])|将|在|对|把|向|为|与|由|从|让|给"
)
_DENIAL = re.compile(
    rf"(?P<no>并非|没有|未能|不|未|非|无|勿)(?P<help>(?:{_HELPER}){{0,3}})(?P<what>[\u4e00-\u9fff]{{2}})"
)
_NO_DENIAL = re.compile(
    r"不同|不仅|不论|不管|不限|不变|不断|不动产|不良|不一致|不含|不用|不必|不需|无须|无需|无法|无权"
    r"|非工作日|非交易日|非居民|非同名|无论|无卡|无障碍|未成年|非开放|非营业|非现场|非柜面|非首次|非本人|非本行"
    r"|不符|不便|不明|不清|不慎|不久|未来|非常|非法|并非如此|未经|不等|无效|无限|不收|不要钱|不另收|没有?[\u4e00-\u9fff]{1,6}费|无息|不然|不定期|不在(?!售)"
)
_NO_GO = re.compile(r"(?:也|都|就|可|是)?(?:不行|不可以|行不通)$")
"""签确认书也不行 denies all that stands before it."""
_REACH = 8
"""So many characters behind a denial are denied with it: 未发生收付 denies 收付."""
_PAST = re.compile(r"此前|以前|原(?!因|则|件|有)|曾|过去|之前为|调整前")
_FEE = re.compile(r"费|违约金|押金|滞纳金")
_NOTHING = re.compile(r"(?<![\d.,])0(?:\.0+)?\s?(?:元|%|％)?(?![\d.])|零元")
_ENOUGH = 0.34
"""Share of a clause's pieces that a source's clause must have to decide on it."""
_TARGET = 2.0
_BEFORE = 0.4
_CONDITION = 3.0
_FACET = 3.0
_TIE = 0.51
_PLAIN = 2.0
"""By how much a clause that takes no stand must be nearer: 「交易时间为…」 says that one can."""
_SUBJECT = 0.6
"""Share of a stand's subject that a clause must have which does not say of what it speaks."""
_MIN_SUBJECT = 3
_WHO = frozenset(
    {"card", "customer", "holder", "share", "channel", "account", "home", "person", "trade", "of:客户", "of:企业"}
)
_CITED = 1.0
"""What it is worth that a line is cited."""


@dataclass(frozen=True)
class _Stand:
    """A clause for or against something; `target` are the pieces behind the word that says so, `subject` before."""

    yes: bool
    target: frozenset[str]
    subject: frozenset[str] = frozenset()
    implied: bool = False
    """By what is charged: whether that is so, ask/figure_check knows."""


@dataclass(frozen=True)
class _Clause:
    text: str
    stands: Mapping[Topic, tuple[_Stand, ...]]
    denied: frozenset[str]
    here: frozenset[str]
    before: frozenset[str]
    conditions: tuple[FoundFigure, ...]
    facets: Mapping[str, Sequence[str]]
    label: str = ""
    """宽限期 of 「宽限期：房贷5天，消费贷3天」."""

    def affirms(self, what: str) -> bool:
        """Does it have the word where nothing denies it?"""
        told = _DENIAL.sub(lambda m: m[0] if _NO_DENIAL.match(self.text, m.start()) else "\x00", self.text)
        return what in f"{self.label} {told}" and not self.denies(what)

    def denies(self, what: str) -> bool:
        if _NO_GO.search(self.text):
            return what in self.text
        return any(
            what in self.text[m.start("no") + 1 : m.start("no") + 1 + _REACH]
            for m in _DENIAL.finditer(self.text)
            if not _NO_DENIAL.match(self.text, m.start())
        )


def flipped(sentence: str, sources: Iterable[str], others: Iterable[str] = ()) -> bool:
    """Does the sentence affirm what the sources, where they speak of the same, deny — or the reverse?

    `others` are lines that are not cited: they decide only where the cited ones say nothing of the matter.
    """
    told = tuple(sources)
    cited = [clause for source in told for clause in _clauses(source)]
    tiers = any(_row(source) is not None for source in told)  # one tier of a row is free: ask/measures knows which
    beside = [clause for source in others for clause in _clauses(source)]
    for said in _clauses(sentence):
        if any(
            _stands_so(said, topic, stand, cited, beside) is False
            for topic, stands in said.stands.items()
            for stand in stands
            if not (stand.implied and tiers)
        ):
            return True
        if _denies_otherwise(said, cited, beside):
            return True
    return False


def _stands_so(
    said: _Clause, topic: Topic, stand: _Stand, cited: Sequence[_Clause], beside: Sequence[_Clause]
) -> bool | None:
    """Do the nearest clauses that take a stand take this one? None when none is near."""
    near: list[tuple[float, bool, _Clause]] = []
    plain = 0.0
    reach = _TARGET * max(1.0, len(stand.target) ** 0.5)
    for clauses, own in ((cited, _CITED), (beside, 0.0)):
        for clause in clauses:
            if topic not in clause.stands:
                plain = max(plain, own + _alike(said, clause) + reach * _share(stand.target, clause.here))
            for other in clause.stands.get(topic, ()):
                hit = _share(stand.target, other.target) if stand.target else 0.0
                share = _share(said.here, clause.here | clause.before if hit else clause.here)
                enough = _ENOUGH if hit or not stand.target else 2 * _ENOUGH
                if (
                    topic is Topic.CHARGE and not other.target and stand.subject
                ):  # 代发工资户一律免收: of what, stands before it
                    enough = _ENOUGH if _share(stand.subject, clause.here) >= _SUBJECT else enough
                if share >= enough or _on_the_same(said, clause) is True:
                    near.append((own + _alike(said, clause) + reach * hit, other.yes, clause))
    near = _of_the_same(said, topic, stand, near)
    if near and not stand.yes and topic is Topic.CHARGE and all(_of_another(said, c) for _, _, c in near):
        return False  # 白金客户全免, where only 钻石客户 has 全免
    best = max((score for score, _, _ in near), default=0.0)
    if not near or (stand.yes and topic is not Topic.CHARGE and plain > best + _PLAIN):
        return None
    return any(yes == stand.yes for score, yes, _ in near if score >= best - _TIE)


def _of_the_same(
    said: _Clause, topic: Topic, stand: _Stand, near: list[tuple[float, bool, _Clause]]
) -> list[tuple[float, bool, _Clause]]:
    """Where a clause is of the very card, channel or deed that is spoken of, it decides: 其中白金卡客户免收."""
    if any(_on_the_same(said, clause) is True for _, _, clause in near):
        near = [n for n in near if _on_the_same(said, n[2]) is True]
    named = [n for n in near if any(set(v) & set(n[2].facets.get(k, ())) for k, v in said.facets.items() if k in _WHO)]
    if named and len(named) < len(near):
        return named
    if topic is Topic.CHARGE and len(stand.subject) >= _MIN_SUBJECT:
        shares = [_share(stand.subject, clause.here) for _, _, clause in near]
        most = max(shares, default=0.0)
        if most >= 0.75:
            return [n for n, share in zip(near, shares, strict=True) if share >= most - 0.5]
    return near


def _denies_otherwise(said: _Clause, cited: Sequence[_Clause], beside: Sequence[_Clause]) -> bool:
    for what in said.denied | {w for c in (*cited, *beside) for w in c.denied if said.affirms(w)}:
        near = [
            (own + _alike(said, c), c.denies(what), c)
            for clauses, own in ((cited, _CITED), (beside, 0.0))
            for c in clauses
            if (own or _share(said.here, c.here) >= 2 * _ENOUGH) and (c.denies(what) or c.affirms(what))
        ]
        if any(_on_the_same(said, c) is True for _, _, c in near):
            near = [n for n in near if _on_the_same(said, n[2]) is True]
        nearest = max((score for score, _, _ in near), default=0.0)
        if near and not any(denied == said.denies(what) for score, denied, _ in near if score >= nearest - _TIE):
            return True
    return False


def _of_another(said: _Clause, clause: _Clause) -> bool:
    return any(f in clause.facets and not set(v) & set(clause.facets[f]) for f, v in said.facets.items() if f in _WHO)


def _on_the_same(said: _Clause, clause: _Clause) -> bool | None:
    """On the same bounded condition, on the opposite one, or None where one of them has none of that kind."""
    verdict: bool | None = None
    for mine in said.conditions:
        rivals = [c for c in clause.conditions if c.kind == mine.kind and c.direction and mine.direction]
        if any(c.value == mine.value and c.direction * mine.direction > 0 for c in rivals):
            verdict = True if verdict is None else verdict
        elif rivals:
            verdict = False
    return verdict


def _share(mine: frozenset[str], theirs: frozenset[str]) -> float:
    return len(mine & theirs) / len(mine) if mine else 0.0


def _alike(said: _Clause, clause: _Clause) -> float:
    """How much of what is said the clause has, and whether it holds on the same condition."""
    score = float(len(said.here & clause.here))
    score += _BEFORE * len((said.here | said.before) & (clause.here | clause.before))
    for mine in said.conditions:
        rivals = [c for c in clause.conditions if c.kind == mine.kind]
        if any(c.value == mine.value and c.direction * mine.direction >= 0 for c in rivals):
            score += _CONDITION
        elif rivals:
            score -= _CONDITION
    for name, values in said.facets.items():
        if theirs := clause.facets.get(name):
            score += _FACET if set(values) & set(theirs) else -_FACET
    return score


@lru_cache(maxsize=4_096)
def _clauses(text: str) -> tuple[_Clause, ...]:
    return tuple(_read(text))


def _read(text: str) -> Iterator[_Clause]:
    """The clauses; what stands in the clause before one of the same sentence is often its condition."""
    row = _row(text)
    label = re.match(r"[^，。；：:]{1,20}[：:]", text) if row is None else None
    topic = row or (label[0] if label else "")
    for sentence in [text] if row is not None else _SENTENCE.findall(text):
        before: frozenset[str] = frozenset()
        conditions: tuple[FoundFigure, ...] = ()
        for found in _CLAUSE.finditer(sentence):
            words = _NEUTRAL.sub("", as_written(found[0]))
            plain = _BOUNDS.sub(" ", words)
            figures = figures_in(found[0])
            own = tuple(f for f in figures if f.kind == "num" or (f.direction and f.kind in ("term", "amt", "date")))
            stands = _stands(plain, topic, figures)
            here = pieces_of(f"{topic} {_bare(plain)}")
            holds_on = own if row is not None else (*conditions, *own)
            yield _Clause(
                plain,
                stands,
                frozenset(_denied(plain)),
                here,
                before,
                holds_on,
                facets_in(f"{topic} {found[0]}"),
                label[0] if label else "",
            )
            joined = sentence[found.end() : found.end() + 1] in ("，", ",")
            before, conditions = (here, own or conditions) if joined and row is None else (frozenset(), ())


def _row(text: str) -> str | None:
    """The name of a table's row (its first cell), or None when the text is no row."""
    cells = text.split("；")
    if len(cells) < 2 or any("：" not in cell[:24] for cell in cells) or "。" in text[:-1]:
        return None
    return cells[0].partition("：")[2]


def _bare(text: str) -> str:
    for _, _, words in _STANCES:
        text = words.sub(" ", text)
    return re.sub(r"[不未非无]", " ", text)


def _stands(text: str, row: str, figures: Sequence[FoundFigure]) -> dict[Topic, tuple[_Stand, ...]]:
    """Every stand of a clause; the words of an earlier pattern are not read again by a later one."""
    found: dict[Topic, list[_Stand]] = {}
    left = text
    priced = any(f.kind in ("amt", "pct") and f.value.strip("0.") for f in figures)
    for topic, yes, words in _STANCES:
        for m in words.finditer(left):
            target = pieces_of(_bare(text[m.end() :]))
            told = topic is Topic.CHARGE and yes and priced
            found.setdefault(topic, []).append(_Stand(yes, target, pieces_of(_bare(text[: m.start()])), told))
        left = words.sub(lambda m: "\x00" * len(m[0]), left)
    charged = found.get(Topic.CHARGE, [])
    costs = priced and _FEE.search(f"{row}{text}") and "免" not in row + text
    if any(s.yes for s in charged) and _NOTHING.search(text):
        found.pop(Topic.CHARGE)
    elif _PAST.search(text):
        found.pop(Topic.CHARGE, None)
    elif not charged and costs:
        found[Topic.CHARGE] = [_Stand(True, frozenset(), implied=True)]
    return {topic: tuple(stands) for topic, stands in found.items()}


def _denied(text: str) -> Iterator[str]:
    for found in _DENIAL.finditer(text):
        if not _NO_DENIAL.match(text, found.start()):
            yield found["what"]
