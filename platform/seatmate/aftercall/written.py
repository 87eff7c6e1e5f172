"""A YAML file that a bank writes, read into its shape: names filled in, every fault listed at once.

`words:` names pieces of patterns; `<NAME>` stands for one, and names may stand in each other.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from seatmate.domain.errors import Misconfigured
from seatmate.domain.model import Shape

S = TypeVar("S", bound=Shape)
_NAME = re.compile(r"<([A-Z]+)>")


def read_written(path: Path, shape: type[S]) -> S:
    """The file as its shape. Raises Misconfigured."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        words = written.pop("words", {}) if isinstance(written, dict) else {}
        return shape.model_validate(_filled(written, words))
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise Misconfigured(f"{path}: {faults}") from error


def _filled(node: Any, words: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, words) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, words) for value in node]
    while isinstance(node, str) and (found := _NAME.search(node)) and found[1] in words:
        node = node.replace(found[0], words[found[1]])
    return node
