"""Does a sentence say only what a call said? Figures, words and negations, without a dictionary or a model.

Cannot see a wrong order, or a no left out beside words that are there: 「客户不同意」 and 「客户同意」 share theirs. So
a sentence always stands beside its quote.
"""

import re
from collections.abc import Sequence

from seatmate.compliance.clauses import fold
from seatmate.domain.figures import find_figures, is_supported

# What any summary says of any call: who did what kind of thing. These words claim nothing that needs a source.
_FRAME = re.compile(
    r"客户|坐席|来电|致电|通话|咨询|询问|表示|告知|说明|介绍|解释|反映|提出|了解|认为|希望|想要|想|要求|询|就|进行|相关|情况|问题"
    r"|提示|提醒|推荐|建议|更正|质疑|抱怨|打算|计划|考虑|担心|现行|目前|当前|自行|分别|具体|区别|办法|规则|方式"
    r"|业务|关于|以及|并且|并|后续|其|对|向|请|将|已|为|由|从|给|等|称|需|可"
)
_RUN = re.compile(r"[\u4e00-\u9fff]+|[A-Z0-9][A-Z0-9.%+]*")
_FUNCTION = frozenset("的了在和与及是有把被从到也都还就再又很更最上下中内外一这那个")
_NO = re.compile(r"不|没|未|无|别|非|勿")
_MASK = re.compile(r"⟦[A-Z_]+⟧")


def rests_on(text: str, cited: Sequence[str], whole: Sequence[str]) -> bool:
    """Is every figure of `text` in the cited utterances and every word in the call, some of them in what is cited?"""
    if not text.strip() or not _figures_hold(text, cited):
        return False
    said, call = fold("\n".join(cited)), fold("\n".join(whole))
    if _NO.search(fold(text)) and not _NO.search(said):
        return False
    runs = _RUN.findall(_FRAME.sub(" ", _without_figures(fold(_MASK.sub(" ", text)))))
    pieces = [piece for run in runs for piece in _pieces(run, call)]
    if any(piece is None for piece in pieces):
        return False
    telling = [piece for piece in pieces if piece is not None and len(piece) > 1]
    return not telling or any(piece in said for piece in telling)


def _figures_hold(text: str, cited: Sequence[str]) -> bool:
    there = [figure for quote in cited for figure in find_figures(quote)]
    return all(is_supported(figure, there) for figure in find_figures(text))


def _without_figures(text: str) -> str:
    """Figures are checked by value: 20万 may stand for 二十万."""
    kept = list(text)
    for figure in find_figures(text):
        kept[figure.start : figure.end] = " " * (figure.end - figure.start)
    return "".join(kept)


def _pieces(run: str, call: str) -> list[str | None]:
    """A run cut into the longest pieces that the call holds; None for a piece that it does not."""
    if not "\u4e00" <= run[0] <= "\u9fff":
        return [run if run in call else None]
    pieces: list[str | None] = []
    at, alone = 0, False
    while at < len(run):
        end = len(run)
        while end > at + 1 and run[at:end] not in call:
            end -= 1
        piece = run[at:end]
        # One odd character joins two pieces; two in a row are a word that nobody said.
        odd = end - at == 1 and piece not in _FUNCTION
        known = not odd or (piece in call and not alone)
        pieces.append(piece if known else None)
        at, alone = end, odd
    return pieces
