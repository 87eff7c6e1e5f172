"""Signs raise what no pattern has, drop what is worded like everyday talk, and quote the words that weigh most."""

from pathlib import Path

import pytest

from seatmate.compliance.match import examine, find_hits
from seatmate.compliance.pack import load_pack
from seatmate.compliance.rules import RulePack
from seatmate.compliance.signs import BEFORE, BIAS, BREACH, DOUBT, pieces, read_signs, runs_of, written
from seatmate.domain.errors import Misconfigured
from seatmate.testing.call_contract import conversation

PACK = """
pack: p
version: "1"
title: t
scopes: {negated: ['不'], reported: ['骗子'], asked: ['吗'], withdrawn: ['更正']}
"""
RULE = """
id: promised
version: 1
title: t
clause: c
verdict: v
speaker: agent
severity: tip
words: {SURE: '一定|肯定'}
detectors:
  - {kind: says, patterns: ['保本']}
  - {kind: learned, table: signs/promised.txt}
positive: [这款保本, 稳稳拿走不用愁, 肯定拿走]
near_miss: [这款不保本, 拿走您的卡, 您慢走]
"""
SIGNS = """\
# Made by hand.
+30 稳稳
+20 拿走 <SURE>
+10 «愁
-10 (bias)
-80 利率表
+25 (breach)
-85 (doubt)
"""


def loaded(folder: Path, signs: str = SIGNS) -> RulePack:
    (folder / "signs").mkdir(parents=True)
    (folder / "pack.yaml").write_text(PACK, encoding="utf-8")
    (folder / "promised.yaml").write_text(RULE, encoding="utf-8")
    (folder / "signs" / "promised.txt").write_text(signs, encoding="utf-8")
    return load_pack(folder)


def quotes(pack: RulePack, *said: str) -> list[str]:
    """Agent and customer speak in turn, the agent first."""
    return [hit.evidence[-1].quote for hit in find_hits(pack, conversation("C-1", *said))]


def test_signs_add_up_to_a_breach_and_the_heaviest_clause_is_quoted(tmp_path: Path) -> None:
    pack = loaded(tmp_path / "p")
    assert quotes(pack, "您听我说，稳稳拿走，再见") == ["稳稳拿走"]
    assert quotes(pack, "您听我说，拿走，再见") == []


def test_words_of_the_rule_and_what_was_said_before_are_signs_too(tmp_path: Path) -> None:
    pack = loaded(tmp_path / "p")
    assert quotes(pack, "一定拿走") == ["一定拿走"]
    assert quotes(pack, "您好", "我愁啊", "稳稳的") == ["稳稳的"]


def test_a_find_of_a_pattern_stands_but_in_a_turn_that_is_worded_like_no_breach(tmp_path: Path) -> None:
    pack = loaded(tmp_path / "p")
    assert quotes(pack, "这款保本") == ["这款保本"]
    assert quotes(pack, "这款保本，在利率表里") == []
    assert quotes(pack, "利率表保本") == ["利率表保本"], "too little is said to be doubted"
    examined = examine(pack, conversation("C-1", "这款保本，在利率表里", "嗯", "这款保本"))
    assert [hit.evidence[-1].quote for hit in examined.hits] == ["这款保本"]
    assert [one.evidence[-1].utt_id for one in examined.doubted] == ["u1"], "what is doubted is told apart, not lost"
    assert quotes(pack, "这款保本，稳稳的，在利率表里") == ["这款保本"]


def test_what_is_taken_back_in_the_same_breath_is_no_breach(tmp_path: Path) -> None:
    assert quotes(loaded(tmp_path / "p"), "稳稳拿走，更正一下，会有波动") == []


def test_a_long_text_is_read_in_pieces_of_whole_sentences(tmp_path: Path) -> None:
    filler = "今天天气不错，我们慢慢说。" * 10
    assert quotes(loaded(tmp_path / "p"), f"稳稳的。{filler}拿走。") == []
    text = "稳稳的。" + filler
    parts = list(pieces(text))
    assert len(parts) > 1
    assert all(part.text == text[part.start : part.start + len(part.text)] for part in parts)
    assert "".join(part.text for part in parts) == text


def test_runs_know_where_a_line_begins_and_ends_and_three_kinds_of_marks() -> None:
    assert {"^好", "好,", "?$"} <= runs_of("好、对吗？")
    assert max(map(len, runs_of("稳稳拿走不用愁"))) == 4


@pytest.mark.parametrize(
    ("signs", "fault"),
    [
        (SIGNS.replace("+25 (breach)\n", ""), r"promised\.txt: without \(breach\)"),
        (SIGNS.replace("<SURE>", "<WHICH>"), r"promised\.txt: there is no word <WHICH>"),
        ("heavy 稳稳", r"promised\.txt: invalid literal"),
        (SIGNS.replace("+25 (breach)", "+45 (breach)"), "promised@1: does not fire on 「肯定拿走」"),
    ],
)
def test_a_table_that_cannot_be_read_or_breaks_an_example_is_a_fault(tmp_path: Path, signs: str, fault: str) -> None:
    with pytest.raises(Misconfigured, match=fault):
        loaded(tmp_path / "p", signs)


def test_the_digest_of_a_pack_changes_with_a_weight(tmp_path: Path) -> None:
    heavier = SIGNS.replace("+30 稳稳", "+31 稳稳")
    assert loaded(tmp_path / "one").sha256 != loaded(tmp_path / "other", heavier).sha256


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    signs = {BIAS: -10, BREACH: 25, DOUBT: -85, "稳稳": 30, f"{BEFORE}愁": 30, "<SURE>": -2}
    file = tmp_path / "signs.txt"
    file.write_text("\n".join(written(signs)), encoding="utf-8")
    assert read_signs(file) == signs
