"""Hostile PDF files: loops, bombs, locks, actions, and pages that cost more than they show."""

import zlib
from io import BytesIO
from random import Random

from pypdf import PdfReader, PdfWriter

from seatmate.testing.drops import pdf, pdf_of
from seatmate.testing.hostile import whole

MB = 2**20


def stream(data: bytes, filters: str) -> bytes:
    return f"<< /Length {len(data)} /Filter {filters} >>\nstream\n".encode() + data + b"\nendstream"


_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def page_of(content: bytes, *more: bytes, catalogue: bytes = b"", resources: bytes = b"") -> bytes:
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


_SHOWN = stream(zlib.compress(b"BT /F1 12 Tf 50 700 Td (Fee 5 yuan) Tj ET"), "/FlateDecode")


def locked_pdf(random: Random) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(whole.pdf(random))))
    algorithm = random.choice(["RC4-40", "RC4-128", "AES-128", "AES-256"])
    writer.encrypt(random.choice(["", "secret"]), "owner", algorithm=algorithm)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def stream_bomb(random: Random) -> bytes:
    inner = zlib.compress(b" " * random.randint(300, 600) * MB, 9)
    for _ in range(random.randint(0, 2)):
        inner = zlib.compress(inner, 9)
    return page_of(stream(inner, "[" + "/FlateDecode " * 3 + "]"))


def plain_stream_bomb(random: Random) -> bytes:
    return page_of(stream(zlib.compress(b"0 0 m " * random.randint(50, 100) * MB, 1), "/FlateDecode"))


def object_loop(random: Random) -> bytes:
    loops = [b"6 0 R", b"<< /Kids [6 0 R] /Parent 6 0 R >>", b"[6 0 R 7 0 R]", b"7 0 R"]
    return page_of(b"6 0 R", random.choice(loops), b"6 0 R")


def page_tree_loop(random: Random) -> bytes:
    kids = random.choice([b"[2 0 R]", b"[3 0 R 2 0 R]", b"[3 0 R 4 0 R]"])
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids " + kids + b" /Count 2 /Parent 2 0 R >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            b"<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 1 >>",
        ]
    )


def form_loop(random: Random) -> bytes:
    form = b"q /X0 Do Q " * random.randint(1, 3)
    loop = (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X0 6 0 R >> >> /Length "
        + str(len(form)).encode()
        + b" >>\nstream\n"
        + form
        + b"\nendstream"
    )
    content = stream(zlib.compress(b"/X0 Do BT /F1 12 Tf 50 700 Td (Fee) Tj ET"), "/FlateDecode")
    return page_of(content, loop, resources=b"/XObject << /X0 6 0 R >>")


def xref_loop(random: Random) -> bytes:
    data = page_of(_SHOWN)
    start = data.rindex(b"startxref")
    at = int(data[start + 9 :].split()[0])
    return data.replace(b"/Root 1 0 R", f"/Root 1 0 R /Prev {at}".encode()) + random.randbytes(random.randint(0, 20))


def deep_arrays(random: Random) -> bytes:
    depth = random.randint(1_000, 200_000)
    return page_of(_SHOWN, b"[" * depth + b"]" * depth, catalogue=b"/Extra 6 0 R")


def huge_counts(random: Random) -> bytes:
    data = page_of(_SHOWN).replace(b"/Count 1", b"/Count 999999999")
    return data.replace(b"/Size 6", f"/Size {random.choice([0, 10**9, 10**12])}".encode())


def active(random: Random) -> bytes:
    actions = [
        b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>",
        b"/OpenAction << /S /Launch /F (calc.exe) >>",
        b"/OpenAction << /S /URI /URI (http://127.0.0.1:9/) >>",
        b"/Names << /EmbeddedFiles << /Names [(x.exe) 6 0 R] >> >>",
    ]
    return page_of(_SHOWN, stream(random.randbytes(50), "/FlateDecode"), catalogue=random.choice(actions))


def many_lines(random: Random) -> bytes:
    """A page of strokes that meet everywhere: every crossing may be the corner of a cell."""
    count = random.randint(100, 140)
    across = "".join(f"0 {at * 6} m 590 {at * 6} l S\n" for at in range(count))
    down = "".join(f"{at * 4} 0 m {at * 4} 840 l S\n" for at in range(count))
    words = "BT /F1 4 Tf 1 0 0 1 5 8 Tm (5) Tj ET"
    return page_of(stream(zlib.compress((across + down + words).encode()), "/FlateDecode"))


def many_pages(random: Random) -> bytes:
    return pdf(*([(50, f"第{at}页的手续费为5元。")] for at in range(random.randint(1_500, 2_500))))


def giant_numbers(random: Random) -> bytes:
    big = random.choice(["1e308", "9" * 400, "-" + "9" * 50, "nan"])
    content = f"BT /F1 {big} Tf {big} 0 0 {big} {big} {big} Tm (Fee 5 yuan) Tj ET".encode()
    return page_of(stream(zlib.compress(content), "/FlateDecode"))
