"""Reading: every format to the same pieces, and a plain reason for what cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest import read as reading
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Remark, Row, join
from seatmate.ingest.read import decode, read
from seatmate.testing.drops import pdf, word, workbook

HEADERS = ("渠道", "单笔", "日累计")
CELLS = ("手机银行", "20,000元", "50,000元")
WRITTEN = "渠道：手机银行；单笔：20,000元；日累计：50,000元"
AS_MARKDOWN = (
    f"# 限额\n\n自即日起。\n\n## 一、渠道\n\n| {' | '.join(HEADERS)} |\n|---|---|---|\n| {' | '.join(CELLS)} |\n"
)
AS_HTML = (
    "<html><head><meta charset='gb2312'><title>x</title></head><body><div class='nav'>首页</div><h1>限额</h1>"
    "<p>自即日起。</p><h2>一、渠道</h2><table><tr>"
    + "".join(f"<th>{h}</th>" for h in HEADERS)
    + "</tr><tr>"
    + "".join(f"<td>{c}</td>" for c in CELLS)
    + "</tr></table><footer>版权所有</footer><script>x()</script></body></html>"
)
AS_DOCX = word(("Title", "限额"), ("Normal", "自即日起。"), ("Heading 2", "一、渠道"), table=(HEADERS, CELLS))
AS_PDF = pdf(
    [(200, "限额"), (50, "自即日起。"), (50, "一、渠道")]
    + [
        (x, ("\t" if x > 50 else "") + cell)
        for line in (HEADERS, CELLS)
        for x, cell in zip((50, 200, 350), line, strict=True)
    ]
    + [(250, "第1页")]
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.md", AS_MARKDOWN.encode()),
        ("a.html", AS_HTML.encode("gb18030")),
        ("a.docx", AS_DOCX),
        ("a.pdf", AS_PDF),
    ],
)
def test_the_same_document_in_every_format_reads_the_same(name: str, data: bytes) -> None:
    assert read(data, name).text == f"限额\n自即日起。\n一、渠道\n{WRITTEN}"


def test_a_workbook_reads_its_title_its_table_and_its_notes() -> None:
    data = workbook({"限额": [("限额", None, None), ("自即日起。",), HEADERS, CELLS, ("注：以网点为准。",)]})
    document = read(data, "a.XLSX")
    assert document.text == f"限额\n自即日起。\n{WRITTEN}\n注：以网点为准。"
    assert document.title == "限额"


@pytest.mark.parametrize(
    ("value", "shown", "read_as"),
    [
        (0.0145, "0.00%", "1.45%"),
        (50000, "#,##0", "50,000"),
        (3, "General", "3"),
        (0.1, "General", "0.1"),
        (12.5, "0.00", "12.50"),
    ],
)
def test_numbers_of_a_workbook_are_read_as_they_are_shown(value: float, shown: str, read_as: str) -> None:
    data = workbook({"表": [("表",), ("项目", "利率（年）"), ("一年", value)]}, {"B3": shown})
    assert read(data, "a.xlsx").text.endswith(f"项目：一年；利率（年）：{read_as}")


def test_an_empty_first_cell_means_the_one_above() -> None:
    data = workbook({"表": [("表",), ("项目", "存期", "利率"), ("整存整取", "一年", "1%"), (None, "二年", "2%")]})
    assert read(data, "a.xlsx").text.endswith("项目：整存整取；存期：二年；利率：2%")


def test_a_formula_without_a_stored_value_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match="B2"):
        read(workbook({"表": [("项目", "费率"), ("甲", "=1+1")]}), "a.xlsx")


def test_a_table_of_names_and_values_reads_as_pairs() -> None:
    text = read("| 要素 | 内容 |\n|---|---|\n| 风险等级 | R2 |\n".encode(), "a.md").text
    assert text == "风险等级：R2"


def test_spanning_cells_are_repeated() -> None:
    html = (
        "<table><tr><th>期限</th><th>利率</th><th>起存</th></tr>"
        "<tr><td>1年</td><td>1.6%</td><td rowspan=2>20万</td></tr><tr><td>2年</td><td>1.7%</td></tr></table>"
    )
    assert read(html.encode(), "a.html").text.split("\n")[1] == "期限：2年；利率：1.7%；起存：20万"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_is_read_in_the_encodings_that_occur(encoding: str) -> None:
    assert read("公告\n\n手续费为5元。".encode(encoding), "a.txt").text == "公告\n手续费为5元。"


def test_a_line_broken_by_the_margin_is_one_paragraph() -> None:
    long = "本产品不保本也不保证收益投资者可能损失本金请在购买之前仔细阅读风险"
    document = read(pdf([(50, "说明书"), (50, long), (50, "揭示书。"), (50, "一、费用"), (50, "免费。")]), "a.pdf")
    assert document.text == f"说明书\n{long}揭示书。\n一、费用\n免费。"


def test_pages_are_known() -> None:
    document = read(pdf([(50, "第一页的话。")], [(50, "后一页的话。")]), "a.pdf")
    assert [block.piece.page for block in document.blocks] == [1, 2]


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.md", "empty"),
        (b" \n\t", "a.txt", "empty"),
        (b"MZ", "a.exe", "not read"),
        (b"hello", "a.pdf", "not a PDF"),
        (b"hello", "a.docx", "not a DOCX"),
        (b"PK\x03\x04rubbish", "a.xlsx", "broken"),
        (b"%PDF-1.7 rubbish", "a.pdf", "broken"),
        (AS_DOCX, "a.xlsx", "not a XLSX"),
        (b"\xd0\xcf\x11\xe0rest", "a.docx", "encrypted"),
        (pdf([]), "a.pdf", "no text"),
        (b"\xff\xff\xff\xff", "a.txt", "neither UTF-8 nor GB18030"),
        (b"a\x00b", "a.txt", "not text"),
        (b"\xef\xbb\xbf", "a.txt", "empty"),
        (AS_DOCX, "a.docm", "may hold macros"),
        (b"<html></html>" * 3, "a.pdf", "not a PDF"),
        ("费。".encode() * (reading.MAX_CHARACTERS // 2 + 9), "a.txt", "characters of text"),
        (b"|" * 5000 + b"\n|-|-|\n", "a.md", "columns"),
        (b"x" * (reading.MAX_BYTES + 1), "a.txt", "20 MB is the most"),
        (b"<html><body><nav>x</nav></body></html>", "a.html", "no text"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        read(data, name)


def test_tracked_changes_are_refused() -> None:
    from io import BytesIO

    import docx
    from docx.oxml import OxmlElement

    document = docx.Document(BytesIO(AS_DOCX))
    document.paragraphs[0]._p.append(OxmlElement("w:ins"))
    data = BytesIO()
    document.save(data)
    with pytest.raises(UnreadableDocument, match="tracked changes"):
        read(data.getvalue(), "a.docx")


TEXTS = st.text(max_size=40)
PIECES = st.one_of(
    st.builds(Heading, TEXTS, st.integers(1, 6)),
    st.builds(Paragraph, TEXTS),
    st.builds(Row, st.lists(TEXTS, max_size=4).map(tuple), st.lists(TEXTS, max_size=4).map(tuple)),
)


@given(st.lists(PIECES, max_size=12))
def test_blocks_cover_the_text_in_order_with_exact_offsets(pieces: list[Piece]) -> None:
    document = join(pieces)
    assert "\n".join(document.text[b.start : b.end] for b in document.blocks) == document.text
    assert all(document.text[b.start : b.end].strip() for b in document.blocks)
    for block in document.blocks:
        if not isinstance(block.piece, Row):
            assert document.text[block.start : block.end] == block.piece.text


@given(st.text())
def test_any_utf8_text_is_read_as_it_is_or_refused(text: str) -> None:
    try:
        assert decode(text.encode()).lstrip("\ufeff") == text.lstrip("\ufeff")
    except UnreadableDocument:
        assert "\x00" in text


@given(st.text(), st.sampled_from(["a.md", "a.html", "a.txt"]))
def test_any_text_is_read_or_refused(text: str, name: str) -> None:
    try:
        document = read(text.encode(), name)
    except UnreadableDocument:
        return
    assert document.text.strip()


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("手续\u200b费\u202e5元\u2069", "手续费5元"),
        ("费\U000e0041\U000e007f用", "费用"),
        ("\u2fa6额", "金额"),
        ("手续费\u3000\u3000 5元", "手续费 5元"),
    ],
)
def test_characters_that_nobody_sees_are_left_out(written: str, read_as: str) -> None:
    assert join([Paragraph(written)]).text == read_as


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("持股比\n例", "持股比例"),
        ("项 目", "项目"),
        ("金  额", "金额"),
        ("Fee\nrate", "Fee rate"),
        ("费率 （年）", "费率 （年）"),
    ],
)
def test_a_column_name_broken_to_fit_its_box_is_whole(name: str, whole: str) -> None:
    [block] = join([Row(("甲", "1", "2"), ("产品", name, "备注"))]).blocks
    assert isinstance(block.piece, Row)
    assert block.piece.headers[1] == whole


@given(st.lists(PIECES, max_size=8))
def test_reading_what_was_written_changes_nothing(pieces: list[Piece]) -> None:
    once = join(pieces)
    assert join(block.piece for block in once.blocks) == once


def test_remarks_are_no_part_of_the_text_and_are_said_once() -> None:
    document = join([Remark("table 1 has no header"), Paragraph("文。"), Remark("table 1 has no header")])
    assert (document.text, document.remarks) == ("文。", ("table 1 has no header",))


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        (["规程", "办理步骤：", "1. 核对身份", "2. 登记诉求"], "HPPP"),
        (["规程", "一、步骤", "1. 核对身份", "2. 登记诉求", "二、其他"], "HHPPH"),
        (["规程", "1. 范围", "适用于坐席。", "2. 步骤", "先核对身份。"], "HHPHP"),
        (["规程", "1. 范围", "1.1 坐席", "适用于坐席。"], "HHHP"),
    ],
)
def test_numbered_lines_with_nothing_under_them_are_a_list(lines: list[str], kinds: str) -> None:
    document = read("\n".join(lines).encode(), "a.txt")
    assert "".join(type(block.piece).__name__[0] for block in document.blocks) == kinds
    drawn = pdf([(50, line) for line in lines])
    assert [type(block.piece).__name__[0] for block in read(drawn, "a.pdf").blocks] == list(kinds)
