"""Cutting: exact places, nothing lost, enough to be understood."""

from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate.domain.knowledge import DocumentVersion, Passage, Validity
from seatmate.ingest.pieces import Heading, Paragraph, Piece, ReadDocument, Row, join
from seatmate.ingest.split import ENOUGH, MOST, split


def document(read: ReadDocument, title: str = "题") -> DocumentVersion:
    return DocumentVersion("d", "v", "d.md", title, "公告", ("A1",), ("retail",), Validity(), None, None, read.text)


def cut(*pieces: Piece, title: str = "题") -> list[Passage]:
    read = join(pieces)
    return split(document(read, title), read.blocks)


WORDS = st.text(alphabet="转账手续费0.5%元，。；：！？ABC 、\n", max_size=500)
PIECES = st.one_of(
    st.builds(Heading, WORDS.map(lambda t: t[:30]), st.integers(1, 4)),
    st.builds(Paragraph, WORDS),
    st.builds(Row, st.lists(WORDS.map(lambda t: t[:60]), min_size=1, max_size=4).map(tuple), st.just(("列", "值"))),
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=10))
def test_every_passage_stands_where_it_says_and_no_word_is_lost(pieces: list[Piece]) -> None:
    read = join(pieces)
    passages = split(document(read), read.blocks)
    at = 0
    for passage in passages:
        assert read.text[passage.start : passage.end] == passage.text
        assert passage.text.strip() == passage.text != ""
        assert passage.start >= at
        at = passage.end
    told = "".join(passage.text + passage.context for passage in passages)
    for block in read.blocks:
        if isinstance(block.piece, Heading):
            assert block.piece.text in told or block.piece.text in "题"
        else:
            kept = "".join(p.text for p in passages if p.start < block.end and p.end > block.start)
            assert "".join(read.text[block.start : block.end].split()) in "".join(kept.split())


@settings(deadline=None)
@given(st.lists(st.builds(Paragraph, WORDS), max_size=10))
def test_no_passage_of_prose_is_longer_than_the_most(pieces: list[Piece]) -> None:
    assert all(len(passage.text) <= MOST for passage in cut(*pieces))


def test_short_paragraphs_under_one_heading_go_together() -> None:
    [passage] = cut(Heading("题", 1), Paragraph("第一句。"), Paragraph("第二句。"))
    assert passage.text == "第一句。\n第二句。"
    assert passage.context == "题"


def test_a_heading_parts_passages_and_stands_in_their_context() -> None:
    passages = cut(
        Heading("题", 1), Heading("一、费用", 2), Paragraph("免费。"), Heading("二、时间", 2), Paragraph("每日。")
    )
    assert [(p.context, p.text) for p in passages] == [("题 › 一、费用", "免费。"), ("题 › 二、时间", "每日。")]


def test_a_passage_that_says_enough_takes_no_more() -> None:
    enough = "甲" * (ENOUGH - 1) + "。"
    assert [p.text for p in cut(Paragraph(enough), Paragraph("乙" * 60 + "。"))] == [enough, "乙" * 60 + "。"]


def test_an_introduction_stays_with_what_it_introduces() -> None:
    introduction = "甲" * ENOUGH + "，如下："
    [passage] = cut(Paragraph(introduction), Paragraph("乙" * 60 + "。"))
    assert passage.text.startswith(introduction)


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    passages = cut(Paragraph("这是一个关于手续费的完整句子，说得很清楚。" * 40))
    assert len(passages) > 1
    assert all(p.text.startswith("这是") and p.text.endswith("。") for p in passages)


def test_a_row_is_a_passage_whose_context_names_the_columns() -> None:
    row = Row(("手机银行", "5元"), ("渠道", "手续费（元）"))
    [passage] = cut(Heading("一、收费", 2), row)
    assert passage.text == "渠道：手机银行；手续费（元）：5元"
    assert passage.context == "题 › 一、收费 ｜ 渠道、手续费（元）"


def test_a_heading_with_nothing_under_it_is_a_passage() -> None:
    passages = cut(Heading("一、概述", 2), Heading("二、费用", 2), Paragraph("免费。"), Heading("三、完", 2))
    assert [p.text for p in passages] == ["一、概述", "免费。", "三、完"]


def test_the_same_text_has_the_same_ids() -> None:
    pieces = (Heading("甲", 1), Paragraph("免费。"))
    assert [p.passage_id for p in cut(*pieces)] == [p.passage_id for p in cut(*pieces)]
