"""Tiny drops, and files of every format, made in memory for the tests of the weekly update.

The PDF is written by hand, for want of a library that writes Chinese without a font file.
"""

import csv
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from pathlib import Path

import docx
import openpyxl

FEE_V1 = "# 转账收费\n\n自2026年10月1日起执行。\n\n## 柜面\n\n| 金额 | 手续费 |\n|---|---|\n| 5,000元以下 | 5元 |\n"
FEE_V2 = FEE_V1.replace("5元 |", "0元 |").replace("10月1日", "11月9日")
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
    objects: list[bytes] = []
    fonts = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [4 0 R] >>"
    )
    descendant = (
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo "
        b"<< /Registry (Adobe) /Ordering (GB1) /Supplement 0 >> /DW 1000 >>"
    )
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    objects += [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()]
    objects += [fonts, descendant]
    for number, lines in enumerate(pages):
        y = 800
        drawn = []
        for x, text in lines:
            if not text.startswith("\t"):
                y -= 24
            code = text.removeprefix("\t").encode("utf-16-be").hex()
            drawn.append(f"BT /F1 12 Tf 1 0 0 1 {x} {y} Tm <{code}> Tj ET")
        stream = zlib.compress("\n".join(drawn).encode())
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        head = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + stream + b"\nendstream")
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
