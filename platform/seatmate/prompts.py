"""The only loader of instruction text. A prompt is a reviewed file `prompts/<flow>/<name>.md`:

    ---
    id: ask/answer
    variables: [sources, question]
    schema: summary.schema.json      (optional: the output's JSON schema, a file beside it)
    ---
    # system
    …
    # user
    … {question} …

Rendering with a missing or an unknown variable is an error. A value is inserted as it is: braces in a customer's words
stay what they are. Training renders through this module too, so a model is trained on the words it is served with.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import Field, ValidationError

from seatmate.domain.errors import Misconfigured
from seatmate.domain.model import Shape
from seatmate.domain.ports import Message

_FILE = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)
_SECTION = re.compile(r"^# (system|user)\n", re.MULTILINE)
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


class _Front(Shape):
    id: str
    variables: tuple[str, ...] = ()
    output: str | None = Field(default=None, alias="schema")


@dataclass(frozen=True)
class Prompt:
    id: str
    variables: frozenset[str]
    sections: tuple[tuple[str, str], ...]
    schema: dict[str, Any] | None
    sha256: str

    def render(self, **values: str) -> tuple[Message, ...]:
        """The messages of this prompt with its variables filled in, in one pass."""
        if set(values) != self.variables:
            wanted, got = sorted(self.variables), sorted(values)
            raise Misconfigured(f"prompt {self.id} takes {wanted}, got {got}")
        return tuple(
            Message(role="system" if role == "system" else "user", content=_fill(text, values))
            for role, text in self.sections
        )


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values[found[1]], text)


class Prompts:
    """All prompts below a folder, by id. `sha256` changes with any word of any prompt or schema."""

    def __init__(self, prompts: Mapping[str, Prompt]) -> None:
        self._prompts = dict(prompts)
        whole = "\n".join(f"{p.id} {p.sha256}" for p in sorted(self._prompts.values(), key=lambda p: p.id))
        self.sha256 = hashlib.sha256(whole.encode()).hexdigest()

    def __getitem__(self, prompt_id: str) -> Prompt:
        try:
            return self._prompts[prompt_id]
        except KeyError:
            raise Misconfigured(f"no prompt {prompt_id}; there are {sorted(self._prompts)}") from None

    def __iter__(self) -> Any:
        return iter(self._prompts)

    @classmethod
    def load(cls, folder: Path) -> "Prompts":
        found = {}
        for path in sorted(folder.glob("*/*.md")):
            prompt = load_prompt(path)
            if prompt.id != f"{path.parent.name}/{path.stem}":
                raise Misconfigured(f"{path}: its id {prompt.id} is not its place")
            found[prompt.id] = prompt
        if not found:
            raise Misconfigured(f"no prompts below {folder}")
        return cls(found)


def load_prompt(path: Path) -> Prompt:
    """Read and validate one prompt file."""
    content = path.read_text(encoding="utf-8")
    parts = _FILE.match(content)
    if parts is None:
        raise Misconfigured(f"{path}: wants front matter between --- lines, then the text")
    try:
        front = _Front.model_validate(yaml.safe_load(parts["front"]))
    except (ValidationError, yaml.YAMLError) as error:
        raise Misconfigured(f"{path}: front matter: {error}") from error
    pieces = _SECTION.split(parts["body"])
    sections = tuple((pieces[i], pieces[i + 1].strip()) for i in range(1, len(pieces), 2))
    used = frozenset(name for _, text in sections for name in _VARIABLE.findall(text))
    if not sections or used != frozenset(front.variables):
        raise Misconfigured(f"{path}: declares {sorted(front.variables)}, uses {sorted(used)}")
    schema: dict[str, Any] | None = None
    digest = hashlib.sha256(content.encode())
    if front.output is not None:
        schema_text = (path.parent / front.output).read_text(encoding="utf-8")
        schema = cast(dict[str, Any], json.loads(schema_text))
        digest.update(schema_text.encode())
    return Prompt(front.id, used, sections, schema, digest.hexdigest())
