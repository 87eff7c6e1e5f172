"""Does a sentence say the opposite of what it cites? 保本 for 不保本, 可以赎回 for 不可赎回, 免收 for 收取.

Only what is either so or not so, in the words that a bank uses for it. Of the cited clauses that speak of the same, the
one whose other words are nearest decides: 「持有期内不能赎回，期满后可以赎回」 says both. Knows nothing of figures.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seatmate.domain.words import informative

_CLAUSE = re.compile(r"[^，,；;。！？!?\n]+")
_NOT = (
    r"不可以|不可|不能够|不能|不得|不会|不支持|不允许|不接受|不受理|不办理|不开放|不提供|不享受|不享有|不受|不属于|不计|不再|不予"
    r"|不用|不需要|不需|不必|无法|无须|无需|没有|未能|未|并非|非|禁止|严禁|不|无|免(?!费|收|年|息)"
)
_MAY = r"可以|可|能够|能|允许|支持|随时|受理|开放|接受|会|须|需要|需|应当|应|必须|享受|享有|受到|受|属于|计"
# What is said or denied: the word itself, and between it and its negation at most a few characters.
_CLAIMS = (
    *(
        "保本",
        "保证收益",
        "保证本金",
        "保障本金",
        "保息",
        "赎回",
        "支取",
        "转让",
        "申购",
        "认购",
        "购买",
        "撤单",
        "撤销",
        "质押",
    ),
    *(
        "代办",
        "代购",
        "代为",
        "续期",
        "转存",
        "续作",
        "转入",
        "自动到账",
        "自动赎回",
        "存款保险",
        "保障",
        "免息",
        "靠档",
        "分段计息",
    ),
    *(
        "提前还款",
        "提前结清",
        "提前还",
        "部分还款",
        "打折",
        "占用限额",
        "撤回",
        "更改",
        "修改",
        "变更",
        "挂失",
        "补发",
        "解冻",
        "销户",
    ),
    *(
        "双录",
        "担保",
        "抵押",
        "面签",
        "到网点",
        "本人办理",
        "叠加",
        "减免",
        "退回",
        "退还",
        "续贷",
        "随借随还",
        "循环",
        "到场",
    ),
)
_CLAIM = re.compile("|".join(sorted(_CLAIMS, key=len, reverse=True)))
_NEGATED = re.compile(rf"(?P<no>{_NOT})(?:[^，。；]{{0,5}})$")
_AFFIRMED = re.compile(rf"(?:{_MAY})(?:[^，。；不无未]{{0,6}})$")
_FREE = re.compile(
    r"免收|免费|不收取|不收费|不另收|不再收取?|不收|无需支付|不用付|免(?=年费|手续费|工本费|费)|不要钱|不加收|均免|全免"
)
_CHARGED = re.compile(
    r"(?<![不免未再])(?:(?<![不免])收取|加收|另收|(?:要|需|须|会|照常|仍)收费)|(?<!不)要收|按[^，。；]{0,12}收"
)


@dataclass(frozen=True)
class _Claim:
    """`what` is so, or is not; `words` are those around it."""

    what: str
    so: bool
    words: frozenset[str]


def flipped(sentence: str, sources: Iterable[str]) -> bool:
    """Does the sentence claim something that the sources, where they speak of the same, deny — or the reverse?"""
    stated = [claim for source in sources for claim in _claims(source)]
    for said in _claims(sentence):
        same = [claim for claim in stated if claim.what == said.what]
        if not same:
            continue
        nearest = max(len(said.words & claim.words) for claim in same)
        if not any(claim.so == said.so for claim in same if len(said.words & claim.words) == nearest):
            return True
    return False


def _claims(text: str) -> Iterator[_Claim]:
    for clause in _CLAUSE.finditer(text):
        words = clause[0]
        around = informative(_bare(words))
        for found in _CLAIM.finditer(words):
            before = words[max(0, found.start() - 12) : found.start()]
            if _NEGATED.search(before):
                yield _Claim(found[0], False, around)
            elif _AFFIRMED.search(before) or found[0] in ("保本", "保证收益", "保证本金", "保障本金", "保息"):
                yield _Claim(found[0], True, around)
        free, charged = _FREE.search(words), _CHARGED.search(words)
        if bool(free) != bool(charged):
            yield _Claim("收费", charged is not None, around)


def _bare(words: str) -> str:
    """Without what says yes or no: only the rest tells which clause is meant."""
    for pattern in (_FREE, _CHARGED):
        words = pattern.sub(" ", words)
    return re.sub(rf"{_NOT}|{_MAY}", " ", words)
