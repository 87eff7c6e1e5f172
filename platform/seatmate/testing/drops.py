"""Tiny drops, and files of every format, made in memory for the tests of the weekly update.

The PDF is written by hand, for want of a library that writes Chinese without a font file.
"""

import csv
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path

import docx
import openpyxl

FEE_V1 = "# 转账收费\n\n自2026年10月1日起执行。\n\n## 柜面\n\n| 金额 | 手续费 |\n|---|---|\n| 5,000元以下 | 5元 |\n"
FEE_V2 = FEE_V1.replace("5元 |", "0元 |").replace("10月1日", "11月9日")
_HIGH = 842
RATE = "# 存款利率\n\n一年期整存整取年利率为1.45%。三年期年利率为1.80%。\n"


def drop(
    folder: Path,
    files: Mapping[str, str | bytes],
    rows: Sequence[Mapping[str, str]] | None = None,
    encoding: str = "utf-8",
) -> Path:
    """A folder with these files; one manifest row each, readable by `retail`, unless rows are given."""
    folder.mkdir(parents=True)
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    if rows is None:
        rows = [{"path": path, "doc_id": Path(path).stem, "scope": "retail"} for path in files]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    (folder / "manifest.csv").write_bytes(text.getvalue().encode(encoding))
    return folder


def word(*paragraphs: tuple[str, str], table: Sequence[Sequence[str]] = ()) -> bytes:
    """A DOCX of `(style, text)` paragraphs and a table at the end."""
    document = docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style)
    if table:
        grid = document.add_table(len(table), len(table[0]))
        for y, line in enumerate(table):
            for x, cell in enumerate(line):
                grid.cell(y, x).text = cell
    data = BytesIO()
    document.save(data)
    return data.getvalue()


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]], formats: Mapping[str, str] | None = None) -> bytes:
    """An XLSX; `formats` are number formats by cell of the first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    for cell, shown in (formats or {}).items():
        book.worksheets[0][cell].number_format = shown
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def pdf(*pages: Sequence[tuple[int, str]]) -> bytes:
    """A PDF with a text layer: each page is `(x, text)` top down; a text that begins with a tab stays on its line."""
    drawn: list[list[str]] = []
    for lines in pages:
        y = _HIGH - 800
        drawn.append([])
        for x, text in lines:
            y += 0 if text.startswith("\t") else 24
            drawn[-1].append(_drawn(Words(x, y, text.removeprefix("\t"), 12)))
    return _pdf(drawn)


@dataclass(frozen=True)
class Words:
    """A text of a drawn page: where it begins and its baseline, in points from the top left corner."""

    x: float
    y: float
    text: str
    size: float = 10


@dataclass(frozen=True)
class Stroke:
    """A straight line of a drawn page."""

    x0: float
    y0: float
    x1: float
    y1: float


def drawn_pdf(*pages: Sequence[Words | Stroke]) -> bytes:
    """A PDF of pages of 595 by 842 points on which everything stands where it is put; every character is a square."""
    return _pdf([[_drawn(item) for item in page] for page in pages])


def ruled(x: Sequence[float], y: Sequence[float]) -> list[Words | Stroke]:
    """The lines of a table with these column and row edges."""
    level: list[Words | Stroke] = [Stroke(x[0], at, x[-1], at) for at in y]
    return [*level, *(Stroke(at, y[0], at, y[-1]) for at in x)]


def _drawn(item: Words | Stroke) -> str:
    if isinstance(item, Stroke):
        return f"0.5 w {item.x0} {_HIGH - item.y0} m {item.x1} {_HIGH - item.y1} l S"
    code = item.text.encode("utf-16-be").hex()
    return f"BT /F1 {item.size} Tf 1 0 0 1 {item.x} {_HIGH - item.y} Tm <{code}> Tj ET"


def _pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """Of the drawing operators of its pages; the only font has every character of UTF-16, none of them embedded."""
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo "
        b"<< /Registry (Adobe) /Ordering (GB1) /Supplement 0 >> /DW 1000 >>",
    ]
    for number, page in enumerate(pages):
        stream = zlib.compress("\n".join(page).encode())
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 {_HIGH}] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        head = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + stream + b"\nendstream")
    return pdf_of(objects)


def pdf_of(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF file of these objects, numbered from 1; the first is its catalogue."""
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R ".encode() + trailer
    return bytes(out + f">>\nstartxref\n{start}\n%%EOF\n".encode())
