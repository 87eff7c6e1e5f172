"""Traditional characters to simplified ones, one code point for one, so that every offset stays true.

The table (simplified.txt: a simplified character, then its traditional ones) is OpenCC's of single characters, printed
by tests/bench/simplified_table.py. Words are not looked at: what changes in some words only, as 瞭 does, is left.
The search index has a folding of its own, by words (adapters/fold).
"""

import re
from functools import cache
from pathlib import Path


def simplified(text: str) -> str:
    """The text as a reader of simplified characters writes it."""
    table, traditional = _table()
    # Most texts have none: to see that is ten times as fast as to translate them.
    return text.translate(table) if traditional.search(text) else text


@cache
def _table() -> tuple[dict[int, str], re.Pattern[str]]:
    lines = Path(__file__).with_name("simplified.txt").read_text(encoding="utf-8").splitlines()
    table = {ord(written): line[0] for line in lines for written in line[1:]}
    return table, re.compile(f"[{''.join(map(chr, sorted(table)))}]")
