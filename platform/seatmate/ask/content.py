"""Which pieces of an answer or a source line say something of the matter: no courtesy, no function words."""

import re
from collections.abc import Mapping
from functools import lru_cache

from seatmate.domain.attributes import attributes_in
from seatmate.domain.words import informative

_FUNCTION = re.compile(r"[的是为了在就也都和与及或把被将这那您我你它请吗呢吧啊其该此按由于]")
_COURTESY = re.compile(
    r"您好|请问|这边|为您|帮您|根据|依据|按照|对于|关于|至于|经查询|查询结果|查询到|查到|核实|确认一下|告知|转告|回复|答复|放心|知悉|留意|参考|以此为准"
    r"|为准|如下|情况|来说|来讲|而言|的话|也就是|就是|即可|注意|温馨提示|提醒|一下|目前|现在|现行|当前|今天|方面|对应|相应|分别|统一"
    r"|这一?项|简单说|总的来说|原文|意思|另外|同时|此外|还有|其中|规定|标准|执行|资料|文件|显示|结果|客户|可以|需要|介绍|说明"
)
"""What an answer says to be polite, and what it says around any fact: no claim to be found in a source."""
_SPOKEN: Mapping[str, re.Pattern[str]] = {
    "前": re.compile(r"头(?=[\d一二两三四五六七八九十]{1,3}[次笔个天年期张])"),
    "首次": re.compile(r"(?:第一|头一|初)次"),
    "首年": re.compile(r"(?:第一|头一)年"),
    "不满": re.compile(r"不到|未到|没到|未满|没满|不足|未达"),
    "未": re.compile(r"没(?=按|有?还(?!有)|提(?!及)|办|交|用|通过|达|激活|签|超过|归还|支取|申请|使用|缴)"),
    "剩余": re.compile(r"剩下|余下"),
    "其他": re.compile(r"别的|其它|另外的|其余"),
    "遗失": re.compile(r"丢了?|弄丢|丢失"),
    "人脸识别": re.compile(r"刷脸|人脸核验|扫脸"),
    "否则": re.compile(r"不然|要不"),
    "支取": re.compile(r"(?<!领)取(?:出来|出|走|款)(?!消|得|现)|拿出来|取钱"),
    "存入": re.compile(r"存(?:进去|进来|进|钱)"),
    "到期": re.compile(r"(?:拿|存|持有)到期"),
    "持有": re.compile(r"(?<=[，。；])拿(?=满|不|着|够)|^拿(?=满|不|着|够)|要拿|(?<=少)拿"),
    "返还": re.compile(r"打回|退还|退回"),
    "审批": re.compile(r"批下来|批完|批好"),
    "网上银行": re.compile(r"网银(?!证书)"),
    "手机银行": re.compile(r"手机[Aa][Pp][Pp]|掌上银行|掌银"),
    "客户": re.compile(r"用户|顾客"),
    "消费": re.compile(r"刷卡?(?=满|够|了)"),
    "办理": re.compile(r"(?<=[能去来得网])办(?!理)"),
    "他人": re.compile(r"别人|旁人|其他人"),
    "归还": re.compile(r"(?<!没)还(?=清|上|款(?!额|日|方式|能力|计划|账户|记录|来源))(?!有)"),
    "提前": re.compile(r"(?<=要)早(?=[\d一二两三四五六七八九十])"),
}
"""What people say over the telephone, and the word that documents have for it."""


def content(text: str) -> frozenset[str]:
    """The informative pieces of a text without courtesy, and none that runs over a function word."""
    return _content(text)


def as_written(text: str) -> str:
    """The text with spoken words as documents write them."""
    for word, spoken in _SPOKEN.items():
        text = spoken.sub(word, text)
    return text


def with_other_words(text: str, other: str) -> str:
    """The text as written, and the other one's words for attributes that it names itself: 认购起点 is 起购金额."""
    there = {found.attribute for found in attributes_in(text)}
    named = " ".join(other[f.start : f.end] for f in attributes_in(other) if f.attribute in there)
    return as_written(f"{text} {named}")


@lru_cache(maxsize=8_192)
def _content(text: str) -> frozenset[str]:
    text = as_written(text)
    pieces = informative(_FUNCTION.sub(" ", _COURTESY.sub(" ", text)))
    return frozenset(p for p in pieces or informative(text) if len(p) > 1 or p.isascii())


_CHARACTER = re.compile(r"[\u4e00-\u9fff]")
_SAYS_LITTLE = frozenset(
    "的了吗呢吧啊么不是在有和与就都也还要会能可让给到对把被为我你他她它们这那个几多少每各按由于其该此以及或则即如若内外上下中前后时期间"
    "费金率额元年月日天次笔户份款客行收须需应得无未非免已最一二三四五六七八九十百千万亿"
)


@lru_cache(maxsize=8_192)
def characters(text: str) -> frozenset[str]:
    """The characters that carry meaning: what is left of a paraphrase when no two of them stand together."""
    bare = _COURTESY.sub(" ", as_written(text))
    return frozenset(c for c in _CHARACTER.findall(bare) if c not in _SAYS_LITTLE)


def pieces_of(text: str) -> frozenset[str]:
    """Both: words in pieces of two characters, and the characters that carry meaning."""
    return content(text) | characters(text)
