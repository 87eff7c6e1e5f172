"""A rule proves itself on its own examples, or the pack does not load."""

import tempfile
from pathlib import Path

import pytest

from seatmate.compliance.pack import load_pack
from seatmate.domain.errors import Misconfigured
from seatmate.settings import HOME

SAMPLE = HOME / "corpus" / "rules" / "compliance"

SCOPES = """
scopes:
  negated: ['不']
  reported: ['骗子']
  asked: ['吗']
  withdrawn: ['更正']
"""


THREE = ("[保本, 都保本, 真保本]", "[不保本, 不能保本, 并不保本]")


def pack(tmp_path: Path, *rules: str) -> Path:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    (folder / "pack.yaml").write_text(f'pack: p\nversion: "1"\ntitle: t\n{SCOPES}', encoding="utf-8")
    for number, rule in enumerate(rules):
        (folder / f"{number}.yaml").write_text(rule, encoding="utf-8")
    return folder


def rule(rule_id: str, pattern: str, positive: str, near_miss: str) -> str:
    return f"""
id: {rule_id}
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
    deaf = rule("deaf", "保本", "[这款保息, 保本, 保本的]", "[这款不保本, 不保本, 不能保本]")
    loud = rule("loud", "保本", "[这款保本, 保本, 保本的]", "[这款是保本的, 不保本, 不能保本]")
    bare = rule("bare", "保本", "[这款保本, 保本, 保本的]", "[不保本, 不能保本]")
    with pytest.raises(Misconfigured) as fault:
        load_pack(pack(tmp_path, deaf, loud, bare))
    for wanted in ("deaf@1: does not fire", "loud@1: fires on the near miss", "bare@1: has 2 near_miss examples of 3"):
        assert wanted in str(fault.value)


def test_the_sample_pack_says_that_each_bank_must_approve_it_with_its_counsel() -> None:
    header = (SAMPLE / "pack.yaml").read_text(encoding="utf-8").partition("\npack:")[0]
    assert "TEMPLATE" in header
    assert "counsel approve" in header


def test_a_topic_that_the_pack_does_not_have_is_a_fault(tmp_path: Path) -> None:
    about_nothing = rule("a", "保本", *THREE).replace("kind: says,", "kind: says, not_about: [weather],")
    with pytest.raises(Misconfigured, match="a@1: there is no topic weather"):
        load_pack(pack(tmp_path, about_nothing))


def test_what_was_misheard_keeps_its_length(tmp_path: Path) -> None:
    folder = pack(tmp_path, rule("a", "保本", *THREE))
    common = folder / "pack.yaml"
    common.write_text(common.read_text("utf-8").replace("scopes:", "scopes:\n  heard: {报了本: 保本}"), "utf-8")
    with pytest.raises(Misconfigured, match="not of the same length: 报了本"):
        load_pack(folder)


def test_a_pattern_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"0\.yaml: detectors\.0"):
        load_pack(pack(tmp_path, rule("odd", "(保本", *THREE)))


def test_the_digest_changes_with_any_word(tmp_path: Path) -> None:
    one = load_pack(pack(tmp_path, rule("a", "保本", *THREE)))
    other = load_pack(pack(tmp_path, rule("a", "保本", "[保本的, 都保本, 真保本]", THREE[1])))
    assert one.sha256 != other.sha256


def test_words_that_make_good_a_rule_name_a_rule_of_the_pack(tmp_path: Path) -> None:
    folder = pack(tmp_path, rule("a", "保本", *THREE))
    common = folder / "pack.yaml"
    common.write_text(common.read_text("utf-8").replace("scopes:", "notes: {b: 有风险}\nscopes:"), "utf-8")
    with pytest.raises(Misconfigured, match="notes: there is no rule b"):
        load_pack(folder)


def test_what_stands_beside_is_looked_for_before_and_after_and_in_the_same_sentence(tmp_path: Path) -> None:
    examples = (
        "[揭示书您不用看, 不用看那份揭示书, 不用看，揭示书都一样]",
        "[不用看, 发票不用看, 揭示书在这。发票不用看]",
    )
    skipped = rule("a", "不用看", *examples).replace("kind: says,", "kind: says, negatable: false, beside: [揭示书],")
    assert len(load_pack(pack(tmp_path, skipped)).rules) == 1
    alone = skipped.replace("beside: [揭示书],", "")
    with pytest.raises(Misconfigured, match="fires on the near miss 「发票不用看」"):
        load_pack(pack(tmp_path, alone))


def test_a_word_may_stand_in_a_later_word(tmp_path: Path) -> None:
    words = "words: {SURE: '一定|保证', PROMISE: '(?:<SURE>)不亏'}\n"
    promised = words + rule("a", "<PROMISE>", "[一定不亏, 保证不亏, 这款一定不亏]", "[不亏, 一定亏, 不敢保证不亏]")
    assert len(load_pack(pack(tmp_path, promised)).rules) == 1
