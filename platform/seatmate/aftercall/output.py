"""A model's text to JSON. Model output is untrusted: it may be cut off, wrapped in talk, or no JSON at all.

What was cut off is closed after its last whole value; nothing is guessed.
"""

import json
from typing import Any

_CLOSER = {"{": "}", "[": "]"}


def read_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text, mended where it was cut off; None when there is none."""
    start = text.find("{")
    if start < 0:
        return None
    for candidate in (text[start:], _mended(text[start:])):
        try:
            value, _ = json.JSONDecoder().raw_decode(candidate)
        except (json.JSONDecodeError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def items(found: dict[str, Any], key: str) -> list[Any]:
    """The list under a key; an empty one when something else is there."""
    value = found.get(key)
    return value if isinstance(value, list) else []


def _mended(text: str) -> str:
    """Cut after the last value that is whole within its container, then close what is open."""
    open_marks: list[str] = []
    in_string = False
    whole, closers = 1, "}"
    for place, character in enumerate(text):
        if in_string:
            in_string = character != '"' or _is_escaped(text, place)
            continue
        if character == '"':
            in_string = True
        elif character in _CLOSER:
            open_marks.append(character)
        elif character in "}]" and open_marks:
            open_marks.pop()
            whole, closers = place + 1, _close(open_marks)
        elif character == ",":
            whole, closers = place, _close(open_marks)
    return text[:whole] + closers


def _is_escaped(text: str, place: int) -> bool:
    """Is the character at `place` escaped by an odd number of backslashes?"""
    count = 0
    while place - count > 0 and text[place - count - 1] == "\\":
        count += 1
    return count % 2 == 1


def _close(open_marks: list[str]) -> str:
    return "".join(_CLOSER[mark] for mark in reversed(open_marks))
