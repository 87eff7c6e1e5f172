"""The traps of KYC, seen by rule: a friend's fact, an if, a no, a question. Code overrides the model, to the safe side.

Reads folded text around the words that a fact rests on, one clause back. Does not resolve pronouns across utterances.
"""

import re
from dataclasses import dataclass

from seatmate.aftercall.fields import About, KycField
from seatmate.compliance.clauses import clauses, sentence_around
from seatmate.domain.findings import Modality, Polarity, Subject

# With somebody, for somebody, owed to somebody: the customer's own affair all the same.
_WITH = r"(?<![跟和同给欠还替帮])(?<![跟和同给欠还替帮].)(?<![跟和同给欠还替帮]..)"
_OTHERS = re.compile(
    _WITH + r"(?:(?<![男女])朋友|同事|邻居|隔壁|闺蜜|同学|亲戚|老乡|姐妹|哥们|兄弟|我哥|我弟|我姐|我妹|表[哥姐弟妹]"
    r"|堂[哥姐弟妹]|舅舅|舅妈|姨妈|小姨|姑妈|婶|侄子|外甥|师兄|师傅|别人|人家|群里|小区里?的?.{0,4}[他她]|护士长"
    r"|(?<!老公)(?<!老婆)(?<!儿子)(?<!女儿)(?<!爸妈)他们|(?<!我家)老[张王李陈刘赵周吴孙]|(?<!我家)领导|老板说|战友|室友|工友|病友|网友|有(?:几|一)?个(?:人|老)?(?:是|说|就))"
    r"|网上说|听说"
)
_KIN = (
    (Subject.SPOUSE, re.compile(r"老公|老婆|先生|太太|爱人|媳妇|丈夫|妻子|老伴|老头子|老太婆")),
    (Subject.CHILD, re.compile(r"儿子|女儿|闺女|孩子|囡囡?|丫头|娃")),
    (Subject.PARENT, re.compile(r"我(?:爸|妈|父|母)|爸妈|父母|公公|婆婆|岳父|岳母|丈母娘|老丈人|老母亲|老父亲")),
)
_MYSELF = re.compile(
    r"我(?!们?(?:(?<![男女])朋友|同事|邻居|闺蜜|同学|亲戚|哥|弟|姐|妹|老公|老婆|先生|太太|爱人|媳妇|儿子|女儿|爸|妈))"
)
_IF = re.compile(
    r"(?<!主)要是|如果|假如|假设|(?<![\d一二两三四五六七八九十百千几])万一|倘若|若是|除非|再这样|不然我|(?:不|没).{1,4}就(?:销|转|取|不|换|走)"
)
_ASKED = re.compile(
    r"吗|么[?？]?$|[?？]$|是不是|有没有|能不能|会不会|可不可以|要不要|是否|咋算|怎么办|怎么算|行不行|对吧|多少"
)
_NO_BEFORE = re.compile(r"(?:没有|没|不是|并非|未|无|不在|不做|不打算|没打算|没想)(?:过|什么|啥|再|要|个|去)?$")


_PLANNED = re.compile(r"打算|准备|计划|想着|考虑|琢磨|寻思|盘算")


@dataclass(frozen=True)
class Reading:
    """How a fact is meant."""

    subject: Subject
    polarity: Polarity
    modality: Modality


def guarded(field: KycField, text: str, clause: tuple[int, int], cue: tuple[int, int], proposed: Reading) -> Reading:
    """The model's reading, corrected where the words around the cue forbid it. Spans are in the folded `text`."""
    first, last = sentence_around(text, *clause)
    sentence = text[first:last]
    within = text[clause[0] : clause[1]]
    before_clause = _clause_before(text[first : clause[0]])
    return Reading(
        subject=_subject(field, before_clause, within, proposed.subject),
        polarity=_polarity(field, text[clause[0] : cue[0]], proposed.polarity),
        modality=_modality(before_clause, within, sentence, text[last - 1 : last], proposed.modality),
    )


def _clause_before(before: str) -> str:
    """The clause right before: who talks without full stops may have said an if long ago."""
    spans = clauses(before)
    return before[slice(*spans[-1])] if spans else ""


def is_denied(before: str) -> bool:
    """Does a no stand right at the end of these words?"""
    return _NO_BEFORE.search(before) is not None


def is_planned(words: str) -> bool:
    """Do these words tell an intention?"""
    return _PLANNED.search(words) is not None


def _subject(field: KycField, before: str, within: str, proposed: Subject) -> Subject:
    if field.about is About.DEALINGS:
        return proposed
    if _OTHERS.search(within) or (_OTHERS.search(before) and not _MYSELF.search(within)):
        return Subject.OTHER
    if field.about is About.PERSON and proposed is Subject.SELF:
        for subject, kin in _KIN:
            if kin.search(within) and not _MYSELF.search(within):
                return subject
    return proposed


def _polarity(field: KycField, before_cue: str, proposed: Polarity) -> Polarity:
    return Polarity.NEGATED if field.negatable and _NO_BEFORE.search(before_cue) else proposed


def _modality(before: str, within: str, sentence: str, mark: str, proposed: Modality) -> Modality:
    if proposed in (Modality.HYPOTHETICAL, Modality.QUESTION):
        return proposed
    if _IF.search(within) or _IF.search(before):
        return Modality.HYPOTHETICAL
    closes = sentence.rstrip("?？。！!").endswith(within)
    if _ASKED.search(within) or (closes and mark in ("?", "？")):
        return Modality.QUESTION
    return proposed
