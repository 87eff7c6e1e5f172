"""Cutting: exact places, nothing lost, enough to be understood."""

from dataclasses import replace

import pytest
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


def of_two(*pieces: Piece) -> list[Passage]:
    read = join(pieces)
    version = replace(document(read), product_codes=("YCAX007", "YCAX030"))
    return split(version, read.blocks)


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (("YCAX007", "0.15%"), ("YCAX007",)),
        (("安享30天（YCAX030）", "0.18%"), ("YCAX030",)),
        (("全部产品", "0"), ("YCAX007", "YCAX030")),
        (("YCAX007、YCAX030", "0"), ("YCAX007", "YCAX030")),
        (("YCAX0071", "0.2%"), ("YCAX007", "YCAX030")),
        (("XYCAX007", "0.2%"), ("YCAX007", "YCAX030")),
        (("YCAX007-06M", "0.2%"), ("YCAX007",)),
    ],
)
def test_a_row_that_names_one_product_is_of_that_product(cells: tuple[str, ...], codes: tuple[str, ...]) -> None:
    [passage] = of_two(Row(cells, ("产品", "管理费")))
    assert passage.product_codes == codes


def test_a_section_that_names_one_product_is_of_that_product() -> None:
    passages = of_two(
        Heading("一、YCAX007", 2),
        Paragraph("最短持有7天。"),
        Row(("管理费", "0.15%"), ("项目", "费率")),
        Row(("YCAX030", "0.18%"), ("产品", "费率")),
        Heading("费用", 3),
        Paragraph("免费。"),
        Heading("二、通用规则", 2),
        Paragraph("十五点后顺延。"),
    )
    assert [p.product_codes for p in passages] == [
        ("YCAX007",),
        ("YCAX007",),
        ("YCAX030",),
        ("YCAX007",),
        ("YCAX007", "YCAX030"),
    ]


def test_a_group_of_rows_that_names_one_product_is_of_that_product() -> None:
    [passage] = of_two(Row(("管理费", "0.15%"), ("项目", "费率"), group="安享7天（YCAX007）"))
    assert passage.product_codes == ("YCAX007",)
    assert passage.text == "安享7天（YCAX007）；项目：管理费；费率：0.15%"


def test_a_document_of_one_product_keeps_it_in_every_row() -> None:
    [passage] = cut(Row(("B9", "0.15%"), ("产品", "管理费")))
    assert passage.product_codes == ("A1",)


def test_a_passage_knows_its_headings_its_header_path_its_page_and_its_sheet() -> None:
    row = Row(("甲", "0.2%"), ("产品", "费用 › 管理费"), page=3, sheet="费率")
    [passage] = cut(Heading("一、收费", 2), row)
    assert (passage.headings, passage.columns) == (("一、收费",), ("产品", "费用 › 管理费"))
    assert (passage.page, passage.sheet) == (3, "费率")
    assert passage.context == "题 › 一、收费 ｜ 产品、费用 › 管理费"


def test_a_row_of_a_page_is_cut_and_every_part_knows_its_columns() -> None:
    row = Row(("规则", "赎回申请须在工作日十五点以前提交。" * 200), ("项目", "全文"))
    passages = cut(row)
    assert len(passages) > 5
    assert all(len(p.text) <= MOST and p.columns == ("项目", "全文") for p in passages)


def test_a_hundred_thousand_characters_without_a_sentence_are_cut_in_time() -> None:
    passages = cut(Paragraph("费" * 100_000))
    assert sum(len(p.text) for p in passages) == 100_000
    assert all(len(p.text) <= MOST for p in passages)
