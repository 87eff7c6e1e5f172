"""How an agent would ask for an attribute of a product. A few ways each; which one is used follows from what is asked,
so that the same difference raises the same question every time."""

import zlib

from seatmate.domain.attributes import Attribute
from seatmate.domain.knowledge import Product

_WAYS: dict[Attribute, tuple[str, ...]] = {
    Attribute.RISK_LEVEL: ("{of}的风险等级是几级？", "{of}是什么风险等级？"),
    Attribute.ELIGIBILITY: ("{of}适合客户是哪些？", "{of}的适合客户有什么要求？"),
    Attribute.TERM: ("{of}的期限是多久？", "{of}的产品期限有多长？"),
    Attribute.HOLDING_PERIOD: ("{of}的最短持有期是多久？", "{of}最短持有多少天？"),
    Attribute.BENCHMARK_BASIS: ("{of}业绩比较基准的测算依据是哪个时点？",),
    Attribute.OPENING_DAYS: ("{of}的开放日是哪些天？", "{of}的开放规则是怎样的？"),
    Attribute.REDEMPTION_RULE: ("{of}的赎回规则是怎样的？", "{of}能提前赎回吗？"),
    Attribute.PURCHASE_CONFIRMATION: ("{of}的申购确认是哪天？",),
    Attribute.REDEMPTION_CONFIRMATION: ("{of}的赎回确认是哪天？",),
    Attribute.REDEMPTION_ARRIVAL: ("{of}的赎回到账要多久？", "{of}赎回资金几天到账？"),
    Attribute.RAISING_PERIOD: ("{of}的募集期是什么时候？", "{of}的募集期到哪天为止？"),
    Attribute.START_DATE: ("{of}的成立日是哪天？", "{of}哪天成立？"),
    Attribute.MATURITY: ("{of}的到期日是哪天？", "{of}什么时候到期？"),
    Attribute.PRINCIPAL_PROTECTION: ("{of}是否保本？", "{of}保本吗？"),
    Attribute.ISSUER: ("{of}的发行机构是谁？", "{of}是哪家发行的？"),
    Attribute.STATUS: ("{of}的产品状态是什么？", "{of}目前的销售状态是什么？"),
}
_OF_FIGURES = ("{of}的{label}是多少？", "请问{of}{label}多少？", "{of}现在的{label}是多少？")
_EARLIER = ("{of}的{label}是多少？", "请问{of}{label}多少？")
"""Without 现在: the moment is told beside the words."""


def wording(product: Product, attribute: Attribute, condition: str, *, earlier: bool) -> str:
    ways = _WAYS.get(attribute) or (_EARLIER if earlier else _OF_FIGURES)
    key = f"{product.code}|{attribute}|{condition}"
    way = ways[zlib.crc32(key.encode()) % len(ways)]
    return way.format(of=product.name + condition.replace("；", ""), label=attribute.label)
