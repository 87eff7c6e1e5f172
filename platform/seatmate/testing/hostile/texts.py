"""Hostile Markdown, HTML and TXT: hidden characters, traps for careless expressions, and what is no text at all."""

from random import Random

from seatmate.testing.hostile import packages, whole


def invisible(random: Random) -> bytes:
    signs = "\u200b\u200d\u202e\u202d\u2066\u2069\ufeff\u00ad\U000e0041\U000e007f"
    return "".join(c + random.choice(signs) * random.randint(0, 3) for c in whole.TEXT).encode()


def nul_bytes(random: Random) -> bytes:
    data = bytearray(whole.TEXT.encode())
    data.insert(random.randrange(len(data)), 0)
    return bytes(data)


def invalid_text(random: Random) -> bytes:
    return (
        whole.TEXT.encode()
        + random.choice([b"\xff\xff", b"\x80\x80\xff", b"\xf8\x88\x80\x80\x80"])
        + random.randbytes(20)
    )


def noise(random: Random) -> bytes:
    return random.randbytes(random.randint(1, 5_000))


def deep_html(random: Random) -> bytes:
    tag = random.choice(["div", "blockquote", "table><tr><td", "ul><li", "b"])
    return (f"<{tag}>" * random.randint(2_000, 100_000) + "手续费5元。").encode()


def html_entities(random: Random) -> bytes:
    return packages.bomb_of_entities("html", "<body><p>手续费5元。</p>", random)


def wide_html(random: Random) -> bytes:
    span = f"colspan={random.choice([10**6, 10**9])} rowspan={random.choice([10**6, 10**9])}"
    return (whole.PAGE + f"<table>{f'<tr><td {span}>x</td></tr>' * random.randint(2, 500)}</table>").encode()


def tags_without_end(random: Random) -> bytes:
    return b"<p>x</p>" * random.randint(2_000_000, 2_500_000)


def heavy_html(random: Random) -> bytes:
    return b"<p>x</p>" * random.randint(100_000, 190_000)


_TRAPS = ("<!--", "**a", "[" * 40 + "](", "`", "~~x", "|-", "\\", "> > > ", "- [x] ", "![](", "# ", "__")


def trap_markdown(random: Random) -> bytes:
    """What makes a careless expression try everything."""
    return (whole.TEXT + random.choice(_TRAPS) * random.randint(20_000, 60_000)).encode()


def endless_comment(random: Random) -> bytes:
    return b"<!--" * random.randint(200_000, 400_000)


def wide_markdown(random: Random) -> bytes:
    return b"|a|b|\n|-|-|\n" + b"|1" * random.randint(9_000_000, 10_000_000)


def long_line(random: Random) -> bytes:
    return random.choice(["a", "费", "5", "甲。"]).encode() * random.randint(4_000_000, 6_000_000)


def bom(random: Random) -> bytes:
    return random.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])


def other_bytes(random: Random) -> bytes:
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
