"""A YAML file that a bank writes, read into its shape: names filled in, every fault listed at once.

`words:` names pieces of patterns; `<NAME>` stands for one, and names may stand in each other.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from seatmate.domain.errors import Misconfigured
from seatmate.domain.model import Shape

S = TypeVar("S", bound=Shape)
_NAME = re.compile(r"<([A-Z_]+)>")
_NO_WORDS: Mapping[str, str] = MappingProxyType({})


def read_written(path: Path, shape: type[S], words: Mapping[str, str] = _NO_WORDS) -> S:
    """The file as its shape; its own words go before those given. Raises Misconfigured."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        own = written.pop("words", {}) if isinstance(written, dict) else {}
        return shape.model_validate(_filled(written, {**words, **own}))
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise Misconfigured(f"{path}: {faults}") from error


def read_words(path: Path) -> Mapping[str, str]:
    """A file of names alone, which several files share. Raises Misconfigured."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path}: not YAML: {error}") from error
    if not isinstance(written, dict) or not all(isinstance(text, str) for text in written.values()):
        raise Misconfigured(f"{path}: not a list of names and patterns")
    return written


def _filled(node: Any, words: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, words) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, words) for value in node]
    while isinstance(node, str) and (found := next((f for f in _NAME.finditer(node) if f[1] in words), None)):
        node = node.replace(found[0], words[found[1]])
    return node
