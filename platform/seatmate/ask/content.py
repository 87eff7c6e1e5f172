"""Which pieces of an answer or a source line say something of the matter: no courtesy, no function words."""

import re

from seatmate.domain.words import informative

_FUNCTION = re.compile(r"[的是为了在就也都和与及或把被将这那您我你它请吗呢吧啊其该此按由于]")
_COURTESY = re.compile(
    r"您好|请问|这边|为您|帮您|根据|依据|按照|对于|关于|至于|经查询|查询结果|查询到|查到|核实|确认一下|告知|转告|回复|答复|放心|知悉|留意|参考|以此为准"
    r"|为准|如下|情况|来说|来讲|而言|的话|也就是|就是|即可|注意|温馨提示|提醒|一下|目前|现在|现行|当前|今天|方面|对应|相应|分别|统一"
    r"|另外|同时|此外|还有|其中|规定|标准|执行|资料|文件|显示|结果|客户|可以|需要|介绍|说明"
)
"""What an answer says to be polite, and what it says around any fact: no claim to be found in a source."""


def content(text: str) -> frozenset[str]:
    """The informative pieces of a text without courtesy, and none that runs over a function word."""
    pieces = informative(_FUNCTION.sub(" ", _COURTESY.sub(" ", text)))
    return frozenset(p for p in pieces or informative(text) if len(p) > 1 or p.isascii())
