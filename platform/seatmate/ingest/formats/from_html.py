"""A web page: its headings, paragraphs, lists and tables, without what surrounds every page of a site."""

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PreformattedString, Tag

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.formats.table import MAX_FIELDS, Cell, Line, Place, read_table
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Remark, Row

_DROPPED = frozenset(
    {"script", "style", "noscript", "template", "iframe", "svg", "nav", "footer", "aside", "form", "button", "head"}
    | {"object", "embed", "audio", "video", "canvas", "select", "textarea", "dialog", "del", "s", "strike"}
)
"""What is struck out is as good as gone: it was the price of before."""
_SURROUNDINGS = re.compile(
    r"(^|[-_])(\w*nav|navbar|menu|(bread)?crumbs?|foot(er)?|header|sidebar|copyright|toolbar|cookies?|consent|gdpr"
    r"|pagination|pager|share|skip|sr-only|visually-hidden|d-none|hidden)($|[-_])",
    re.I,
)
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog"})
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])", re.I
)
_MAX_STYLES = 200_000
_MOST_TAGS = 400_000
_NUMBER = "data-seatmate-number"
"""Each table is told its number, for what is said of it."""
_HEADING = re.compile(r"h[1-6]$")
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "header", "hr", "li", "main", "ol", "p", "pre", "section", "summary", "table", "ul"}
)


def read_html(text: str) -> Iterator[Piece | Remark]:
    if text.count("<") > _MOST_TAGS:
        raise UnreadableDocument(f"it has more than {_MOST_TAGS:,} tags")
    page = BeautifulSoup(text, "lxml")
    hidden = _hidden_by_style(page)
    for tag in page.find_all(lambda tag: _is_surroundings(tag, hidden)):
        if not tag.decomposed:
            tag.decompose()
    for number, table in enumerate(page.find_all("table"), start=1):
        table[_NUMBER] = str(number)
    body = page.find("main") or page.find("article") or page.body
    if body is None:
        return
    outside = page.find("h1")
    if outside is not None and body.find("h1") is None:
        yield Heading(outside.get_text(), 1)
    yield from _walk(body)


def _is_surroundings(tag: Tag, hidden: frozenset[str]) -> bool:
    if tag.name in _DROPPED or tag.has_attr("hidden") or tag.get("aria-hidden") == "true":
        return True
    if tag.get("role") in _ROLES or _HIDDEN.search(str(tag.get("style") or "")):
        return True
    if tag.name in ("body", "html", "main", "article"):
        return False
    marks = [f".{name}" for name in tag.get_attribute_list("class") if name]
    marks += [f"#{name}" for name in tag.get_attribute_list("id") if name]
    if any(mark in hidden for mark in marks):
        return True
    named = any(_SURROUNDINGS.search(name) for name in (tag.name, *(mark[1:] for mark in marks)))
    return named and tag.find("h1") is None


def _hidden_by_style(page: BeautifulSoup) -> frozenset[str]:
    """The classes and ids that the page's own style sheet hides."""
    sheets = "".join(style.get_text() for style in page.find_all("style"))
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", sheets[:_MAX_STYLES])
    selectors = (selector.strip() for names, body in rules if _HIDDEN.search(body) for selector in names.split(","))
    return frozenset(selector for selector in selectors if re.fullmatch(r"[.#][\w-]+", selector))


def _walk(element: Tag) -> Iterator[Piece | Remark]:
    """Block by block; words between blocks make a paragraph of their own."""
    loose: list[str] = []
    for child in element.children:
        if isinstance(child, Tag) and (child.name in _BLOCKS or _HEADING.match(child.name) or _holds_block(child)):
            yield from _paragraph(loose)
            loose = []
            yield from _block(child)
        elif isinstance(child, Tag):
            loose.append("\n" if child.name == "br" else _inline(child))
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
            loose.append(re.sub(r"\s+", " ", str(child)))
    yield from _paragraph(loose)


def _block(tag: Tag) -> Iterator[Piece | Remark]:
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


