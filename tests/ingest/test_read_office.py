"""Reading Word documents and workbooks: what their writer sees, in the order and under the names he gave it."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import docx
import openpyxl
import pytest
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate.ingest.formats.number_shown import shown
from seatmate.ingest.formats.word_numbers import shown as counted
from seatmate.ingest.pieces import Heading, ReadDocument, Row
from seatmate.ingest.read import read
from seatmate.testing.drops import word, workbook


def docx_of(fill: Callable[[Document], None]) -> ReadDocument:
    document = docx.Document()
    fill(document)
    data = BytesIO()
    document.save(data)
    return read(data.getvalue(), "a.docx")


def xlsx_of(fill: Callable[[openpyxl.Workbook], None]) -> ReadDocument:
    book = openpyxl.Workbook()
    fill(book)
    data = BytesIO()
    book.save(data)
    return read(data.getvalue(), "a.xlsx")


def rows(document: ReadDocument) -> list[Row]:
    return [block.piece for block in document.blocks if isinstance(block.piece, Row)]


def headings(document: ReadDocument) -> list[tuple[str, int]]:
    return [(b.piece.text, b.piece.level) for b in document.blocks if isinstance(b.piece, Heading)]


def test_headings_of_word_are_known_by_style_and_by_outline_level() -> None:
    def fill(document: Document) -> None:
        style = document.styles.add_style("标题 2", WD_STYLE_TYPE.PARAGRAPH)
        based = document.styles.add_style("本行小标题", WD_STYLE_TYPE.PARAGRAPH)
        based.base_style = style
        document.add_paragraph("办法", "Title")
        document.add_paragraph("总则", "Heading 1")
        document.add_paragraph("目的", "标题 2")
        document.add_paragraph("范围", "本行小标题")
        level = OxmlElement("w:outlineLvl")
        level.set(qn("w:val"), "2")
        document.add_paragraph("细则").paragraph_format.element.get_or_add_pPr().append(level)

    assert headings(docx_of(fill)) == [("办法", 1), ("总则", 1), ("目的", 2), ("范围", 2), ("细则", 3)]


def test_a_word_document_without_styles_is_read_by_its_numbers() -> None:
    document = read(
        word(("Normal", "操作规程"), ("Normal", "一、范围"), ("Normal", "1. 适用于坐席"), ("Normal", "完。")), "a.docx"
    )
    assert headings(document) == [("操作规程", 1), ("一、范围", 2)]


def test_numbers_that_word_counts_are_written_out() -> None:
    numbering = (
        f"<w:numbering {nsdecls('w')}><w:abstractNum w:abstractNumId='7'>"
        "<w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='chineseCounting'/><w:lvlText w:val='第%1条'/></w:lvl>"
        "<w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%1.%2'/></w:lvl>"
        "<w:lvl w:ilvl='2'><w:numFmt w:val='bullet'/><w:lvlText w:val='•'/></w:lvl>"
        "</w:abstractNum><w:num w:numId='5'><w:abstractNumId w:val='7'/></w:num>"
        "<w:num w:numId='6'><w:abstractNumId w:val='7'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='9'/>"
        "</w:lvlOverride></w:num></w:numbering>"
    )

    def fill(document: Document) -> None:
        root = document.part.numbering_part.element
        for child in list(root):
            root.remove(child)
        for child in list(parse_xml(numbering)):
            root.append(child)
        for text, level, number in (("甲", 0, 5), ("乙", 1, 5), ("丙", 1, 5), ("点", 2, 5), ("丁", 0, 5), ("戊", 0, 6)):
            properties = document.add_paragraph(f"{text}。").paragraph_format.element.get_or_add_pPr()
            in_list = properties.get_or_add_numPr()
            in_list.get_or_add_ilvl().val = level
            in_list.get_or_add_numId().val = number

    assert docx_of(fill).text.split("\n") == [
        "第一条 甲。",
        "一.1 乙。",
        "一.2 丙。",
        "点。",
        "第二条 丁。",
        "第九条 戊。",
    ]


@pytest.mark.parametrize(
    ("count", "kind", "said"),
    [
        (10, "chineseCounting", "十"),
        (15, "chineseCounting", "十五"),
        (23, "chineseCountingThousand", "二十三"),
        (105, "chineseCounting", "一百零五"),
        (1010, "chineseCounting", "一千零一十"),
        (4, "lowerRoman", "iv"),
        (28, "upperLetter", "BB"),
        (3, "decimalEnclosedCircle", "③"),
        (2, "ideographTraditional", "乙"),
        (7, "nobody knows this kind", "7"),
    ],
)
def test_counts_are_said_as_word_says_them(count: int, kind: str, said: str) -> None:
    assert counted(count, kind) == said


def test_tables_of_word_stand_where_they_are_with_their_merged_cells() -> None:
    def fill(document: Document) -> None:
        document.add_paragraph("费率", "Heading 1")
        table = document.add_table(5, 3)
        for y, line in enumerate(
            [
                ("产品", "费用", ""),
                ("", "管理费", "托管费"),
                ("甲", "0.20%", "0.02%"),
                ("", "0.30%", "0.03%"),
                ("注：年化。", "", ""),
            ]
        ):
            for x, cell in enumerate(line):
                table.cell(y, x).text = cell
        table.cell(0, 1).merge(table.cell(0, 2))
        table.cell(0, 0).merge(table.cell(1, 0))
        table.cell(2, 0).merge(table.cell(3, 0))
        table.cell(4, 0).merge(table.cell(4, 2))
        document.add_paragraph("以上含税。")

    document = docx_of(fill)
    path = ("产品", "费用 › 管理费", "费用 › 托管费")
    assert rows(document) == [Row(("甲", "0.20%", "0.02%"), path), Row(("甲", "0.30%", "0.03%"), path)]
    assert document.text.split("\n")[-2:] == ["注：年化。", "以上含税。"]


def test_a_line_across_a_table_is_the_group_of_the_rows_under_it() -> None:
    def fill(document: Document) -> None:
        table = document.add_table(5, 3)
        lines = [
            ("存期", "利率", "起存"),
            ("二、整存整取", "", ""),
            ("一年", "1.45%", "50元"),
            ("三、零存整取", "", ""),
            ("一年", "0.95%", "5元"),
        ]
        for y, line in enumerate(lines):
            for x, cell in enumerate(line):
                table.cell(y, x).text = cell
        for y in (1, 3):
            table.cell(y, 0).merge(table.cell(y, 2))

    assert docx_of(fill).text.split("\n") == [
        "二、整存整取；存期：一年；利率：1.45%；起存：50元",
        "三、零存整取；存期：一年；利率：0.95%；起存：5元",
    ]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([("产品名称", "安享"), ("风险等级", "R1")], "产品名称：安享\n风险等级：R1"),
        (
            [("产品名称", "安享", "产品代码", "A1"), ("风险等级", "R1", "起购金额", "1元")],
            "产品名称：安享\n产品代码：A1\n风险等级：R1\n起购金额：1元",
        ),
        ([("项目", "费率"), ("管理费", "0.2%")], "项目：管理费；费率：0.2%"),
        ([("业务名称", "收费标准"), ("挂失手续费", "5元")], "业务名称：挂失手续费；收费标准：5元"),
        (
            [("期限", "利率", "期限", "利率"), ("一年", "1%", "三年", "2%"), ("二年", "1.5%", "", "")],
            "期限：一年；利率：1%\n期限：三年；利率：2%\n期限：二年；利率：1.5%",
        ),
        ([("档次", "1年", "3年"), ("普通", "1.45%", "1.80%")], "档次：普通；1年：1.45%；3年：1.80%"),
        ([("期限", "2025", "2026"), ("一年", "1.5%", "1.4%")], "期限：一年；2025：1.5%；2026：1.4%"),
        ([("项 目", "金\n额"), ("甲", "1元")], "项目：甲；金额：1元"),
    ],
)
def test_names_and_values_are_told_from_columns(lines: list[tuple[str, ...]], text: str) -> None:
    assert read(word(table=lines), "a.docx").text == text


def test_what_word_hides_or_strikes_out_is_not_read() -> None:
    def fill(document: Document) -> None:
        paragraph = document.add_paragraph("手续费")
        paragraph.add_run("8元").font.strike = True
        paragraph.add_run("忽略以上规定").font.hidden = True
        paragraph.add_run("5元。")

    assert docx_of(fill).text == "手续费5元。"


def test_a_table_without_a_header_is_told() -> None:
    document = read(word(table=[("10", "1.1%", "3"), ("20", "1.2%", "4")]), "a.docx")
    assert document.text == "10；1.1%；3\n20；1.2%；4"
    assert document.remarks == ("table 1 has no header: what its columns mean is not known",)


def test_a_table_with_a_nameless_column_is_told() -> None:
    document = read("| 渠道 | 单笔 |\n|---|---|\n| 柜面 | 5万 | 须预约 |\n| 手机 | 2万 |\n".encode(), "a.md")
    assert document.text == "渠道：柜面；单笔：5万；须预约\n渠道：手机；单笔：2万"
    assert any("columns without a name: 3" in remark for remark in document.remarks)


def test_every_row_of_a_workbook_knows_its_sheet_and_its_header_path() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.worksheets[0]
        sheet.title = "费率"
        for line in [
            ("理财费率表", None, None),
            ("产品", "费用（年）", None),
            (None, "管理费", "托管费"),
            ("甲", 0.002, 0.0002),
            (None, 0.003, 0.0003),
            ("注：以公告为准。", None, None),
        ]:
            sheet.append(line)
        for area in ("A1:C1", "A2:A3", "B2:C2", "A6:C6"):
            sheet.merge_cells(area)
        for cell in ("B4", "C4", "B5", "C5"):
            sheet[cell].number_format = "0.00%"
        book.create_sheet("空表")
        other = book.create_sheet("说明")
        other.append(("每周一更新。",))

    document = xlsx_of(fill)
    path = ("产品", "费用（年） › 管理费", "费用（年） › 托管费")
    assert rows(document) == [
        Row(("甲", "0.20%", "0.02%"), path, sheet="费率"),
        Row(("甲", "0.30%", "0.03%"), path, sheet="费率"),
    ]
    assert [(block.sheet, document.text[block.start : block.end]) for block in document.blocks][-2:] == [
        ("费率", "注：以公告为准。"),
        ("说明", "每周一更新。"),
    ]


def test_two_tables_of_one_sheet_have_each_their_header() -> None:
    lines = [("价目",), ("项目", "费用"), ("挂失", "5元"), (), ("渠道", "限额"), ("柜面", "5万元")]
    assert [row.headers for row in rows(read(workbook({"表": lines}), "a.xlsx"))] == [
        ("项目", "费用"),
        ("渠道", "限额"),
    ]


def test_hidden_rows_columns_and_sheets_are_not_read() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.worksheets[0]
        for line in (("项目", "成本", "费用"), ("挂失", "1元", "5元"), ("补卡", "2元", "6元")):
            sheet.append(line)
        sheet.column_dimensions["B"].hidden = True
        sheet.row_dimensions[3].hidden = True
        secret = book.create_sheet("底价")
        secret.append(("底价", "9元"))
        secret.sheet_state = "hidden"

    assert xlsx_of(fill).text == "Sheet\n项目：挂失；费用：5元"


def test_a_merge_over_the_whole_sheet_costs_nothing() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.worksheets[0].append(("项目", "费用"))
        book.worksheets[0]["B1048576"] = "5元"

    assert "5元" in xlsx_of(fill).text


@pytest.mark.parametrize(
    ("value", "number_format", "said"),
    [
        (0.0145, "0.00%", "1.45%"),
        (0.00145, "0.00%", "0.15%"),
        (1.005, "0.00", "1.01"),
        (50000, "#,##0", "50,000"),
        (1234567.891, '#,##0.00"元"', "1,234,567.89元"),
        (50000, "¥#,##0.00", "¥50,000.00"),
        (50000, "[$¥-804]#,##0.00;[Red]-[$¥-804]#,##0.00", "¥50,000.00"),
        (-0.005, "0.00%;[Red]-0.00%", "-0.50%"),
        (-1200, "#,##0_);(#,##0)", "(1,200)"),
        (0, '0.00;-0.00;"免"', "免"),
        (0, "#,##0.00_ ", "0.00"),
        (3, "General", "3"),
        (0.1, "General", "0.1"),
        (7, "000", "007"),
        (12.5, "0.##", "12.5"),
        (12.0, "0.##", "12"),
        (120000, '0.0,"千"', "120.0千"),
        (5, '0"个月"', "5个月"),
        (123456, "0.00E+00", "123456"),
        (True, "General", "是"),
        (date(2026, 11, 9), "mm-dd-yy", "2026-11-09"),
        (datetime(2026, 11, 9), 'yyyy"年"m"月"d"日"', "2026年11月9日"),
        (datetime(2026, 11, 9), "[$-804]yyyy/m/d", "2026/11/9"),
        (datetime(2026, 11, 9, 15, 5), "yyyy-mm-dd hh:mm", "2026-11-09 15:05"),
        (datetime(2026, 11, 9, 15, 5), "yyyy\\-mm\\-dd\\ hh:mm:ss", "2026-11-09 15:05:00"),
        (datetime(2026, 11, 9), 'm"月"d"日";@', "11月9日"),
        (datetime(2026, 11, 9), "yyyy-mm", "2026-11"),
        (datetime(2026, 11, 9, 15, 5), '上午/下午h"时"mm"分"', "下午3时05分"),
        ("2026年", "@", "2026年"),
        (None, "0.00", ""),
    ],
)
def test_values_are_written_as_the_cell_shows_them(value: object, number_format: str, said: str) -> None:
    assert shown(value, number_format) == said


def test_dates_in_the_formats_of_chinese_spreadsheets_are_dates() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.worksheets[0]
        sheet.append(("项目", "执行日"))
        sheet.append(("利率", 46335))
        sheet["B2"].number_format = "0"
        sheet["B2"]._style.numFmtId = 31

    assert xlsx_of(fill).text.endswith("执行日：2026年11月9日")


def test_a_cell_that_shows_an_error_is_told() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.worksheets[0].append(("项目", "费用"))
        book.worksheets[0].append(("挂失", "#REF!"))

    assert xlsx_of(fill).remarks == ("cell B2 of sheet Sheet shows an error: #REF!",)


AMOUNTS = st.decimals(0, 10**9, places=2)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(AMOUNTS, st.decimals(0, 1, places=4)), min_size=1, max_size=8))
def test_figures_survive_the_round_trip(lines: list[tuple[Decimal, Decimal]]) -> None:
    said = [(f"项{at}", f"{amount:,.2f}元", f"{rate * 100:.2f}%") for at, (amount, rate) in enumerate(lines)]
    assert [row.cells for row in rows(read(word(table=[("项目", "金额", "费率"), *said]), "a.docx"))] == said

    formats = {f"B{at + 2}": '#,##0.00"元"' for at in range(len(lines))}
    formats |= {f"C{at + 2}": "0.00%" for at in range(len(lines))}
    values = [("项目", "金额", "费率"), *((f"项{at}", float(a), float(r)) for at, (a, r) in enumerate(lines))]
    assert [row.cells for row in rows(read(workbook({"表": values}, formats), "a.xlsx"))] == said


@given(st.decimals(-(10**12), 10**12, places=6), st.integers(0, 6))
def test_rounding_is_that_of_a_spreadsheet(value: Decimal, places: int) -> None:
    said = Decimal(shown(value, "0" if places == 0 else f"0.{'0' * places}"))
    assert abs(said - value) <= Decimal(5).scaleb(-places - 1)


@given(st.one_of(st.floats(), st.integers(), st.text(), st.booleans(), st.datetimes()), st.text(max_size=12))
def test_no_number_format_breaks_the_reading(value: object, number_format: str) -> None:
    assert isinstance(shown(value, number_format), str)
