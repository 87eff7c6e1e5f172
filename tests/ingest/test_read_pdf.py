"""Reading PDF: pages, columns and tables as a reader sees them, wherever the page breaks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.pieces import Heading, Paragraph, ReadDocument, Row
from seatmate.ingest.read import read
from seatmate.testing.drops import Stroke, Words, drawn_pdf, pdf, ruled
from seatmate.testing.drops import pdf_of as pdf_of_objects

Drawn = list[Words | Stroke]
X = (50.0, 150.0, 300.0, 450.0)
HEADER = ("档次", "起点金额", "年化利率")


def pdf_of(*pages: Drawn) -> ReadDocument:
    return read(drawn_pdf(*pages), "a.pdf")


def rows(document: ReadDocument) -> list[Row]:
    return [block.piece for block in document.blocks if isinstance(block.piece, Row)]


def table(lines: list[tuple[str, ...]], top: float, x: tuple[float, ...] = X, height: float = 20) -> Drawn:
    """A fully ruled table; a line feed in a cell is a second line in it."""
    drawn: Drawn = [*ruled(x, [top + height * at for at in range(len(lines) + 1)])]
    for y, line in enumerate(lines):
        for left, cell in zip(x, line, strict=False):
            for number, part in enumerate(cell.split("\n")):
                drawn.append(Words(left + 4, top + height * y + 12 + 11 * number, part, 9))
    return drawn


def test_a_ruled_table_that_goes_on_over_the_page_keeps_its_header() -> None:
    first = [Words(50, 60, "利率表"), *table([HEADER, ("甲", "1万", "1.10%"), ("乙", "5万", "1.20%")], 700)]
    second = table([("丙", "20万", "1.30%")], 60)
    read_rows = rows(pdf_of(first, second))
    assert [row.cells for row in read_rows] == [("甲", "1万", "1.10%"), ("乙", "5万", "1.20%"), ("丙", "20万", "1.30%")]
    assert {row.headers for row in read_rows} == {HEADER}
    assert [row.page for row in read_rows] == [1, 1, 2]


def test_a_header_repeated_on_the_next_page_is_no_row() -> None:
    first = [Words(50, 60, "利率表"), *table([HEADER, ("甲", "1万", "1.10%")], 700)]
    second = table([HEADER, ("丙", "20万", "1.30%")], 60)
    assert [row.cells for row in rows(pdf_of(first, second))] == [("甲", "1万", "1.10%"), ("丙", "20万", "1.30%")]


def test_another_table_on_the_next_page_has_its_own_header() -> None:
    first = [Words(50, 60, "利率表"), *table([HEADER, ("甲", "1万", "1.10%")], 700)]
    second = [Words(50, 60, "二、渠道"), *table([("渠道", "单笔", "日累计"), ("柜面", "5万", "20万")], 90)]
    assert [row.headers for row in rows(pdf_of(first, second))] == [HEADER, ("渠道", "单笔", "日累计")]


def test_a_row_broken_by_the_page_is_one_row() -> None:
    first = [
        Words(50, 60, "要素表"),
        *table([("要素", "内容"), ("赎回规则", "工作日十五点前申请的")], 700, (50, 150, 450)),
    ]
    second = table([("", "当日确认。"), ("起购金额", "1元")], 60, (50, 150, 450))
    assert [row.cells for row in rows(pdf_of(first, second))] == [
        ("赎回规则", "工作日十五点前申请的当日确认。"),
        ("起购金额", "1元"),
    ]


def test_a_cell_of_two_lines_is_one_cell() -> None:
    lines = [("股东", "持股比\n例", "认缴金额"), ("甲公司", "51.00%", "1,000\n万元"), ("乙", "49.00%", "960万元")]
    document = pdf_of([Words(50, 60, "股东表"), *table(lines, 90, (50, 150, 215, 330), height=30)])
    assert [row.headers for row in rows(document)] == [("股东", "持股比例", "认缴金额")] * 2
    assert rows(document)[0].cells == ("甲公司", "51.00%", "1,000万元")


def test_merged_cells_and_a_header_of_two_rows_are_read() -> None:
    drawn: Drawn = [Words(50, 60, "费率表")]
    x = (50, 150, 250, 350)
    for y in (80, 120, 140, 160):
        drawn.append(Stroke(50, y, 350, y))
    drawn += [Stroke(150, 100, 350, 100), Stroke(50, 80, 50, 160), Stroke(350, 80, 350, 160)]
    drawn += [Stroke(150, 80, 150, 160), Stroke(250, 100, 250, 160)]
    drawn += [
        Words(54, 104, "产品", 9),
        Words(230, 94, "费用", 9),
        Words(154, 114, "管理费", 9),
        Words(254, 114, "托管费", 9),
    ]
    for y, line in ((134, ("甲", "0.20%", "0.02%")), (154, ("乙", "0.30%", "0.03%"))):
        drawn += [Words(left + 4, y, cell, 9) for left, cell in zip(x, line, strict=False)]
    document = pdf_of(drawn)
    assert rows(document)[1] == Row(("乙", "0.30%", "0.03%"), ("产品", "费用 › 管理费", "费用 › 托管费"), 1)
    assert "产品：甲；费用 › 管理费：0.20%；费用 › 托管费：0.02%" in document.text


def test_a_table_without_lines_is_known_by_its_columns() -> None:
    drawn: Drawn = [Words(50, 60, "限额表")]
    for y, line in enumerate([("渠道", "单笔", "说明"), ("手机银行", "2万", "可调整"), ("柜面", "不限", "凭证件")]):
        drawn += [Words(x, 90 + 20 * y, cell) for x, cell in zip((50, 200, 350), line, strict=True)]
    drawn.append(Words(50, 180, "以网点公告为准。"))
    document = pdf_of(drawn)
    assert [row.cells for row in rows(document)] == [("手机银行", "2万", "可调整"), ("柜面", "不限", "凭证件")]
    assert document.text.endswith("以网点公告为准。")


def test_a_wrapped_cell_of_a_table_without_lines_is_one_cell() -> None:
    drawn: Drawn = [Words(50, 60, "限额表")]
    drawn += [Words(50, 90, "渠道"), Words(200, 90, "说明")]
    drawn += [Words(50, 115, "手机银行"), Words(200, 115, "每日限额可以在客户端里自行"), Words(200, 127, "调整。")]
    drawn += [Words(50, 152, "柜面"), Words(200, 152, "不限。")]
    assert [row.cells for row in rows(pdf_of(drawn))] == [
        ("手机银行", "每日限额可以在客户端里自行调整。"),
        ("柜面", "不限。"),
    ]


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [
        "本产品为净值型产品不保本也不保",
        "证收益投资者应当在购买之前仔细",
        "阅读全部条款并了解产品的风险等",
        "级和适合的客户范围确认无误之后",
        "再提交申请。",
    ]
    right = [
        "赎回申请在工作日十五点以前提交",
        "的按当日净值确认十五点以后提交",
        "的按下一个工作日净值确认遇到节",
        "假日顺延资金在确认后的第二个工",
        "作日到账。",
    ]
    drawn: Drawn = [Words(200, 60, "产品说明书", 16)]
    for at, (one, other) in enumerate(zip(left, right, strict=True)):
        drawn += [Words(50, 100 + 14 * at, one), Words(320, 100 + 14 * at, other)]
    assert pdf_of(drawn).text == f"产品说明书\n{''.join(left)}\n{''.join(right)}"


def test_running_headers_footers_and_page_numbers_are_dropped() -> None:
    def page(number: int, *body: str) -> Drawn:
        lines: Drawn = [Words(50, 40, "某银行内部资料", 8), Words(250, 820, f"第 {number} 页 共 3 页", 8)]
        return [*lines, *(Words(50, 100 + 40 * at, text) for at, text in enumerate(body))]

    document = pdf_of(page(1, "操作规程", "见第2页的说明。"), page(2, "第二句。"), page(3, "第三句。"))
    assert document.text == "操作规程\n见第2页的说明。\n第二句。\n第三句。"


def test_the_first_words_of_a_page_are_no_page_number() -> None:
    assert read(pdf([(50, "第一页的话。")], [(50, "1. 后一页的话。")]), "a.pdf").text == "第一页的话。\n1. 后一页的话。"


def test_a_paragraph_goes_on_over_the_page() -> None:
    line = "本产品为净值型产品不保本也不保证收益投资者应当在购买之前仔细阅读全部条款确认"
    first: Drawn = [Words(50, 60, "说明书", 16), *(Words(50, 100 + 14 * at, line) for at in range(3))]
    second: Drawn = [Words(50, 60, "无误之后再提交申请。"), Words(50, 100, "完。")]
    document = pdf_of(first, second)
    assert document.text.split("\n") == ["说明书", line * 3 + "无误之后再提交申请。", "完。"]


def test_larger_characters_are_headings() -> None:
    drawn: Drawn = [Words(50, 60, "说明书", 18), Words(50, 100, "重要声明", 13)]
    drawn += [Words(50, 130, "产品不保本。"), Words(50, 160, "1. 费用", 13), Words(50, 190, "全部免费，没有别的收费。")]
    document = pdf_of(drawn)
    assert [(b.piece.text, b.piece.level) for b in document.blocks if isinstance(b.piece, Heading)] == [
        ("说明书", 1),
        ("重要声明", 2),
        ("1. 费用", 2),
    ]
    assert [b.piece.text for b in document.blocks if isinstance(b.piece, Paragraph)] == [
        "产品不保本。",
        "全部免费，没有别的收费。",
    ]


def test_a_font_that_does_not_say_what_it_draws_is_refused() -> None:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length 44 >>\nstream\nBT /F1 12 Tf 50 700 Td <000100020003> Tj ET\nendstream",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 1000 /CIDSystemInfo "
        b"<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
    ]
    with pytest.raises(UnreadableDocument, match="font does not say"):
        read(pdf_of_objects(objects), "a.pdf")


FIGURES = st.one_of(
    st.decimals(0, 10_000_000, places=2).map(lambda d: f"{d:,.2f}"),
    st.decimals(0, 100, places=2).map(lambda d: f"{d:.2f}%"),
    st.integers(0, 999_999).map(lambda n: f"{n:,}元"),
)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(FIGURES, FIGURES, FIGURES), min_size=1, max_size=6), st.booleans())
def test_figures_survive_the_round_trip(lines: list[tuple[str, str, str]], is_ruled: bool) -> None:
    names = [(f"项目{'甲乙丙丁戊己'[at]}", *line) for at, line in enumerate(lines)]
    x = (40.0, 110.0, 260.0, 410.0, 560.0)
    drawn = table([("项目", "金额", "费率", "上限"), *names], 90, x)
    kept = [item for item in drawn if is_ruled or isinstance(item, Words)]
    assert [row.cells for row in rows(pdf_of([Words(50, 60, "费用表"), *kept]))] == names


@pytest.mark.parametrize("size", [1, 3])
def test_offsets_are_exact_on_every_page(size: int) -> None:
    pages: list[Drawn] = [
        [Words(50, 60 + 30 * at, f"第{page}篇第{at}句话。") for at in range(5)] for page in range(size)
    ]
    document = pdf_of(*pages)
    assert "\n".join(document.text[b.start : b.end] for b in document.blocks) == document.text
    assert {block.page for block in document.blocks} == set(range(1, size + 1))