def _definitions(tag: Tag) -> Iterator[Piece | Remark]:
    """A name and its value read like a row of two cells."""
    if tag.find("dl") is not None:
        yield from _walk(tag)
        return
    yield from _strays(tag, "dt", "dd")
    name = ""
    for item in tag.find_all(["dt", "dd"]):
        if item.name == "dd":
            yield Row((name, _words(item)) if name else (_words(item),))
            name = ""
        else:
            yield Paragraph(name)
            name = _words(item)
    yield Paragraph(name)


def _strays(tag: Tag, *cells: str) -> Iterator[Piece]:
    """Words that stand between the cells: no page should have them, and none shall lose them."""
    for words in tag.find_all(string=True):
        if isinstance(words, PreformattedString) or not words.strip():
            continue
        if words.find_parent([*cells, tag.name]) is tag:
            yield Paragraph(str(words))


def _table(table: Tag) -> Iterator[Piece | Remark]:
    # Laid out with a table, the inner ones hold the data; cells outside of rows are no table.
    if table.find("table") is not None or any(_name(cell.parent) != "tr" for cell in table.find_all(["td", "th"])):
        yield from _walk(table)
        return
    yield from _strays(table, "td", "th", "caption")
    caption = table.find("caption", recursive=False)
    if isinstance(caption, Tag):
        yield Paragraph(_words(caption))
    rows = table.find_all("tr")
    place = Place(f"table {table[_NUMBER]}")
    marked = [row.find("td") is None or _name(row.find_parent(["thead", "table"])) == "thead" for row in rows]
    has_marks = table.find("th") is not None or any(marked)
    for lines, headers in _parts(_grid(rows, place), marked):
        yield from read_table(lines, place, headers if has_marks else None)


def _parts(grid: list[Line], marked: list[bool]) -> Iterator[tuple[list[Line], int]]:
    """A table that begins anew under each further header, with how many header rows each part has."""
    part: list[Line] = []
    headers = 0
    for line, is_header in zip(grid, marked, strict=True):
        across = len({cell.origin for cell in line}) < 2
        if is_header and not across and len(part) > headers and any(len({c.origin for c in row}) > 1 for row in part):
            yield part, headers
            part, headers = [], 0
        if is_header and len(part) == headers:
            headers += 1
        part.append(line)
    if part:
        yield part, headers


def _grid(rows: list[Tag], place: Place) -> list[Line]:
    """The cells of every row, each spanning cell repeated wherever it reaches."""
    below: dict[tuple[int, int], Cell] = {}
    grid: list[Line] = []
    for y, row in enumerate(rows):
        line: list[Cell] = []
        for tag in row.find_all(["td", "th"]):
            while (y, len(line)) in below:
                line.append(below[y, len(line)])
            cell = Cell(_words(tag), (y, len(line)))
            deep = min(_span(tag, "rowspan"), len(rows) - y)
            for _ in range(_span(tag, "colspan")):
                for reach in range(1, deep):
                    below[y + reach, len(line)] = cell
                line.append(cell)
            if len(below) + len(line) > MAX_FIELDS:
                raise UnreadableDocument(f"{place.said} has more than {MAX_FIELDS:,} fields")
        while (y, len(line)) in below:
            line.append(below[y, len(line)])
        grid.append(tuple(line))
    return grid


def _name(tag: Tag | None) -> str:
    return "" if tag is None else tag.name


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "1").strip()
    return min(int(value), 1_000) if value.isascii() and value.isdigit() and int(value) else 1


def _inline(tag: Tag) -> str:
    return re.sub(r"\s+", " ", _words(tag).replace("\n", " ")) if tag.find("br") is None else _words(tag)


def _words(tag: Tag) -> str:
    """The words of a cell or heading: a line break is one, and a raised number does not run into the one before."""
    said = ""
    for part in tag.descendants:
        if isinstance(part, Tag):
            if part.name == "br" or part.name in _BLOCKS:
                said += "\n"
        elif not isinstance(part, PreformattedString):
            words = re.sub(r"\s+", " ", str(part))
            if words.strip() and part.parent is not tag and _name(part.parent) == "sup":
                words = f"^{words}" if said[-1:].isdigit() else f"[{words.strip('[]')}]"
            said += words
    return "\n".join(line.strip() for line in said.split("\n") if line.strip())
