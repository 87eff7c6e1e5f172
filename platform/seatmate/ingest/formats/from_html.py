"""A web page: its headings, paragraphs, lists and tables, without what surrounds every page of a site."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from seatmate.ingest.pieces import Heading, Paragraph, Piece, Row

_DROPPED = frozenset(
    {"script", "style", "noscript", "template", "iframe", "svg", "nav", "footer", "aside", "form", "button", "head"}
)
_SURROUNDINGS = re.compile(
    r"(^|[-_])(\w*nav|navbar|menu|(bread)?crumbs?|foot(er)?|header|sidebar|copyright|toolbar)($|[-_])", re.I
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_HEADING = re.compile(r"h[1-6]$")
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "header", "hr", "li", "main", "ol", "p", "pre", "section", "summary", "table", "ul"}
)


def read_html(text: str) -> Iterator[Piece]:
    page = BeautifulSoup(text, "lxml")
    for tag in page.find_all(_is_surroundings):
        if not tag.decomposed:
            tag.decompose()
    body = page.find("main") or page.find("article") or page.body
    if body is None:
        return
    outside = page.find("h1")
    if outside is not None and body.find("h1") is None:
        yield Heading(outside.get_text(), 1)
    yield from _walk(body)


def _is_surroundings(tag: Tag) -> bool:
    if tag.name in _DROPPED or tag.has_attr("hidden") or tag.get("aria-hidden") == "true":
        return True
    if tag.get("role") in ("navigation", "banner", "contentinfo") or _HIDDEN.search(str(tag.get("style") or "")):
        return True
    if tag.name in ("body", "html", "main", "article") or tag.find("h1") is not None:
        return False
    names = [tag.name, *tag.get_attribute_list("class"), *tag.get_attribute_list("id")]
    return any(_SURROUNDINGS.search(str(name)) for name in names if name)


def _walk(element: Tag) -> Iterator[Piece]:
    """Block by block; words between blocks make a paragraph of their own."""
    loose: list[str] = []
    for child in element.children:
        if isinstance(child, Tag) and (child.name in _BLOCKS or _HEADING.match(child.name) or _holds_block(child)):
            yield from _paragraph(loose)
            loose = []
            yield from _block(child)
        elif isinstance(child, Tag):
            loose.append("\n" if child.name == "br" else _words(child))
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
            loose.append(re.sub(r"\s+", " ", str(child)))
    yield from _paragraph(loose)


def _block(tag: Tag) -> Iterator[Piece]:
    if _HEADING.match(tag.name):
        yield Heading(_words(tag), int(tag.name[1]))
    elif tag.name == "table":
        yield from _table(tag)
    elif tag.name == "dl":
        yield from _definitions(tag)
    else:
        yield from _walk(tag)


def _holds_block(tag: Tag) -> bool:
    return tag.find(lambda inner: inner.name in _BLOCKS or bool(_HEADING.match(inner.name))) is not None


def _paragraph(words: list[str]) -> Iterator[Paragraph]:
    for line in "".join(words).split("\n"):
        if line.strip():
            yield Paragraph(line)


def _definitions(tag: Tag) -> Iterator[Piece]:
    """A name and its value read like a row of two cells."""
    name = ""
    for item in tag.find_all(["dt", "dd"]):
        if item.name == "dt":
            name = _words(item)
        else:
            yield Row((name, _words(item)) if name else (_words(item),))
            name = ""


def _table(table: Tag) -> Iterator[Piece]:
    caption = table.find("caption")
    if caption is not None:
        yield Paragraph(_words(caption))
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    grid = _grid(rows)
    headers: tuple[str, ...] = ()
    for number, (row, cells) in enumerate(zip(rows, grid, strict=True)):
        marked = all(cell.name == "th" for cell in row.find_all(["td", "th"]))
        if marked or (number == 0 and len(cells) > 1 and table.find("th") is None):
            headers = cells
        elif cells:
            yield Row(cells, headers)


def _grid(rows: list[Tag]) -> list[tuple[str, ...]]:
    """The cells of every row, each spanning cell repeated wherever it reaches."""
    below: dict[tuple[int, int], str] = {}
    grid = []
    for y, row in enumerate(rows):
        line: list[str] = []
        for cell in row.find_all(["td", "th"]):
            while (y, len(line)) in below:
                line.append(below[y, len(line)])
            words = _words(cell)
            for _ in range(_span(cell, "colspan")):
                for reach in range(1, _span(cell, "rowspan")):
                    below[y + reach, len(line)] = words
                line.append(words)
        while (y, len(line)) in below:
            line.append(below[y, len(line)])
        grid.append(tuple(line))
    return grid


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "1")
    return min(int(value), 1_000) if value.isdigit() and value != "0" else 1


def _words(tag: Tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text()).strip()
