"""A bank's rule pack from YAML. A rule that fails one of its own examples does not load, nor does one without any.

A folder: `pack.yaml` says what holds for all rules, every other file is one rule. `words:` of either names pieces of
patterns; `<NAME>` in a pattern, or in a later word, stands for one. `table:` of a learned detector names the file of
its signs. An example is a line of the rule's speaker, or lines with 坐席：, 客户： or 系统： before them, or
`{said: …, risk_level: C2}`. Every fault of a pack is listed at once.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import Field, ValidationError

from seatmate.compliance.match import rule_hits
from seatmate.compliance.rules import Example, Rule, RulePack, Scopes
from seatmate.compliance.shelf import Shelf
from seatmate.compliance.signs import SCOPES, WORD, read_signs
from seatmate.compliance.suitability import Offered
from seatmate.domain.calls import Channel, Conversation, Customer, Direction, Speaker, Utterance
from seatmate.domain.errors import Misconfigured
from seatmate.domain.model import Shape

MIN_EXAMPLES = 3
_NAME = re.compile(r"<([A-Z_]+)>")
_SPEAKERS = {"坐席": Speaker.AGENT, "客户": Speaker.CUSTOMER, "系统": Speaker.SYSTEM}


class _Pack(Shape):
    pack: str
    version: str
    title: str
    notes: Mapping[str, str] = Field(default_factory=dict)
    scopes: Scopes


W = TypeVar("W", bound=Shape)
Words = Mapping[str, str]
"""Pieces of patterns by name; in small letters, scopes."""


def load_pack(folder: Path) -> RulePack:
    """Read, check and try a rule pack. Raises Misconfigured with every fault."""
    pack, _, faults = _read(folder)
    if pack is not None:
        faults += [fault for rule in pack.rules for fault in try_rule(rule, pack.scopes)]
    return _faultless(folder, pack, faults)


def untried(folder: Path) -> tuple[RulePack, Mapping[str, Words]]:
    """A pack whose examples were not tried, and the words of each rule: for who makes its tables anew."""
    pack, words, faults = _read(folder)
    return _faultless(folder, pack, faults), words


def _faultless(folder: Path, pack: RulePack | None, faults: list[str]) -> RulePack:
    if pack is None or faults:
        raise Misconfigured(f"{folder}: " + "; ".join(faults))
    return pack


def _read(folder: Path) -> tuple[RulePack | None, Mapping[str, Words], list[str]]:
    """The rules that could be read, and what is wrong with the others."""
    common = folder / "pack.yaml"
    files = [path for path in sorted(folder.glob("*.yaml")) if path != common]
    if not common.is_file() or not files:
        raise Misconfigured(f"{folder}: no pack.yaml with rules beside it")
    faults: list[str] = []
    head, shared = _written(common, _Pack, {}, faults)
    read = [_written(path, Rule, shared, faults) for path in files]
    words = {rule.id: its for rule, its in read if rule is not None}
    rules = tuple(rule for rule, _ in read if rule is not None)
    if head is None:
        return None, words, faults
    faults += [*_repeated(rules), *_without_topic(rules, head.scopes), *_not_made_good(rules, head.notes)]
    files += sorted((folder / "signs").glob("*.txt"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (common, *files))).hexdigest()
    return RulePack(head.pack, head.version, head.title, digest, head.scopes, rules, head.notes), words, faults


def _written(path: Path, shape: type[W], shared: Words, faults: list[str]) -> tuple[W | None, Words]:
    """One file as its shape, and the words in force in it. What is wrong with it goes to `faults`."""
    words = dict(shared)
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(written, dict):
            for name, text in (written.pop("words", None) or {}).items():
                words[name] = _filled(str(text), words)
        filled = _filled(written, words)
        words |= _scopes_as_words(filled)
        return shape.model_validate(_with_signs(_prepared(filled), path, words, faults)), words
    except yaml.YAMLError as error:
        faults.append(f"{path.name}: not YAML: {error}")
    except ValidationError as error:
        faults += [f"{path.name}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return None, words


def try_rule(rule: Rule, scopes: Scopes) -> list[str]:
    """What a rule does wrong on its own examples; empty when it behaves."""
    faults = []
    for kind, examples, wanted in (("positive", rule.positive, True), ("near_miss", rule.near_miss, False)):
        if len(examples) < MIN_EXAMPLES:
            faults.append(f"{rule.name}: has {len(examples)} {kind} examples of {MIN_EXAMPLES}")
        for example in examples:
            if bool(rule_hits(rule, scopes, _conversation(rule, example), _shelf(example))) is not wanted:
                did = "does not fire on" if wanted else "fires on the near miss"
                faults.append(f"{rule.name}: {did} 「{' / '.join(example.said)}」")
    return faults


def _prepared(written: Any) -> Any:
    """A rule with its short examples written out."""
    if isinstance(written, dict):
        for kind in ("positive", "near_miss"):
            if kind in written:
                written[kind] = [_example(example) for example in written[kind] or ()]
    return written


def _scopes_as_words(written: Any) -> dict[str, str]:
    """A scope of the pack is a word too, in small letters, that signs may name."""
    scopes = written.get("scopes") if isinstance(written, dict) else None
    lists = {name: patterns for name, patterns in (scopes or {}).items() if name in SCOPES}
    return {name: "|".join(map(str, patterns)) for name, patterns in lists.items()}


def _with_signs(written: Any, path: Path, words: Words, faults: list[str]) -> Any:
    """A rule with the tables of its learned detectors read in."""
    if not isinstance(written, dict) or not isinstance(written.get("detectors"), list):
        return written
    for detector in written["detectors"]:
        if isinstance(detector, dict) and "table" in detector:
            file = path.parent / str(detector.pop("table"))
            try:
                signs = read_signs(file)
            except (OSError, ValueError) as error:
                faults.append(f"{path.name}: {file.name}: {error}")
                continue
            named = {sign: found[1] for sign in signs if (found := WORD.fullmatch(sign))}
            unknown = {sign: name for sign, name in named.items() if name not in words}
            faults += [f"{path.name}: {file.name}: there is no word <{name}>" for name in unknown.values()]
            detector["signs"] = {sign: weight for sign, weight in signs.items() if sign not in unknown}
            detector["words"] = {name: words[name] for name in named.values() if name in words}
    return written


def _filled(node: Any, words: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, words) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, words) for value in node]
    return _NAME.sub(lambda found: words.get(found[1], found[0]), node) if isinstance(node, str) else node


def _example(written: Any) -> Any:
    if isinstance(written, str):
        return {"said": [written]}
    if isinstance(written, list):
        return {"said": written}
    if isinstance(written, dict) and isinstance(written.get("said"), str):
        return {**written, "said": [written["said"]]}
    return written


def _repeated(rules: tuple[Rule, ...]) -> list[str]:
    ids = [rule.id for rule in rules]
    return [f"rule {rule_id} is there twice" for rule_id in sorted({i for i in ids if ids.count(i) > 1})]


def _not_made_good(rules: tuple[Rule, ...], notes: Mapping[str, str]) -> list[str]:
    unknown = sorted(set(notes) - {rule.id for rule in rules})
    return [f"notes: there is no rule {rule_id}" for rule_id in unknown]


def _shelf(example: Example) -> Shelf:
    return Shelf({item.name: Offered(item.risk_level, item.private) for item in example.shelf})


def _without_topic(rules: tuple[Rule, ...], scopes: Scopes) -> list[str]:
    named = {
        (rule.name, topic)
        for rule in rules
        for detector in rule.detectors
        for topic in (*getattr(detector, "about", ()), *getattr(detector, "not_about", ()))
    }
    return [f"{name}: there is no topic {topic}" for name, topic in sorted(named) if topic not in scopes.topics]


def _conversation(rule: Rule, example: Example) -> Conversation:
    """A conversation that the rule applies to, with the example's words."""
    utterances = []
    for number, line in enumerate(example.said, start=1):
        label, colon, words = line.partition("：")
        speaker = _SPEAKERS.get(label) if colon else None
        text = line if speaker is None else words
        utterances.append(Utterance(utt_id=f"u{number}", speaker=speaker or rule.speaker, text=text))
    return Conversation(
        conversation_id="example",
        channel=next(iter(rule.applies_if.channels), Channel.PHONE),
        direction=Direction.INBOUND,
        scenario=example.scenario or next(iter(rule.applies_if.scenarios), "example"),
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        agent_id="agent",
        customer_id="customer",
        customer=Customer(
            risk_level=example.risk_level, assessed_on=example.assessed_on, birth_year=example.birth_year
        ),
        utterances=tuple(utterances),
    )
