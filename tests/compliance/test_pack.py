"""A rule proves itself on its own examples, or the pack does not load."""

from pathlib import Path

import pytest

from seatmate.compliance.pack import load_pack
from seatmate.domain.errors import Misconfigured
from seatmate.settings import HOME

SAMPLE = HOME / "corpus" / "rules" / "compliance.yaml"

DEFUSES = """
defuses:
  negated: ['不']
  reported: ['骗子']
  asked: ['吗']
  withdrawn: ['更正']
"""


def pack(tmp_path: Path, rules: str) -> Path:
    path = tmp_path / "pack.yaml"
    path.write_text(f'pack: p\nversion: "1"\ntitle: t\n{DEFUSES}\nrules:\n{rules}', encoding="utf-8")
    return path


def rule(rule_id: str, pattern: str, positive: str, near_miss: str) -> str:
    return f"""
  - id: {rule_id}
    version: 1
    title: t
    clause: c
    verdict: v
    speaker: agent
    severity: tip
    detectors: [{{kind: says, patterns: ['{pattern}']}}]
    positive: {positive}
    near_miss: {near_miss}
"""


def test_the_sample_pack_has_every_rule_with_four_examples_each_way() -> None:
    rules = load_pack(SAMPLE).rules
    assert len(rules) == 21
    assert min(min(len(rule.positive), len(rule.near_miss)) for rule in rules) >= 4
    assert all(rule.clause and rule.verdict for rule in rules)


def test_every_fault_of_a_pack_is_listed_at_once(tmp_path: Path) -> None:
    broken = rule("deaf", "保本", "[这款保息]", "[这款不保本]")
    broken += rule("loud", "保本", "[这款保本]", "[这款是保本的]")
    broken += rule("bare", "保本", "[这款保本]", "[]")
    with pytest.raises(Misconfigured) as fault:
        load_pack(pack(tmp_path, broken))
    for wanted in ("deaf@1: does not fire", "loud@1: fires on the near miss", "bare@1: has no near_miss example"):
        assert wanted in str(fault.value)


def test_a_pattern_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"rules\.0\.detectors\.0"):
        load_pack(pack(tmp_path, rule("odd", "(保本", "[保本]", "[不保本]")))


def test_the_digest_changes_with_any_word(tmp_path: Path) -> None:
    one = load_pack(pack(tmp_path, rule("a", "保本", "[保本]", "[不保本]")))
    other = load_pack(pack(tmp_path, rule("a", "保本", "[保本的]", "[不保本]")))
    assert one.sha256 != other.sha256
