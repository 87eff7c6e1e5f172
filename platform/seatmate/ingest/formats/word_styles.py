"""What the styles of a Word document say of a paragraph: whether it is a heading, and in which list it stands."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

_HEADING = re.compile(r"(?:heading|标题)\s*(\d)$", re.I)
_TITLES = frozenset({"title", "标题", "书名", "文档标题"})
_CONTENTS = re.compile(r"(?:toc|目录)\s*\d|toc heading|目录标题", re.I)
_BODY_LEVEL = 9
_DEEPEST = 16
"""Styles are based on others; a longer chain goes in a circle."""


@dataclass(frozen=True)
class Style:
    name: str
    based_on: str | None
    outline: int | None
    list_id: str | None
    list_level: int | None


@dataclass(frozen=True)
class Styles:
    by_id: Mapping[str, Style]
    default: str | None

    def heading_level(self, paragraph: Any) -> int | None:
        """1 for the highest; None for a paragraph of the body. The paragraph's own outline level comes first."""
        own = _number(paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}"))
        if own is not None:
            return own + 1 if own < _BODY_LEVEL else None
        for style in self._chain(paragraph):
            numbered = _HEADING.match(style.name)
            if numbered:
                return int(numbered[1])
            if style.name.lower() in _TITLES:
                return 1
            if style.outline is not None:
                return style.outline + 1 if style.outline < _BODY_LEVEL else None
        return None

    def list_of(self, paragraph: Any) -> tuple[str, int] | None:
        """numId and level of the list that a paragraph stands in, by itself or by its style."""
        properties = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        list_id, level = _list(properties)
        for style in self._chain(paragraph):
            list_id = list_id if list_id is not None else style.list_id
            level = level if level is not None else style.list_level
        return None if list_id in (None, "0") else (str(list_id), level or 0)

    def is_contents(self, paragraph: Any) -> bool:
        """A line of the table of contents."""
        return any(_CONTENTS.match(style.name) for style in self._chain(paragraph))

    def _chain(self, paragraph: Any) -> Iterator[Style]:
        named = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        at = named.get(qn("w:val")) if named is not None else self.default
        for _ in range(_DEEPEST):
            style = self.by_id.get(at) if at is not None else None
            if style is None:
                return
            yield style
            at = style.based_on


def styles_of(root: Any) -> Styles:
    """Of the root element of styles.xml."""
    by_id: dict[str, Style] = {}
    default = None
    for style in root.iter(qn("w:style")):
        style_id = style.get(qn("w:styleId"))
        if style.get(qn("w:type")) != "paragraph" or style_id is None:
            continue
        if style.get(qn("w:default")) in ("1", "true", "on"):
            default = style_id
        name, based = style.find(qn("w:name")), style.find(qn("w:basedOn"))
        list_id, level = _list(style.find(f"{qn('w:pPr')}/{qn('w:numPr')}"))
        by_id[style_id] = Style(
            name="" if name is None else name.get(qn("w:val")) or "",
            based_on=None if based is None else based.get(qn("w:val")),
            outline=_number(style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")),
            list_id=list_id,
            list_level=level,
        )
    return Styles(by_id, default)


def _list(properties: Any | None) -> tuple[str | None, int | None]:
    if properties is None:
        return None, None
    number = properties.find(qn("w:numId"))
    return None if number is None else number.get(qn("w:val")), _number(properties.find(qn("w:ilvl")))


def _number(element: Any | None) -> int | None:
    value = None if element is None else element.get(qn("w:val"))
    return int(value) if value is not None and value.isascii() and value.isdigit() else None
