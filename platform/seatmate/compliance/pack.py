"""A bank's rule pack from YAML. A rule that fails one of its own examples does not load, nor does one without any.

`words:` names pieces of patterns; `<NAME>` in a pattern stands for one. An example is a line of the rule's speaker,
or lines with 坐席：, 客户： or 系统： before them, or `{said: …, risk_level: C2}`. Every fault of a pack is listed at
once.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


class _File(Shape):
    pack: str
    version: str
    title: str
    words: Mapping[str, str] = Field(default_factory=dict)
    scopes: Scopes
    rules: tuple[Rule, ...]


def load_pack(path: Path) -> RulePack:
    """Read, check and try a rule pack. Raises Misconfigured with every fault."""
    content = path.read_text(encoding="utf-8")
    try:
        written = yaml.safe_load(content)
        pack = _File.model_validate(_prepared(written))
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise Misconfigured(f"{path}: {faults}") from error
    faults_found = [*_repeated(pack.rules), *_without_topic(pack.rules, pack.scopes)]
    faults_found += [fault for rule in pack.rules for fault in try_rule(rule, pack.scopes)]
    if faults_found:
        raise Misconfigured(f"{path}: " + "; ".join(faults_found))
    digest = hashlib.sha256(content.encode()).hexdigest()
    return RulePack(pack.pack, pack.version, pack.title, digest, pack.scopes, pack.rules)


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
    """The file with its `<NAME>`s filled in and its short examples written out."""
    if not isinstance(written, dict):
        return written
    words = written.get("words") or {}
    filled = _filled(written, {name: str(text) for name, text in words.items()})
    for rule in filled.get("rules") or ():
        if isinstance(rule, dict):
            for kind in ("positive", "near_miss"):
                rule[kind] = [_example(example) for example in rule.get(kind) or ()]
    return filled


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
