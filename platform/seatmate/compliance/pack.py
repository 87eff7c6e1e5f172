"""A bank's rule pack from YAML. A rule that fails one of its own examples does not load, nor does one without any.

A folder: `pack.yaml` says what holds for all rules, every other file is one rule. `words:` of either names pieces of
patterns; `<NAME>` in a pattern, or in a later word, stands for one. An example is a line of the rule's speaker,
or lines with 坐席：, 客户： or 系统： before them, or `{said: …, risk_level: C2}`. Every fault of a pack is listed at
once.
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


def load_pack(folder: Path) -> RulePack:
    """Read, check and try a rule pack. Raises Misconfigured with every fault."""
    common = folder / "pack.yaml"
    files = [path for path in sorted(folder.glob("*.yaml")) if path != common]
    if not common.is_file() or not files:
        raise Misconfigured(f"{folder}: no pack.yaml with rules beside it")
    faults: list[str] = []
    head, words = _written(common, _Pack, {}, faults)
    read = [_written(path, Rule, words, faults)[0] for path in files]
    rules = tuple(rule for rule in read if rule is not None)
    if head is not None:
        faults += [*_repeated(rules), *_without_topic(rules, head.scopes), *_not_made_good(rules, head.notes)]
        faults += [fault for rule in rules for fault in try_rule(rule, head.scopes)]
    if head is None or faults:
        raise Misconfigured(f"{folder}: " + "; ".join(faults))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (common, *files))).hexdigest()
    return RulePack(head.pack, head.version, head.title, digest, head.scopes, rules, head.notes)


def _written(
    path: Path, shape: type[W], shared: Mapping[str, str], faults: list[str]
) -> tuple[W | None, Mapping[str, str]]:
    """One file as its shape, and the words in force in it. What is wrong with it goes to `faults`."""
    words = dict(shared)
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(written, dict):
            for name, text in (written.pop("words", None) or {}).items():
                words[name] = _filled(str(text), words)
        return shape.model_validate(_prepared(_filled(written, words))), words
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
