"""Hostile DOCX and XLSX files: bombs, entities, macros, locks, and sheets that claim the absurd."""

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from random import Random

from seatmate.testing.drops import workbook
from seatmate.testing.hostile import whole

MB = 2**20


def repacked(data: bytes, **parts: bytes) -> bytes:
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


def packed(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return archive.read(name)


def ratio_bomb(random: Random) -> bytes:
    return repacked(whole.docx(random), word__media__fill_xml=b" " * random.randint(160 * MB, 200 * MB))


def many_parts(random: Random) -> bytes:
    parts = {f"word/media/{at}.xml": b"<x/>" for at in range(random.randint(6_000, 9_000))}
    return packed({"word/document.xml": b"<x/>"} | parts)


def nested_zip(random: Random) -> bytes:
    inner = packed({"0": b"\x00" * 10 * MB})
    for depth in range(random.randint(2, 5)):
        inner = packed({f"{depth}-{at}.zip": inner for at in range(10)})
    return repacked(whole.docx(random), word__embeddings__a_bin=inner)


def lying_sizes(random: Random) -> bytes:
    """The directory says that the document is small; it is not."""
    data = bytearray(repacked(whole.docx(random), word__document_xml=b" " * random.randint(5 * MB, 30 * MB)))
    at = data.rfind(b"word/document.xml") - 46
    data[at + 24 : at + 28] = struct.pack("<I", random.randint(10, 2_000))
    return bytes(data)


def same_part_again(random: Random) -> bytes:
    """One part that the directory names a thousand times."""
    data = packed({"word/document.xml": b"<x/>", "a.xml": b" " * MB})
    start = data.rfind(b"PK\x01\x02", 0, data.rfind(b"PK\x05\x06"))
    end = data.rfind(b"PK\x05\x06")
    again = data[start:end] * random.randint(1_000, 3_000)
    directory = data.index(b"PK\x01\x02")
    size = end + len(again) - directory
    count = 2 + len(again) // (end - start)
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, directory, 0)
    return data[:end] + again + tail


def bomb_of_entities(root: str, element: str, random: Random) -> bytes:
    depth, width = random.randint(5, 9), random.randint(5, 10)
    entities = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * width}">' for at in range(1, depth))
    kind = f'<!DOCTYPE x [<!ENTITY e0 "费">{entities}]>'
    return f'<?xml version="1.0"?>{kind}<{root}>{element}&e{depth - 1};</{root}>'.encode()


def outer_entity(root: str, random: Random) -> bytes:
    where = random.choice(["file:///etc/passwd", "http://127.0.0.1:9/x", "file:///dev/zero"])
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "{where}">]><{root}>&e;</{root}>'.encode()


def utf16_entities(random: Random) -> bytes:
    bomb = bomb_of_entities("w:document", "", random).decode().replace("?>", ' encoding="utf-16"?>', 1)
    return repacked(whole.docx(random), word__document_xml=bomb.encode("utf-16"))


def traversal(random: Random) -> bytes:
    name = random.choice(["../../../../tmp/x.xml", "/etc/cron.d/x", "..\\..\\x.xml", "word/../../x"])
    return packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>", name: b"x"})


def macros(name: str) -> Callable[[Random], bytes]:
    def make(random: Random) -> bytes:
        if name == "a.docx":
            return repacked(whole.docx(random), word__vbaProject_bin=random.randbytes(200))
        return repacked(whole.xlsx(random), xl__vbaProject_bin=random.randbytes(200))

    return make


def declared_macros(random: Random) -> bytes:
    data = whole.docx(random)
    types = part(data, "[Content_Types].xml").replace(
        b"vnd.openxmlformats-officedocument.wordprocessingml.document.main", b"vnd.ms-word.document.macroEnabled.main"
    )
    return repacked(data, **{"[Content_Types]_xml": types})


def locked_zip(random: Random) -> bytes:
    data = bytearray(whole.docx(random))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    return bytes(data)


