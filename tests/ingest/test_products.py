"""Which products a snapshot knows, and by what names."""

from dataclasses import replace

import pytest

from seatmate.domain.knowledge import DocumentVersion, Product, Validity
from seatmate.ingest.products import products_of


def sheet(title: str, *codes: str, text: str = "", doc_type: str = "产品说明书") -> DocumentVersion:
    return DocumentVersion(title, "v", "p", title, doc_type, codes, ("retail",), Validity(), None, None, text)


def test_a_sheet_with_one_code_names_its_product() -> None:
    documents = [
        sheet("远川稳盈90天A产品说明书", "YCWY090A"),
        sheet("海岳稳盈90天代销产品说明", "HYWY090"),
        sheet("理财清单", "YCWY090A", "HYWY090"),
        sheet("停售公告", "YCAX007", doc_type="公告"),
    ]
    assert products_of(documents, []) == [
        Product("HYWY090", "海岳稳盈90天", scope=("retail",)),
        Product("YCWY090A", "远川稳盈90天A", scope=("retail",)),
    ]


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("客户口中的“稳盈90A”“90天A类”都指本产品。", ("稳盈90A", "90天A类")),
        ("全称甲（简称“稳盈90C”，也有客户叫“一元起的稳盈”）", ("稳盈90C", "一元起的稳盈")),
        ("常用叫法：封闭2608、2608期\n封闭期：364天", ("封闭2608", "2608期")),
        ("口语叫法：海岳90、代销稳盈90", ("海岳90", "代销稳盈90")),
        ("别名：「活钱」", ("活钱",)),
        ("以下简称“本产品”。远川银行（简称“远川银行”）", ()),
        ("在“我的理财”中查询", ()),
    ],
)
def test_aliases_are_what_the_sheet_says_people_call_it(text: str, aliases: tuple[str, ...]) -> None:
    [product] = products_of([sheet("甲产品说明书", "A1", text=text)], [])
    assert product.aliases == aliases


def test_a_product_keeps_its_name_while_a_document_speaks_of_it() -> None:
    known = [Product("A1", "甲", ("小甲",), ("retail",)), Product("B1", "乙")]
    assert products_of([sheet("关于甲停售的公告", "A1", doc_type="公告")], known) == [known[0]]


@pytest.mark.parametrize(
    ("title", "text", "name"),
    [
        ("通知存款说明", "品种：一天通知存款；产品代码：A1；年利率：0.45%", "一天通知存款"),
        ("在售清单", "产品代码：A1；产品全称：远川安享日开；风险等级：R1", "远川安享日开"),
        ("远川金卡与远川白金卡产品说明", "远川白金卡（B1）、远川金卡（A1）的年费", "远川金卡"),
        ("关于远川安享7天停售的公告", "本行决定停止销售远川安享7天（产品代码A1）。", "远川安享7天"),
        ("大额存单", "子代码：A1-06M；期限：6个月", None),
        ("关于年费的公告", "持有本行信用卡（A1）的客户", None),
    ],
)
def test_without_a_sheet_a_product_is_named_beside_its_code(title: str, text: str, name: str | None) -> None:
    products = products_of([sheet(title, "A1", "B1", text=text)], [])
    assert {p.code: p.name for p in products}.get("A1") == name


def test_a_product_is_known_to_the_readers_of_every_document_that_names_it() -> None:
    private = replace(sheet("尊享卡产品说明", "A1"), scope=("private_banking",))
    [product] = products_of([private, sheet("分期费率表", "A1", "B1")], [])
    assert product.scope == ("private_banking",)
