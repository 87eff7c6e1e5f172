"""What a bank tells apart within one attribute: 单笔 is not 日累计, 主卡 is not 附属卡, 手机银行 is not 柜面.

Knows nothing of figures; whoever asks says where in the clause his figure stands.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

_FACETS: Mapping[str, re.Pattern[str]] = {
    "channel": re.compile(
        r"(?P<mobile>手机银行|手机App|App)|(?P<web>网上银行|网银)|(?P<video>远程视频柜台|视频柜台)|(?P<phone>电话银行)"
        r"|(?P<counter>柜面|柜台|网点)|(?P<machine>ATM|自助设备|自助机)"
    ),
    "whose_machine": re.compile(r"(?P<own>本行ATM|本行)|(?P<other>他行|跨行)|(?P<abroad>境外)"),
    "card": re.compile(r"(?P<platinum>白金卡)|(?P<diamond>钻石卡)|(?P<gold>金卡)|(?P<standard>普卡)"),
    "holder": re.compile(r"(?P<main>主卡)|(?P<attached>附属卡|附卡)"),
    "per": re.compile(
        r"(?P<each>单笔|每笔)|(?P<day>日累计|单日|每日累计|每天累计|一天|每天|每日|日限额)|(?P<month>月累计|每月累计)"
        r"|(?P<year>年累计|每自然年|每人每年)"
    ),
    "share": re.compile(r"(?P<a>A类)|(?P<c>C类)"),
    "account": re.compile(r"(?P<one>Ⅰ类)|(?P<two>Ⅱ类)|(?P<three>Ⅲ类)"),
    "way": re.compile(r"(?P<out>汇出)|(?P<into>汇入)"),
    "loss": re.compile(r"(?P<oral>口头挂失)|(?P<formal>正式挂失)"),
    "instalment": re.compile(r"(?P<bill>账单分期)|(?P<purchase>消费分期)"),
    "fee_of": re.compile(r"(?P<period>每期费率)|(?P<whole>总费率)|(?P<yearly>折算年化|近似年化)"),
    "trade": re.compile(r"(?P<buy>申购|认购|买入)|(?P<sell>赎回)"),
    "year": re.compile(r"(?P<first>首年|第一年)|(?P<next>次年|第二年)"),
    "prepay": re.compile(r"(?P<part>部分提前)|(?P<all>全部提前|全额提前)"),
    "customer": re.compile(r"(?P<private>私人银行)|(?P<firm>企业客户|对公)"),
}
"""What a bank tells apart within one attribute: 单笔 is not 日累计, 主卡 is not 附属卡."""


def facets_of(clause: str, at: int, label: str, earlier: str, heading: str) -> dict[str, frozenset[str]]:
    """Of each facet the nearest that is said: before the figure in its clause, in the clause, before it, above it."""
    found: dict[str, frozenset[str]] = {}
    for name, said in facets_in(clause[:at]).items():
        found[name] = frozenset(said[-1:])
    for text in (clause, label, earlier, heading):
        for name, said in facets_in(text).items():
            found.setdefault(name, frozenset(said))
    return found


@lru_cache(maxsize=2_048)
def facets_in(text: str) -> Mapping[str, Sequence[str]]:
    """Every facet that a text names, with what it says of it, left to right."""
    found: dict[str, list[str]] = {}
    for name, pattern in _FACETS.items() if text else ():
        if said := [m.lastgroup or "" for m in pattern.finditer(text)]:
            found[name] = said
    return found
