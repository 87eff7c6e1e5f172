"""Files that nobody should be able to hurt the reading with: bombs, wrecks, traps and honest-looking lies, by seed.

Each kind writes one file into an empty folder and says what must come of it: a reason, text, or one of the two. The
bytes are made here, from nothing but the formats; no file of anybody's is in them.
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from random import Random

from pypdf import PdfReader, PdfWriter

from seatmate.testing.drops import Words, drawn_pdf, pdf, pdf_of, word, workbook

MB = 2**20
TEXT = "# 收费标准\n\n跨行转账手续费为每笔5元，单笔最高50,000元。\n\n| 渠道 | 费用 |\n|---|---|\n| 柜面 | 5元 |\n"
PAGE = (
    "<html><body><h1>收费</h1><p>手续费5元。</p>"
    "<table><tr><th>渠道</th><th>费用</th></tr><tr><td>柜面</td><td>5元</td></tr></table>"
)


class Outcome(StrEnum):
    REFUSED = "refused"
    TEXT = "text"
    EITHER = "either"
    """It depends on where the damage fell: whatever comes, it is a reason or text."""


@dataclass(frozen=True)
class Kind:
    name: str
    expected: Outcome
    write: Callable[[Random, Path], Path]
    """Writes one file into a folder and gives its path."""
    slow: bool = False
    """It may take the reader seconds, or its making does."""


def hostile_files(seed: int, folder: Path, least: int) -> Iterator[tuple[Kind, Path]]:
    """At least so many files, every kind alike but that a slow one comes twice at the most; each in its own folder."""
    quick = [kind for kind in KINDS if not kind.slow]
    rounds = -(-max(0, least - 2 * (len(KINDS) - len(quick))) // len(quick))
    for number in range(max(1, rounds)):
        for kind in KINDS:
            if kind.slow and number > 1:
                continue
            place = folder / f"{kind.name}-{number}"
            place.mkdir(parents=True)
            yield kind, kind.write(Random(f"{seed}/{kind.name}/{number}"), place)


def _bytes(name: str, make: Callable[[Random], bytes]) -> Callable[[Random, Path], Path]:
    def write(random: Random, folder: Path) -> Path:
        file = folder / name
        file.write_bytes(make(random))
        return file

    return write


# Whole files that the wrecks are made of.


def _docx(random: Random) -> bytes:
    rows = [("项目", "费用"), *((f"项目{at}", f"{random.randint(1, 99)}元") for at in range(random.randint(1, 30)))]
    return word(("Title", "收费标准"), ("Normal", "手续费每笔5元。"), table=rows)


def _xlsx(random: Random) -> bytes:
    rows = [(f"项目{at}", random.randint(1, 9_999), random.random()) for at in range(random.randint(1, 40))]
    return workbook({"价目": [("价目表",), ("项目", "费用", "费率"), *rows]})


def _pdf(random: Random) -> bytes:
    lines = [
        Words(50, 60 + 20 * at, f"第{at}项手续费{random.randint(1, 99)}元。") for at in range(random.randint(2, 30))
    ]
    return drawn_pdf(lines, lines[:3])


def _html(random: Random) -> bytes:
    return (PAGE + "<p>说明。</p>" * random.randint(1, 50)).encode(random.choice(["utf-8", "gb18030"]))


_WHOLE = {"a.docx": _docx, "a.xlsx": _xlsx, "a.pdf": _pdf, "a.html": _html}


def _truncated(name: str) -> Kind:
    def make(random: Random) -> bytes:
        data = _WHOLE[name](random)
        return data[: random.randint(1, len(data) - 1)]

    return Kind(f"truncated-{name[2:]}", Outcome.EITHER, _bytes(name, make))


def _flipped(name: str) -> Kind:
    def make(random: Random) -> bytes:
        data = bytearray(_WHOLE[name](random))
        for _ in range(random.randint(1, 40)):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        return bytes(data)

    return Kind(f"flipped-{name[2:]}", Outcome.EITHER, _bytes(name, make))


def _shuffled(name: str) -> Kind:
    """A stretch of the file cut out and put somewhere else."""

    def make(random: Random) -> bytes:
        data = _WHOLE[name](random)
        a, b = sorted(random.sample(range(len(data)), 2))
        rest, at = data[:a] + data[b:], random.randrange(len(data) - (b - a) + 1)
        return rest[:at] + data[a:b] + rest[at:]

    return Kind(f"shuffled-{name[2:]}", Outcome.EITHER, _bytes(name, make))


# Packages.


def _repacked(data: bytes, **parts: bytes) -> bytes:
    """A package with parts added or replaced; `word__document_xml` stands for word/document.xml."""
    added = {name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): p for name, p in parts.items()}
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in added:
                new.writestr(name, old.read(name))
        for name, part in added.items():
            new.writestr(name, part)
    return out.getvalue()


def _packed(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def _part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(name)


def _ratio_bomb(random: Random) -> bytes:
    return _repacked(_docx(random), word__media__fill_xml=b" " * random.randint(160 * MB, 200 * MB))


def _many_parts(random: Random) -> bytes:
    parts = {f"word/media/{at}.xml": b"<x/>" for at in range(random.randint(6_000, 9_000))}
    return _packed({"word/document.xml": b"<x/>"} | parts)


def _nested_zip(random: Random) -> bytes:
    inner = _packed({"0": b"\x00" * 10 * MB})
    for depth in range(random.randint(2, 5)):
        inner = _packed({f"{depth}-{at}.zip": inner for at in range(10)})
    return _repacked(_docx(random), word__embeddings__a_bin=inner)


def _lying_sizes(random: Random) -> bytes:
    """The directory says that the document is small; it is not."""
    data = bytearray(_repacked(_docx(random), word__document_xml=b" " * random.randint(5 * MB, 30 * MB)))
    at = data.rfind(b"word/document.xml") - 46
    data[at + 24 : at + 28] = struct.pack("<I", random.randint(10, 2_000))
    return bytes(data)


def _same_part_again(random: Random) -> bytes:
    """One part that the directory names a thousand times."""
    data = _packed({"word/document.xml": b"<x/>", "a.xml": b" " * MB})
    start = data.rfind(b"PK\x01\x02", 0, data.rfind(b"PK\x05\x06"))
    end = data.rfind(b"PK\x05\x06")
    again = data[start:end] * random.randint(1_000, 3_000)
    directory = data.index(b"PK\x01\x02")
    size = end + len(again) - directory
    count = 2 + len(again) // (end - start)
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, directory, 0)
    return data[:end] + again + tail


def _bomb_of_entities(root: str, element: str, random: Random) -> bytes:
    depth, width = random.randint(5, 9), random.randint(5, 10)
    entities = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * width}">' for at in range(1, depth))
    kind = f'<!DOCTYPE x [<!ENTITY e0 "费">{entities}]>'
    return f'<?xml version="1.0"?>{kind}<{root}>{element}&e{depth - 1};</{root}>'.encode()


def _outer_entity(root: str, random: Random) -> bytes:
    where = random.choice(["file:///etc/passwd", "http://127.0.0.1:9/x", "file:///dev/zero"])
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "{where}">]><{root}>&e;</{root}>'.encode()


def _utf16_entities(random: Random) -> bytes:
    bomb = _bomb_of_entities("w:document", "", random).decode().replace("?>", ' encoding="utf-16"?>', 1)
    return _repacked(_docx(random), word__document_xml=bomb.encode("utf-16"))


def _traversal(random: Random) -> bytes:
    name = random.choice(["../../../../tmp/x.xml", "/etc/cron.d/x", "..\\..\\x.xml", "word/../../x"])
    return _packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>", name: b"x"})


def _macros(name: str) -> Callable[[Random], bytes]:
    def make(random: Random) -> bytes:
        if name == "a.docx":
            return _repacked(_docx(random), word__vbaProject_bin=random.randbytes(200))
        return _repacked(_xlsx(random), xl__vbaProject_bin=random.randbytes(200))

    return make


def _declared_macros(random: Random) -> bytes:
    data = _docx(random)
    types = _part(data, "[Content_Types].xml").replace(
        b"vnd.openxmlformats-officedocument.wordprocessingml.document.main", b"vnd.ms-word.document.macroEnabled.main"
    )
    return _repacked(data, **{"[Content_Types]_xml": types})


def _locked_zip(random: Random) -> bytes:
    data = bytearray(_docx(random))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    return bytes(data)


def _locked_office(random: Random) -> bytes:
    """The head of a compound file, as Office writes a document with a password."""
    name = "EncryptedPackage".encode("utf-16-le")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.randbytes(500) + name + random.randbytes(3_000)


def _template_from_afar(random: Random) -> bytes:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
        f'Target="http://127.0.0.1:{random.randint(1, 9)}/x.dotm" TargetMode="External"/></Relationships>'
    ).encode()
    return _repacked(_docx(random), **{"word__settings_xml.rels": relations})


def _deep_docx(random: Random) -> bytes:
    depth = random.randint(300, 20_000)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = "<w:sdt><w:sdtContent>" * depth + "<w:p/>" + "</w:sdtContent></w:sdt>" * depth
    return _repacked(
        _docx(random), word__document_xml=f"<w:document {space}><w:body>{body}</w:body></w:document>".encode()
    )


def _wide_spans(random: Random) -> bytes:
    data = _docx(random)
    span = f'<w:tcPr><w:gridSpan w:val="{random.choice([10**6, 10**9, -5])}"/>'.encode()
    return _repacked(data, word__document_xml=_part(data, "word/document.xml").replace(b"<w:tcPr>", span))


def _style_circle(random: Random) -> bytes:
    data = _docx(random)
    styles = _part(data, "word/styles.xml")
    circle = b'<w:style w:type="paragraph" w:styleId="%s"><w:name w:val="%s"/><w:basedOn w:val="%s"/></w:style>'
    both = circle % (b"Title", b"x", b"Other") + circle % (b"Other", b"y", b"Title")
    return _repacked(data, word__styles_xml=styles.replace(b"</w:styles>", both + b"</w:styles>"))


_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</worksheet>'


def _sheet_of(random: Random, inner: bytes) -> bytes:
    return _repacked(_xlsx(random), xl__worksheets__sheet1_xml=_SHEET % inner)


def _absurd_size(random: Random) -> bytes:
    far = random.choice(["XFD1048576", "A1048576", "XFD1"])
    cells = b'<row r="1"><c r="A1"><v>5</v></c></row>' + f'<row r="1048576"><c r="{far}"><v>6</v></c></row>'.encode()
    return _sheet_of(random, b'<dimension ref="A1:XFD1048576"/><sheetData>' + cells + b"</sheetData>")


def _absurd_merge(random: Random) -> bytes:
    cells = b'<sheetData><row r="1"><c r="A1"><v>5</v></c></row></sheetData>'
    area = random.choice([b"A1:XFD1048576", b"A1:ZZ1048576"])
    return _sheet_of(random, cells + b'<mergeCells count="1"><mergeCell ref="' + area + b'"/></mergeCells>')


def _many_cells(random: Random) -> bytes:
    """Ten million: a hundred thousand rows of a hundred."""
    row = b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>"
    return _sheet_of(random, b"<sheetData>" + row * 100_000 + b"</sheetData>")


def _million_cells(random: Random) -> bytes:
    row = b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>"
    return _sheet_of(random, b"<sheetData>" + row * random.randint(8_000, 12_000) + b"</sheetData>")


def _bad_formats(random: Random) -> bytes:
    signs = ["0", "#", ".", ",", "%", ";", '"', "\\", "[", "]", "y", "m", "d", "h", "E+", "/", "?", "_", "*", "[$", "@"]
    formats = {f"B{at}": "".join(random.choices(signs, k=random.randint(1, 20))) for at in range(2, 12)}
    rows = [("项目", "费用"), *((f"项{at}", random.choice([1, 0.5, -3, 10**15, 46_335])) for at in range(10))]
    return workbook({"表": rows}, formats)


def _uncomputed(random: Random) -> bytes:
    return workbook({"表": [("项目", "费用"), ("挂失", f"=1+{random.randint(1, 9)}")]})


def _wrong_part(random: Random) -> bytes:
    return _repacked(_xlsx(random), xl__worksheets__sheet1_xml=random.randbytes(500))


# PDF.


def _stream(data: bytes, filters: str) -> bytes:
    return f"<< /Length {len(data)} /Filter {filters} >>\nstream\n".encode() + data + b"\nendstream"


_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def _page_of(content: bytes, *more: bytes, catalogue: bytes = b"", resources: bytes = b"") -> bytes:
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R " + catalogue + b" >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> "
            + resources
            + b" >> >>",
            _FONT,
            content,
            *more,
        ]
    )


_SHOWN = _stream(zlib.compress(b"BT /F1 12 Tf 50 700 Td (Fee 5 yuan) Tj ET"), "/FlateDecode")


def _locked_pdf(random: Random) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(_pdf(random))))
    algorithm = random.choice(["RC4-40", "RC4-128", "AES-128", "AES-256"])
    writer.encrypt(random.choice(["", "secret"]), "owner", algorithm=algorithm)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _stream_bomb(random: Random) -> bytes:
    inner = zlib.compress(b" " * random.randint(300, 600) * MB, 9)
    for _ in range(random.randint(0, 2)):
        inner = zlib.compress(inner, 9)
    return _page_of(_stream(inner, "[" + "/FlateDecode " * 3 + "]"))


def _plain_stream_bomb(random: Random) -> bytes:
    return _page_of(_stream(zlib.compress(b"0 0 m " * random.randint(50, 100) * MB, 1), "/FlateDecode"))


def _object_loop(random: Random) -> bytes:
    loops = [b"6 0 R", b"<< /Kids [6 0 R] /Parent 6 0 R >>", b"[6 0 R 7 0 R]", b"7 0 R"]
    return _page_of(b"6 0 R", random.choice(loops), b"6 0 R")


def _page_tree_loop(random: Random) -> bytes:
    kids = random.choice([b"[2 0 R]", b"[3 0 R 2 0 R]", b"[3 0 R 4 0 R]"])
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids " + kids + b" /Count 2 /Parent 2 0 R >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            b"<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 1 >>",
        ]
    )


def _form_loop(random: Random) -> bytes:
    form = b"q /X0 Do Q " * random.randint(1, 3)
    loop = (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X0 6 0 R >> >> /Length "
        + str(len(form)).encode()
        + b" >>\nstream\n"
        + form
        + b"\nendstream"
    )
    content = _stream(zlib.compress(b"/X0 Do BT /F1 12 Tf 50 700 Td (Fee) Tj ET"), "/FlateDecode")
    return _page_of(content, loop, resources=b"/XObject << /X0 6 0 R >>")


def _xref_loop(random: Random) -> bytes:
    data = _page_of(_SHOWN)
    start = data.rindex(b"startxref")
    at = int(data[start + 9 :].split()[0])
    return data.replace(b"/Root 1 0 R", f"/Root 1 0 R /Prev {at}".encode()) + random.randbytes(random.randint(0, 20))


def _deep_arrays(random: Random) -> bytes:
    depth = random.randint(1_000, 200_000)
    return _page_of(_SHOWN, b"[" * depth + b"]" * depth, catalogue=b"/Extra 6 0 R")


def _huge_counts(random: Random) -> bytes:
    data = _page_of(_SHOWN).replace(b"/Count 1", b"/Count 999999999")
    return data.replace(b"/Size 6", f"/Size {random.choice([0, 10**9, 10**12])}".encode())


def _active(random: Random) -> bytes:
    actions = [
        b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>",
        b"/OpenAction << /S /Launch /F (calc.exe) >>",
        b"/OpenAction << /S /URI /URI (http://127.0.0.1:9/) >>",
        b"/Names << /EmbeddedFiles << /Names [(x.exe) 6 0 R] >> >>",
    ]
    return _page_of(_SHOWN, _stream(random.randbytes(50), "/FlateDecode"), catalogue=random.choice(actions))


def _many_lines(random: Random) -> bytes:
    """A page of strokes that meet everywhere: every crossing may be the corner of a cell."""
    count = random.randint(100, 140)
    across = "".join(f"0 {at * 6} m 590 {at * 6} l S\n" for at in range(count))
    down = "".join(f"{at * 4} 0 m {at * 4} 840 l S\n" for at in range(count))
    words = "BT /F1 4 Tf 1 0 0 1 5 8 Tm (5) Tj ET"
    return _page_of(_stream(zlib.compress((across + down + words).encode()), "/FlateDecode"))


def _many_pages(random: Random) -> bytes:
    return pdf(*([(50, f"第{at}页的手续费为5元。")] for at in range(random.randint(1_500, 2_500))))


def _giant_numbers(random: Random) -> bytes:
    big = random.choice(["1e308", "9" * 400, "-" + "9" * 50, "nan"])
    content = f"BT /F1 {big} Tf {big} 0 0 {big} {big} {big} Tm (Fee 5 yuan) Tj ET".encode()
    return _page_of(_stream(zlib.compress(content), "/FlateDecode"))


# Text.


def _invisible(random: Random) -> bytes:
    signs = "\u200b\u200d\u202e\u202d\u2066\u2069\ufeff\u00ad\U000e0041\U000e007f"
    return "".join(c + random.choice(signs) * random.randint(0, 3) for c in TEXT).encode()


def _nul_bytes(random: Random) -> bytes:
    data = bytearray(TEXT.encode())
    data.insert(random.randrange(len(data)), 0)
    return bytes(data)


def _invalid_text(random: Random) -> bytes:
    return TEXT.encode() + random.choice([b"\xff\xff", b"\x80\x80\xff", b"\xf8\x88\x80\x80\x80"]) + random.randbytes(20)


def _noise(random: Random) -> bytes:
    return random.randbytes(random.randint(1, 5_000))


def _deep_html(random: Random) -> bytes:
    tag = random.choice(["div", "blockquote", "table><tr><td", "ul><li", "b"])
    return (f"<{tag}>" * random.randint(2_000, 100_000) + "手续费5元。").encode()


def _html_entities(random: Random) -> bytes:
    return _bomb_of_entities("html", "<body><p>手续费5元。</p>", random)


def _wide_html(random: Random) -> bytes:
    span = f"colspan={random.choice([10**6, 10**9])} rowspan={random.choice([10**6, 10**9])}"
    return (PAGE + f"<table>{f'<tr><td {span}>x</td></tr>' * random.randint(2, 500)}</table>").encode()


def _tags_without_end(random: Random) -> bytes:
    return b"<p>x</p>" * random.randint(2_000_000, 2_500_000)


def _heavy_html(random: Random) -> bytes:
    return b"<p>x</p>" * random.randint(100_000, 190_000)


_TRAPS = ("<!--", "**a", "[" * 40 + "](", "`", "~~x", "|-", "\\", "> > > ", "- [x] ", "![](", "# ", "__")


def _trap_markdown(random: Random) -> bytes:
    """What makes a careless expression try everything."""
    return (TEXT + random.choice(_TRAPS) * random.randint(20_000, 60_000)).encode()


def _endless_comment(random: Random) -> bytes:
    return b"<!--" * random.randint(200_000, 400_000)


def _wide_markdown(random: Random) -> bytes:
    return b"|a|b|\n|-|-|\n" + b"|1" * random.randint(9_000_000, 10_000_000)


def _long_line(random: Random) -> bytes:
    return random.choice(["a", "费", "5", "甲。"]).encode() * random.randint(4_000_000, 6_000_000)


def _bom(random: Random) -> bytes:
    return random.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])


def _other_bytes(random: Random) -> bytes:
    heads = [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"MZ\x90\x00",
        b"\x7fELF",
        b"\x1f\x8b\x08",
        b"7z\xbc\xaf",
        b"<html>",
    ]
    return random.choice(heads) + random.randbytes(random.randint(10, 2_000))


def _as_another(random: Random, folder: Path) -> Path:
    """A whole file under the ending of another format."""
    name, other = random.sample(sorted(_WHOLE), 2)
    file = folder / (other if other != "a.html" else "a.xlsx" if name != "a.xlsx" else "a.pdf")
    file.write_bytes(_WHOLE[name](random))
    return file


# What is no plain file.


def _sparse(random: Random, folder: Path) -> Path:
    file = folder / random.choice(["a.txt", "a.md", "a.html", "a.pdf", "a.xlsx"])
    with file.open("wb") as out:
        out.write(b" " * 4_096)
        out.truncate(500 * MB)
    return file


def _link(random: Random, folder: Path) -> Path:
    file = folder / "a.md"
    file.symlink_to(random.choice(["/etc/passwd", "/dev/zero", "a.md", "../nowhere"]))
    return file


def _folder(random: Random, folder: Path) -> Path:
    file = folder / random.choice(["x.pdf", "x.md", "x.docx"])
    file.mkdir()
    return file


def _pipe(random: Random, folder: Path) -> Path:
    file = folder / "a.txt"
    os.mkfifo(file)
    return file


def _no_permission(random: Random, folder: Path) -> Path:
    file = folder / "a.md"
    file.write_text(TEXT)
    file.chmod(0)
    return file


_ODD_NAMES = (
    "收费 标准（2026）",
    "a\nb",
    "'; drop table --",
    "$(id)",
    "..%2f..",
    "\u202efdp",
    "-rf",
    "a" * 200,
    "💰",
    "a.pdf",
    "\udcff",
)


def _odd_name(random: Random, folder: Path) -> Path:
    file = folder / f"{random.choice(_ODD_NAMES)}.md"
    file.write_text(TEXT)
    return file


R, T, E = Outcome.REFUSED, Outcome.TEXT, Outcome.EITHER

KINDS: tuple[Kind, ...] = (
    *map(_truncated, _WHOLE),
    *map(_flipped, _WHOLE),
    *map(_shuffled, _WHOLE),
    Kind("zip-bomb-by-ratio", R, _bytes("a.docx", _ratio_bomb), slow=True),
    Kind("zip-bomb-of-many-parts", R, _bytes("a.docx", _many_parts)),
    Kind("zip-bomb-nested", T, _bytes("a.docx", _nested_zip)),
    Kind("zip-with-lying-sizes", R, _bytes("a.docx", _lying_sizes)),
    Kind("zip-naming-one-part-again", R, _bytes("a.docx", _same_part_again)),
    Kind("zip-leading-out", R, _bytes("a.docx", _traversal)),
    Kind("zip-locked", R, _bytes("a.docx", _locked_zip)),
    Kind("office-locked-docx", R, _bytes("a.docx", _locked_office)),
    Kind("office-locked-xlsx", R, _bytes("a.xlsx", _locked_office)),
    Kind("macros-in-docx", R, _bytes("a.docx", _macros("a.docx"))),
    Kind("macros-in-xlsx", R, _bytes("a.xlsx", _macros("a.xlsx"))),
    Kind("macros-declared", R, _bytes("a.docx", _declared_macros)),
    Kind("macros-by-name", R, _bytes("a.docm", _docx)),
    Kind("template-from-afar", T, _bytes("a.docx", _template_from_afar)),
    Kind(
        "entities-in-docx",
        R,
        _bytes("a.docx", lambda r: _repacked(_docx(r), word__document_xml=_bomb_of_entities("w:document", "", r))),
    ),
    Kind(
        "entities-in-xlsx",
        R,
        _bytes("a.xlsx", lambda r: _repacked(_xlsx(r), xl__sharedStrings_xml=_bomb_of_entities("sst", "", r))),
    ),
    Kind("entities-in-utf16", R, _bytes("a.docx", _utf16_entities)),
    Kind("entities-in-html", T, _bytes("a.html", _html_entities)),
    Kind(
        "outer-entity-in-docx",
        R,
        _bytes("a.docx", lambda r: _repacked(_docx(r), word__document_xml=_outer_entity("w:document", r))),
    ),
    Kind(
        "outer-entity-in-xlsx",
        R,
        _bytes("a.xlsx", lambda r: _repacked(_xlsx(r), xl__workbook_xml=_outer_entity("workbook", r))),
    ),
    Kind("deep-docx", R, _bytes("a.docx", _deep_docx)),
    Kind("wide-spans-in-docx", T, _bytes("a.docx", _wide_spans)),
    Kind("circle-of-styles", T, _bytes("a.docx", _style_circle)),
    Kind("absurd-size-of-sheet", T, _bytes("a.xlsx", _absurd_size)),
    Kind("absurd-merge", R, _bytes("a.xlsx", _absurd_merge)),
    Kind("ten-million-cells", R, _bytes("a.xlsx", _many_cells), slow=True),
    Kind("million-cells", R, _bytes("a.xlsx", _million_cells)),
    Kind("bad-number-formats", T, _bytes("a.xlsx", _bad_formats)),
    Kind("formula-without-value", R, _bytes("a.xlsx", _uncomputed)),
    Kind("sheet-of-noise", R, _bytes("a.xlsx", _wrong_part)),
    Kind("pdf-locked", R, _bytes("a.pdf", _locked_pdf)),
    Kind("pdf-stream-bomb", R, _bytes("a.pdf", _stream_bomb), slow=True),
    Kind("pdf-plain-stream-bomb", R, _bytes("a.pdf", _plain_stream_bomb), slow=True),
    Kind("pdf-object-loop", R, _bytes("a.pdf", _object_loop), slow=True),
    Kind("pdf-page-tree-loop", R, _bytes("a.pdf", _page_tree_loop)),
    Kind("pdf-form-loop", E, _bytes("a.pdf", _form_loop)),
    Kind("pdf-xref-loop", E, _bytes("a.pdf", _xref_loop)),
    Kind("pdf-deep-arrays", E, _bytes("a.pdf", _deep_arrays)),
    Kind("pdf-huge-counts", E, _bytes("a.pdf", _huge_counts)),
    Kind("pdf-with-actions", T, _bytes("a.pdf", _active)),
    Kind("pdf-of-strokes", E, _bytes("a.pdf", _many_lines), slow=True),
    Kind("pdf-of-many-pages", E, _bytes("a.pdf", _many_pages), slow=True),
    Kind("pdf-giant-numbers", E, _bytes("a.pdf", _giant_numbers)),
    Kind("invisible-characters", T, _bytes("a.md", _invisible)),
    Kind("nul-bytes", R, _bytes("a.txt", _nul_bytes)),
    Kind("invalid-text", R, _bytes("a.txt", _invalid_text)),
    Kind("noise-as-text", E, _bytes("a.txt", _noise)),
    Kind("noise-as-html", E, _bytes("a.html", _noise)),
    Kind("deep-html", E, _bytes("a.html", _deep_html)),
    Kind("wide-html", E, _bytes("a.html", _wide_html)),
    Kind("tags-without-end", R, _bytes("a.html", _tags_without_end)),
    Kind("heavy-html", E, _bytes("a.html", _heavy_html), slow=True),
    Kind("traps-in-markdown", E, _bytes("a.md", _trap_markdown)),
    Kind("endless-comment", E, _bytes("a.md", _endless_comment)),
    Kind("ten-million-fields-in-markdown", R, _bytes("a.md", _wide_markdown)),
    Kind("one-long-line", R, _bytes("a.txt", _long_line)),
    Kind("empty", R, _bytes("a.md", lambda r: b"")),
    Kind("byte-order-mark-alone", R, _bytes("a.txt", _bom)),
    Kind("blanks-alone", R, _bytes("a.txt", lambda r: r.choice([b" ", b"\n", b"\t"]) * r.randint(1, 19 * MB))),
    Kind("another-format-pdf", R, _bytes("a.pdf", _other_bytes)),
    Kind("another-format-docx", R, _bytes("a.docx", _other_bytes)),
    Kind("another-ending", R, _as_another),
    Kind("unknown-ending", R, _bytes("a.exe", _noise)),
    Kind("half-a-gigabyte", R, _sparse),
    Kind("link", R, _link),
    Kind("folder", R, _folder),
    Kind("pipe", R, _pipe),
    Kind("odd-name", T, _odd_name),
    *(() if os.geteuid() == 0 else (Kind("no-permission", R, _no_permission),)),
)
