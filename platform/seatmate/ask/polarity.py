"""Does a sentence say the opposite of what it cites? 保本 for 不保本, 可以赎回 for 不可赎回, 免收 for 收取.

Whatever either text denies — 不, 未, 无须, 不得 and the word after it — the other may not affirm of the same. Of the
cited clauses that have the word, the one whose other words are nearest decides: 「持有期内不能赎回，期满后可以赎回」
says both. Knows nothing of figures: 不低于 and 不超过 are bounds (domain/bounds).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seatmate.domain.words import informative

_CLAUSE = re.compile(r"[^，,；;。！？!?\n]+")
_HELPER = (
    r"可以|能够|可|能|得|会|须|需要|需|用|必|应|再|予|予以|另行|另|主动|直接|单独|自动|支持|允许|接受|受理|办理|提供|要|是"
    r"|属于|享受|享有|受|计|被|将|在|对|把|向|为|与|由|从|让|给"
)
_DENIAL = re.compile(
    rf"(?P<no>并非|没有|未能|无法|无需|无须|禁止|严禁|拒绝|不|未|非|无|勿)(?P<help>(?:{_HELPER}){{0,3}})(?P<what>[\u4e00-\u9fff]{{2}})"
)
_NO_DENIAL = re.compile(
    r"不同|不仅|不论|不管|不限|不变|不足|不满|不到|不超|不高于|不低于|不少于|不大于|不小于|不多于|不迟于|不晚于|不断|不动产|不良|不一致|不含"
    r"|不得(?:低于|高于|超过|少于|多于)|不能(?:低于|高于|超过|少于)|未满|未到|未还|非工作日|非交易日|非居民|非同名|无论|无卡|无障碍|未成年"
    r"|不符|不便|不明|不清|不慎|不久|未来|非常|非法|并非如此|未经|不等|无效|无限"
)
_MODALS = re.compile(rf"(?:必须|{_HELPER}|都|均|也|仍|就|才|随时|全部)")
_FREE = re.compile(
    r"免收|免费|不收取|不收费|不另收|不再收取?|不收|无需支付|不用付|免(?=年费|手续费|工本费|费)|不要钱|不加收|均免|全免"
)
_CHARGED = re.compile(r"(?<![不免未再])(?:收取|加收|另收|(?:要|需|须|会|照常|仍)收费)|(?<!不)要收|按[^，。；]{0,12}收")
_NOTHING = re.compile(r"(?<![\d.,])0(?:\.0+)?\s?(?:元|%|％)?(?![\d.])|零元")


@dataclass(frozen=True)
class _Clause:
    text: str
    denied: frozenset[str]
    words: frozenset[str]

    def affirms(self, what: str) -> bool:
        """Does it have the word where nothing denies it?"""
        return what in _DENIAL.sub(lambda m: m[0] if _NO_DENIAL.match(self.text, m.start()) else "\x00", self.text)


def flipped(sentence: str, sources: Iterable[str]) -> bool:
    """Does the sentence affirm what the sources, where they speak of the same, deny — or the reverse?"""
    cited = [clause for source in sources for clause in _clauses(source)]
    for said in _clauses(sentence):
        if _charges_otherwise(said, cited):
            return True
        for what in said.denied | {w for c in cited for w in c.denied if said.affirms(w)}:
            same = [c for c in cited if what in c.denied or c.affirms(what)]
            if not same:
                continue
            nearest = max(len(said.words & c.words) for c in same)
            deciding = [c for c in same if len(said.words & c.words) == nearest]
            if not any((what in c.denied) == (what in said.denied) for c in deciding):
                return True
    return False


def _charges_otherwise(said: _Clause, cited: list[_Clause]) -> bool:
    charge = _charges(said.text)
    if charge is None:
        return False
    same = [(c, found) for c in cited if (found := _charges(c.text)) is not None]
    nearest = max((len(said.words & c.words) for c, _ in same), default=0)
    return bool(same) and not any(found == charge for c, found in same if len(said.words & c.words) == nearest)


def _charges(text: str) -> bool | None:
    """Is something charged, is it free, or does the clause not say?"""
    free, charged = _FREE.search(text) is not None, _CHARGED.search(text) is not None
    return None if free == charged or (charged and _NOTHING.search(text)) else charged


def _clauses(text: str) -> Iterator[_Clause]:
    """The clauses; what stands in the clause before one of the same sentence is often its condition."""
    before: frozenset[str] = frozenset()
    for clause in _CLAUSE.finditer(text):
        words = clause[0]
        rest = _MODALS.sub(" ", _FREE.sub(" ", _CHARGED.sub(" ", _DENIAL.sub(r" \g<what>", words))))
        here = informative(rest)
        yield _Clause(words, frozenset(_denied(words)), here | before)
        before = here if text[clause.end() : clause.end() + 1] in "，," else frozenset()


def _denied(text: str) -> Iterator[str]:
    for found in _DENIAL.finditer(text):
        if not _NO_DENIAL.match(text, found.start()):
            yield found["what"]
