"""Prints platform/seatmate/domain/simplified.txt: what OpenCC (Apache License 2.0) makes of single characters.

.venv/bin/python -m tests.bench.simplified_table > platform/seatmate/domain/simplified.txt
"""

import opencc

FIRST, LAST = 0x3400, 0x9FFF
"""The characters of the Basic Multilingual Plane that Chinese is written in."""


def table() -> str:
    converter = opencc.OpenCC("t2s")
    traditional: dict[str, str] = {}
    for character in map(chr, range(FIRST, LAST + 1)):
        simple = str(converter.convert(character))
        if len(simple) == 1 and simple != character:
            traditional[simple] = traditional.get(simple, "") + character
    return "".join(f"{simple}{written}\n" for simple, written in sorted(traditional.items()))


if __name__ == "__main__":
    print(table(), end="")
