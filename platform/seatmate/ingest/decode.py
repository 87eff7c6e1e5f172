"""Bytes of a text file to its characters: UTF-8, UTF-16 or GB18030; Big5 where the file says so. Guesses no other."""

import re

from seatmate.domain.errors import UnreadableDocument

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.I)


def decode(data: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, else UTF-8 if it is that, else GB18030. Raises UnreadableDocument."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        declared = _CHARSET.search(data[:2048])
        is_big5 = declared is not None and declared[1].lower() in (b"big5", b"big5-hkscs")
        encodings = ["utf-8-sig", "big5" if is_big5 else "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise UnreadableDocument("it is not text: there are zero bytes in it")
        return text
    raise UnreadableDocument("its characters are neither UTF-8 nor GB18030")
