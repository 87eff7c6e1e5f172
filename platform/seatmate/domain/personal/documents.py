"""Passports and travel permits, where a word says so: 护照号E12345678, 通行证H1234567801."""

import re
from collections.abc import Iterator

_DOCUMENT = re.compile(
    r"(?:护照|護照|通行证|通行證|回乡证|回鄉證|台胞证|居住证|居留证|军官证|士官证)(?:号码?|號碼?)?(?:[，,:：\s是为就我的]|号码?){0,6}"
    r"(?P<number>(?:[A-Za-zＡ-Ｚ]{1,3}[\s-]?|[军士武]字第?)[\d０-９][\d０-９\s-]{5,11}[\d０-９])"
)


def documents_in(text: str) -> Iterator[tuple[int, int]]:
    """Numbers of papers that identify a person beside the citizen id."""
    if "证" in text or "照" in text or "證" in text:
        for found in _DOCUMENT.finditer(text):
            yield found.span("number")
