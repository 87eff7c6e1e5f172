"""Which products a snapshot knows, by what names: for finding the product that a customer's words mean.

A product is named by its own sheet: a 产品说明书 with exactly one product code; where it has none, by a document that
writes its name beside its code. Its aliases are what the sheet says that people call it. A product whose sheet is gone
keeps its name while any document still speaks of its code. Who may read the document that names it may know of it:
others who read of its code are not told what it is called.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from seatmate.domain.knowledge import DocumentVersion, Product

_SHEET = re.compile(r"说明书?$")
_SUFFIX = re.compile(r"(?:代销)?(?:理财)?(?:产品)?(?:说明书|说明|介绍|手册)$")
_CALLED = "简称|别名|俗称|又称|也称|也叫|又叫|客户叫|叫它|常叫|常称|口语叫法|客户口中的|常说的"
_NAMED = rf"(?:{_CALLED})(?:为|是|作|：|:)?\s*"
_QUOTED = r"[“\"「]([^”\"」“「]{2,20})[”\"」]"
_QUOTED_NAMES = re.compile(rf"{_NAMED}((?:{_QUOTED}[、，,和或及与]?)+)")
_LISTED_NAMES = re.compile(r"(?:别名|俗称|叫法|产品简称)[：:]\s*([^。；;\n“\"「]{2,80})")
_NAME_CELL = r"(?:产品全称|产品名称|(?:产品|基金|保险|理财)?简称|名称|品种|卡种|产品|基金)：([^；\n]{2,30})"
_SHORTEST_NAME = 3
_KIND = re.compile(r"(?:现金管理类?|净值型|固定收益类?|人民币)(?:理财)?(?:产品)?$")
"""What kind of product a name ends with: nobody says it."""
_NO_NAME = frozenset({"本产品", "本行", "我行", "本公司", "客户", "产品", "无"})


def products_of(documents: Sequence[DocumentVersion], known: Iterable[Product]) -> list[Product]:
    """Products of a snapshot's documents; `known` are those of the snapshot before."""
    spoken_of = {code for document in documents for code in document.product_codes}
    beside = {p.code: p for document in reversed(documents) for p in _named_beside(document)}
    carried = {product.code: product for product in known if product.code in spoken_of}
    named = {product.code: product for document in documents for product in _named_by(document)}
    found = beside | carried | named
    return _without_brand(sorted(found.values(), key=lambda product: product.code))


def _named_beside(document: DocumentVersion) -> Iterator[Product]:
    """「品种：一天通知存款；产品代码：YCTZ1D」, a whole cell 「睿盈90天（HCRY90）」, or 「远川金卡（YCXK01）」.

    In a sentence the title must have the name too."""
    for code in document.product_codes:
        if code not in document.text:
            continue
        whole = rf"(?<![A-Za-z0-9]){re.escape(code)}(?![A-Za-z0-9-])"
        row = re.search(rf"{_NAME_CELL}；(?:产品)?代码：{whole}|(?:产品)?代码：{whole}；{_NAME_CELL}", document.text)
        if row is not None:
            yield Product(code, row[1] or row[2], scope=document.scope)
            continue
        cell = re.search(
            rf"(?:^|[；：])([^，。；：、\s（()）]{{3,24}})[（(]{whole}[）)](?=[；：]|$| ›)", document.text, re.MULTILINE
        )
        if cell is not None:
            yield Product(code, cell[1], scope=document.scope)
            continue
        before = re.search(rf"([^，。；：、\s（(]{{2,24}})[（(](?:产品)?(?:代码)?[:：]?{whole}", document.text)
        name = _in_title(before[1], document.title) if before else ""
        if len(name) >= _SHORTEST_NAME:
            yield Product(code, name, scope=document.scope)


def _in_title(words: str, title: str) -> str:
    """The longest end of the words that the title has too: 决定停止销售远川安享7天 → 远川安享7天."""
    return next((words[at:] for at in range(len(words)) if words[at:] in title), "")


def _without_brand(products: Sequence[Product]) -> list[Product]:
    """Nobody says the bank's name: what most names begin with is left out in one more alias (稳盈90天A)."""
    brands = Counter(product.name[:2] for product in products)
    brand, count = brands.most_common(1)[0] if brands else ("", 0)
    if count < 3:
        return list(products)
    return [
        replace(p, aliases=tuple(dict.fromkeys((*p.aliases, p.name.removeprefix(brand)))))
        if p.name.startswith(brand)
        else p
        for p in products
    ]


def _named_by(document: DocumentVersion) -> Iterator[Product]:
    if len(document.product_codes) == 1 and _SHEET.search(document.doc_type):
        name = _SUFFIX.sub("", document.title).strip() or document.title
        yield Product(document.product_codes[0], name, _aliases(document.text, name), document.scope)


def _aliases(text: str, name: str) -> tuple[str, ...]:
    quoted = [alias for found in _QUOTED_NAMES.finditer(text) for alias in re.findall(_QUOTED, found[1])]
    listed = [alias.strip() for found in _LISTED_NAMES.finditer(text) for alias in re.split(r"[、，,]", found[1])]
    names = dict.fromkeys(alias for alias in (*quoted, *listed) if alias)
    short = _KIND.sub("", name)
    if short != name and len(short) >= _SHORTEST_NAME:
        names[short] = None
    return tuple(alias for alias in names if alias not in _NO_NAME and alias != name and "银行" not in alias)
