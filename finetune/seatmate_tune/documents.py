"""Synthetic documents of fictional banks, cut into passages, with what each line states. Knows nothing of prompts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from seatmate.domain.knowledge import BANK_ZONE, Passage, Product, Validity
from seatmate_tune import attributes, names, procedures
from seatmate_tune.attributes import Attribute
from seatmate_tune.procedures import Procedure

_TITLES = {
    "wealth": ("{p}产品说明书", "{p}理财产品说明书", "{p}产品要素表", "{p}销售文件", "{p}投资协议", "{b}{p}说明书"),
    "deposit": ("{p}产品说明书", "{p}业务介绍", "{p}协议", "{p}发售公告", "{b}{p}产品说明"),
    "card": ("{p}领用合约", "{p}产品手册", "{p}收费标准", "{p}权益手册", "{p}业务指引"),
    "loan": ("{p}产品手册", "{p}业务指引", "{p}产品说明", "{p}操作规程", "{p}常见问题"),
    "service": (
        "{b}服务价格目录",
        "{b}客户服务手册",
        "{b}业务常见问题",
        "{b}渠道服务指引",
        "{b}操作手册",
        "{b}活动公告",
    ),
}
_SINGLE = ("{a}：{v}", "{a}：{v}。", "{a}为{v}。", "{a}{v}。", "{s}{a}为{v}。", "{s}{a}为{v}。", "{s}的{a}是{v}。", "{a}按{v}执行。", "{a}：不超过{v}。",
           "自{d}起，{a}调整为{v}。", "{a}为{v}，如有调整以公告为准。", "本行{a}为{v}，具体以协议约定为准。")  # fmt: skip
_PIECE = ("{a}{v}", "{a}为{v}", "{a}：{v}", "{a}{v}/年", "{a}为{v}")
_FAQ = ("问：{a}是多少？答：{v}。", "{a}是多少？\n{a}为{v}。", "{s}{a}有什么规定？\n{a}为{v}。")
_ROWS: dict[str, tuple[str, ...]] = {
    "渠道": ("手机银行", "网上银行", "柜台", "自助设备", "微信银行", "电话银行", "智能柜台"),
    "客户类型": ("普通客户", "金卡客户", "白金客户", "私行客户", "新客户", "代发客户", "企业客户", "老年客户"),
    "卡等级": ("普卡", "金卡", "白金卡", "钻石卡", "无限卡"),
    "币种": ("人民币", "美元", "港币", "欧元", "日元", "英镑"),
    "存期": ("三个月", "六个月", "一年", "两年", "三年", "五年", "活期"),
    "期数": ("3期", "6期", "12期", "18期", "24期", "36期"),
    "业务类型": ("首套房", "二套房", "新车", "二手车", "装修", "留学", "行内转账", "跨行转账", "境外汇款"),
    "份额": ("A类", "B类", "C类", "尊享份额", "普通份额"),
}
_FILLER = (
    "本产品由本行发行和管理。", "具体以页面展示为准。", "客户应仔细阅读协议全文。", "如有疑问，请咨询客户经理。", "未尽事宜按照监管规定执行。", "遇法定节假日顺延。",
    "本行保留对规则的解释权。", "各分支机构应做好客户告知工作。", "请在充分了解产品特点后办理。", "以上内容如有变化，另行公告。", "本条款自发布之日起生效。",
)  # fmt: skip


@dataclass(frozen=True)
class Stated:
    """An attribute of a product (None: of the bank's services), as one line states it."""

    product: Product | None
    attribute: Attribute
    written: str
    value: str
    qualifier: str = ""
    """The table row it stands in: 手机银行, 三个月, 白金卡."""


@dataclass(frozen=True)
class Page:
    """A passage and what it holds: figures that it states, or a procedure to be quoted."""

    passage: Passage
    stated: tuple[Stated, ...]
    procedure: Procedure | None
    product: Product | None


@dataclass(frozen=True)
class Library:
    bank: str
    kind: str
    products: tuple[Product, ...]
    pages: tuple[Page, ...]


def library(rng: Random) -> Library:
    """A few confusable products of one bank with their documents, and the bank's service rules."""
    kind = rng.choice(("wealth", "wealth", "wealth", "deposit", "card", "loan", "service"))
    bank = names.bank(rng)
    if kind == "service":
        products: tuple[Product, ...] = ()
    else:
        products = tuple(
            Product(code=f"{kind[:2].upper()}{rng.randint(100, 999)}{i}", name=name, aliases=aliases)
            for i, (name, aliases) in enumerate(names.family(rng, kind, rng.randint(1, 4)))
        )
    pages: list[Page] = []
    shared = rng.sample(attributes.BY_KIND[kind], min(rng.randint(3, 9), len(attributes.BY_KIND[kind])))
    for product in products or (None, None):
        pages += _document(rng, bank, kind, product, shared)
        if rng.random() < 0.35:
            pages += _table(rng, bank, kind, product)
    if kind != "service" and rng.random() < 0.3:
        pages += _document(rng, bank, "service", None, rng.sample(attributes.SERVICE, 3))
    return Library(bank, kind, products, tuple(pages))


def _document(rng: Random, bank: str, kind: str, product: Product | None, shared: Sequence[Attribute]) -> list[Page]:
    name = product.name if product else ""
    title = rng.choice(_TITLES[kind]).format(p=name, b=bank)
    chosen = [a for a in shared if rng.random() < 0.8]
    if product is None:
        chosen = rng.sample(attributes.SERVICE, rng.randint(2, 4))
    rng.shuffle(chosen)
    pages = []
    while chosen:
        size = rng.choice((1, 1, 1, 2, 2, 3, 4))
        group, chosen = chosen[:size], chosen[size:]
        stated = tuple(Stated(product, a, rng.choice(a.written), a.value(rng)) for a in group)
        pages.append(_page(rng, title, rng.choice(group[0].headings), _say(rng, name, stated), stated, None, product))
    for procedure in rng.sample(procedures.BY_KIND[kind], rng.randint(1, 3)):
        pages.append(_page(rng, title, procedure.heading, "".join(procedure.lines), (), procedure, product))
    return pages


def _table(rng: Random, bank: str, kind: str, product: Product | None) -> list[Page]:
    """A table whose rows differ in one word and in all figures, each row a passage as ingest writes it."""
    title = rng.choice(_TITLES[kind]).format(p=product.name if product else "", b=bank)
    head = rng.choice(tuple(_ROWS))
    columns = rng.sample(attributes.BY_KIND[kind], rng.randint(1, 3))
    names_of = [rng.choice(a.written) for a in columns]
    context = " › ".join([title, rng.choice(columns[0].headings)][: rng.randint(1, 2)])
    context += f" ｜ {'、'.join([head, *names_of])}" if rng.random() < 0.8 else ""
    pages = []
    for key in rng.sample(_ROWS[head], rng.randint(2, min(5, len(_ROWS[head])))):
        stated = tuple(Stated(product, a, name, a.value(rng), key) for a, name in zip(columns, names_of, strict=True))
        cells = [f"{head}：{key}", *(f"{s.written}：{s.value}" for s in stated)]
        passage = passage_of(title, context, "；".join(cells), (product.code,) if product else ())
        pages.append(Page(passage, stated, None, product))
    return pages


def _say(rng: Random, name: str, stated: Sequence[Stated]) -> str:
    subject = name if name and rng.random() < 0.5 else rng.choice(("本产品", "该产品", "")) if name else ""
    style = rng.random()
    date = attributes.day(rng)
    if style < 0.25:
        row = [f"{s.written}：{s.value}" for s in stated]
        if name and rng.random() < 0.6:
            row.insert(0, rng.choice((f"产品名称：{name}", f"产品：{name}", f"名称：{name}")))
        return "；".join(row)
    if len(stated) > 1 and style < 0.7:
        return rng.choice((subject, "")) + rng.choice(("，", "，", "；")).join(
            rng.choice(_PIECE).format(a=s.written, v=s.value) for s in stated
        ) + rng.choice(("。", "。", "。" + rng.choice(_FILLER)))  # fmt: skip
    if style > 0.92:
        return "\n".join(rng.choice(_FAQ).format(a=s.written, v=s.value, s=subject) for s in stated)
    said = [rng.choice(_SINGLE).format(a=s.written, v=s.value, s=subject, d=date) for s in stated]
    if rng.random() < 0.25:
        said.append(rng.choice(_FILLER))
    return "\n".join(said) if rng.random() < 0.5 else "".join(x if x[-1] == "。" else f"{x}。" for x in said)


def _page(
    rng: Random, title: str, heading: str, text: str, stated: tuple[Stated, ...], procedure: Procedure | None,
    product: Product | None,
) -> Page:  # fmt: skip
    number = rng.choice(("", "", f"第{rng.choice('一二三四五六七八九十')}条 ", f"{rng.choice('一二三四五六')}、"))
    above = rng.choice(("", "", "", "", "产品说明", "业务规则", "第二章 业务管理", "常见问题", "附则"))
    context = " › ".join(part for part in (title, above, rng.choice((number + heading, heading, ""))) if part)
    passage = passage_of(title, context, text, (product.code,) if product else ())
    return Page(passage, stated, procedure, product)


def passage_of(title: str, context: str, text: str, codes: tuple[str, ...]) -> Passage:
    return Passage(
        passage_id=Passage.id_of(title, context + text, 0, len(text)), doc_id=title, version="1", title=title, doc_type="",
        product_codes=codes, scope=(), validity=Validity(), start=0, end=len(text), text=text,
        headings=tuple(context.split(" › ")[1:]) if context.startswith(title) else (context,),
    )  # fmt: skip


def some_day(rng: Random) -> datetime:
    return datetime(rng.choice((2025, 2026, 2027)), rng.randint(1, 12), rng.randint(1, 28), 10, tzinfo=BANK_ZONE)
