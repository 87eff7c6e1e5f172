"""What the lines above a list's line say of it: bullets under bullets, and headings that name a kind.

A document keeps no indents, so where a list goes back to the level above is not seen. A line that names an attribute
and no value (申购费：) is over the lines that name kinds and values; a line that names a kind (白金卡) is over those
that name attributes, but only attributes that stand under several such kinds are surely of them.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from seatmate.domain.attributes import Attribute
from seatmate.ingest.fact_conditions import heading_kind, is_kind
from seatmate.ingest.fact_labels import Label, label_of
from seatmate.ingest.pieces import Block, Heading, Row

_MARK = re.compile(r"^\s*(?:[·•◆■▪●○▶\-*]|[（(]?\d{1,2}[)）.、．]|[①-⑳])\s*")
_LABELLED = re.compile(r"([^：:，。；]{1,16}(?:[（(][^）)]{1,10}[）)])?)\s*[:：]\s*(.*)$")
_OPEN = re.compile(
    r"^(?:第[一二三四五六七八九十\d]+[章节条款部分]+|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)])\s*"
)
_LONGEST_PARENT = 18
_ENDS = tuple("。；！？;!?，,")


@dataclass(frozen=True)
class Under:
    """`label` is the attribute that a line above names, `kind` the kind, `heading` that of a heading above.

    `unsure`: a kind stands above, and whether the line is still under it nobody can tell.
    """

    label: Label = field(default_factory=Label)
    kind: str = ""
    heading: str = ""
    unsure: bool = False
    loose: bool = False
    """The kind is any word that stands over others; it is one if an attribute is under several such words."""
    of_heading: bool = False
    """The label is a heading's: it is over lines that name kinds, not over sentences."""

    @property
    def condition(self) -> str:
        return "；".join(part for part in (self.heading, self.kind) if part)


def lines_above(blocks: Sequence[Block], text: str) -> Mapping[int, Under]:
    """By the start of each block that has something above it."""
    found: dict[int, Under] = {}
    attributes: dict[int, tuple[Attribute, ...]] = {}
    kinds_of: dict[Attribute, set[str]] = defaultdict(set)
    headings: list[tuple[int, str]] = []
    named = {heading_kind(b.piece.text) for b in blocks if isinstance(b.piece, Heading)}
    enumerated = len(named - {""}) > 1
    under = Under()
    for block, following in zip(blocks, [*blocks[1:], None][: len(blocks)], strict=True):
        piece = block.piece
        if isinstance(piece, Heading):
            headings = [(level, kind) for level, kind in headings if level < piece.level]
            headings.append((piece.level, heading_kind(piece.text) if enumerated else ""))
            label = label_of(_OPEN.sub("", piece.text))
            under = Under(label, heading="；".join(kind for _, kind in headings if kind), of_heading=True)
            continue
        line = text[block.start : block.end]
        if isinstance(piece, Row):
            under = Under(heading=under.heading)
        elif under.of_heading and (child := _LABELLED.match(_MARK.sub("", line))) and is_kind(child[1]):
            pass
        elif (
            following is not None and not isinstance(following.piece, Heading) and (above := _parent(line)) is not None
        ):
            under = replace(under, label=above, of_heading=False) if above.attributes else _under_kind(above, under)
            continue
        else:
            labelled = _LABELLED.match(_MARK.sub("", line))
            own = label_of(labelled[1]).attributes if labelled else ()
            if own:  # its value is its own
                under = replace(under, label=Label(), of_heading=False)
                attributes[block.start] = own
                for attribute in own:
                    kinds_of[attribute].add(under.kind)
            elif labelled is None and line.endswith(_ENDS):
                under = Under(heading=under.heading)
        if under != Under():
            found[block.start] = under
    return {start: _sure(u, attributes.get(start, ()), kinds_of) for start, u in found.items()}


def _parent(line: str) -> Label | None:
    """What a line that stands over others names: an attribute, a kind, or neither (费用)."""
    bare = _MARK.sub("", line).strip()
    words = bare.rstrip("：: ")
    if not words or len(words) > _LONGEST_PARENT or words.endswith(_ENDS) or re.search(r"[：:]", words):
        return None
    label = label_of(words)
    if label.attributes:
        return label
    if is_kind(words):
        return Label((), words)
    return None if re.search(r"\d", words) else Label((), words)


def _under_kind(above: Label, under: Under) -> Under:
    return Under(kind=above.condition, heading=under.heading, loose=not is_kind(above.condition))


def _sure(under: Under, own: Sequence[Attribute], kinds_of: Mapping[Attribute, set[str]]) -> Under:
    if not under.kind:
        return under
    several = any(len(kinds_of[attribute] - {""}) > 1 for attribute in own)
    return under if several else replace(under, kind="", unsure=not under.loose)