def locked_office(random: Random) -> bytes:
    """The head of a compound file, as Office writes a document with a password."""
    name = "EncryptedPackage".encode("utf-16-le")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.randbytes(500) + name + random.randbytes(3_000)


def template_from_afar(random: Random) -> bytes:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
        f'Target="http://127.0.0.1:{random.randint(1, 9)}/x.dotm" TargetMode="External"/></Relationships>'
    ).encode()
    return repacked(whole.docx(random), **{"word__settings_xml.rels": relations})


def deep_docx(random: Random) -> bytes:
    depth = random.randint(300, 20_000)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = "<w:sdt><w:sdtContent>" * depth + "<w:p/>" + "</w:sdtContent></w:sdt>" * depth
    return repacked(
        whole.docx(random), word__document_xml=f"<w:document {space}><w:body>{body}</w:body></w:document>".encode()
    )


def wide_spans(random: Random) -> bytes:
    data = whole.docx(random)
    span = f'<w:tcPr><w:gridSpan w:val="{random.choice([10**6, 10**9, -5])}"/>'.encode()
    return repacked(data, word__document_xml=part(data, "word/document.xml").replace(b"<w:tcPr>", span))


def style_circle(random: Random) -> bytes:
    data = whole.docx(random)
    styles = part(data, "word/styles.xml")
    circle = b'<w:style w:type="paragraph" w:styleId="%s"><w:name w:val="%s"/><w:basedOn w:val="%s"/></w:style>'
    both = circle % (b"Title", b"x", b"Other") + circle % (b"Other", b"y", b"Title")
    return repacked(data, word__styles_xml=styles.replace(b"</w:styles>", both + b"</w:styles>"))


_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</worksheet>'


def sheet_of(random: Random, inner: bytes) -> bytes:
    return repacked(whole.xlsx(random), xl__worksheets__sheet1_xml=_SHEET % inner)


def absurd_size(random: Random) -> bytes:
    far = random.choice(["XFD1048576", "A1048576", "XFD1"])
    cells = b'<row r="1"><c r="A1"><v>5</v></c></row>' + f'<row r="1048576"><c r="{far}"><v>6</v></c></row>'.encode()
    return sheet_of(random, b'<dimension ref="A1:XFD1048576"/><sheetData>' + cells + b"</sheetData>")


def absurd_merge(random: Random) -> bytes:
    cells = b'<sheetData><row r="1"><c r="A1"><v>5</v></c></row></sheetData>'
    area = random.choice([b"A1:XFD1048576", b"A1:ZZ1048576"])
    return sheet_of(random, cells + b'<mergeCells count="1"><mergeCell ref="' + area + b'"/></mergeCells>')


def many_cells(random: Random) -> bytes:
    """Ten million: a hundred thousand rows of a hundred."""
    row = b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>"
    return sheet_of(random, b"<sheetData>" + row * 100_000 + b"</sheetData>")


def million_cells(random: Random) -> bytes:
    row = b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>"
    return sheet_of(random, b"<sheetData>" + row * random.randint(8_000, 12_000) + b"</sheetData>")


def bad_formats(random: Random) -> bytes:
    signs = ["0", "#", ".", ",", "%", ";", '"', "\\", "[", "]", "y", "m", "d", "h", "E+", "/", "?", "_", "*", "[$", "@"]
    formats = {f"B{at}": "".join(random.choices(signs, k=random.randint(1, 20))) for at in range(2, 12)}
    rows = [("项目", "费用"), *((f"项{at}", random.choice([1, 0.5, -3, 10**15, 46_335])) for at in range(10))]
    return workbook({"表": rows}, formats)


def uncomputed(random: Random) -> bytes:
    return workbook({"表": [("项目", "费用"), ("挂失", f"=1+{random.randint(1, 9)}")]})


def wrong_part(random: Random) -> bytes:
    return repacked(whole.xlsx(random), xl__worksheets__sheet1_xml=random.randbytes(500))
