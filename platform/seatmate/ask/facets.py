"""What a bank tells apart within one attribute: 单笔 is not 日累计, 主卡 is not 附属卡, 手机银行 is not 柜面.

Knows nothing of figures; whoever asks says where in the clause his figure stands.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

_FACETS: Mapping[str, re.Pattern[str]] = {
    "channel": re.compile(
        r"(?P<mobile>手机银行|手机App|App)|(?P<web>网上银行|网银)|(?P<video>远程视频柜台|视频柜台)|(?P<phone>电话银行)"
        r"|(?P<counter>柜面|柜台|网点)|(?P<machine>ATM|自助设备|自助机)|(?P<electronic>电子渠道|线上渠道)"
    ),
    "whose_machine": re.compile(r"(?P<own>本行ATM|本行)|(?P<other>他行|跨行)|(?P<abroad>境外)"),
    "card": re.compile(r"(?P<platinum>白金卡)|(?P<diamond>钻石卡)|(?P<gold>金卡)|(?P<standard>普卡)"),
    "holder": re.compile(r"(?P<main>主卡)|(?P<attached>附属卡|附卡)"),
    "per": re.compile(
        r"(?P<each>单笔|每笔|一笔(?=[^，。；]{0,6}\d)|/笔|每次|单次)"
        r"|(?P<day>日累计|单日|每日累计|每天累计|一天|每天|每日|日限额|/日|/天)"
        r"|(?P<month>月累计|每个?月(?!\d|[一二三四五六七八九十])|/月|一个月(?=最|不|收|[^，。；期]{0,4}元))"
        r"|(?P<quarter>每个?季度?|/季)"
        r"|(?P<year>年累计|每自然年|每人每年|每年(?!\d|[一二三四五六七八九十])|/年|一年(?=最|加起来|合计|总共|一共|累计|不超|收|内最|\d+(?:\.\d+)?(?:[元万%]|[，。；])|百分之)|年费)"
    ),
    "share": re.compile(r"(?P<a>A(?:类|份额))|(?P<b>B(?:类|份额))|(?P<c>C(?:类|份额))|(?P<d>D(?:类|份额))"),
    "account": re.compile(r"(?P<one>Ⅰ类)|(?P<two>Ⅱ类)|(?P<three>Ⅲ类)"),
    "way": re.compile(r"(?P<out>汇出)|(?P<into>汇入)"),
    "loss": re.compile(r"(?P<oral>口头挂失|临时挂失)|(?P<formal>正式挂失)|(?P<password>密码挂失)"),
    "instalment": re.compile(r"(?P<bill>账单分期)|(?P<purchase>消费分期)"),
    "fee_of": re.compile(
        r"(?P<period>每期(?:手续)?费率|每?月(?:手续)?费率|月利率|月息)|(?P<whole>总(?:手续)?费率)|(?P<daily>日利率|日息|日费率)"
        r"|(?P<yearly>折[算合](?:近似)?年化|近似年化|年化?利率|年利率|年息)"
    ),
    "trade": re.compile(r"(?P<buy>申购|认购|买入)|(?P<sell>赎回)"),
    "year": re.compile(r"(?P<first>首年|第一年)|(?P<next>次年|第二年)"),
    "prepay": re.compile(r"(?P<part>部分提前)|(?P<all>全部提前|全额提前)"),
    "moves": re.compile(
        r"(?P<up>上浮|上调|调高|加收|加点|加(?=\d)|(?<=LPR)加|(?<=LPR)\+|提高|上升|延长)|(?P<down>下浮|下调|调低|减(?=\d)|(?<=LPR)减|(?<=LPR)-|降低|下降|降至|降为|降到|缩短)"
    ),
    "counted": re.compile(r"(?P<running>连续|连着)|(?P<total>累计(?!限额|转))"),
    "customer": re.compile(
        r"(?P<private>私人银行|私行)|(?P<firm>企业客户|对公)|(?P<vip>贵宾)|(?P<wealth>财富客户)|(?P<ordinary>普通客户)"
    ),
    "person": re.compile(r"(?P<one>个人(?:客户|投资者))|(?P<body>机构(?:客户|投资者)?(?!代码|名称))"),
    "home": re.compile(r"(?P<first>首套)|(?P<second>(?:第?二)套)"),
    "deposit": re.compile(
        r"(?P<current>活期)|(?P<whole>整存整取)|(?P<by_part>零存整取)|(?P<either>定活两便)|(?P<notice>通知存款|天通知)"
        r"|(?P<large>大额存单)|(?P<agreed>协定存款)|(?P<structured>结构性存款)"
    ),
}
"""What a bank tells apart within one attribute: 单笔 is not 日累计, 主卡 is not 附属卡."""


_WHOSE = re.compile(r"(?P<whose>[A-Z]{1,3}级|[\u4e00-\u9fff]{2})(?P<of>客户|投资者|企业|箱(?!型)|新车|方式|地区)")
"""白金客户, 保证方式, AA级客户: what a bank tells apart by the word before a common one."""
_NOBODY = re.compile(
    r"[的该本我让由对给请为向等各每某任何与和或及将把被是有无在按以从到这那您他她新老多全]|单一|单个|单户|所有|其他|同一|一位|个人|机构|告知|提醒|答复|办理|申请|购买|支付|还款|收取|计息|存款|贷款|借款|汇款"
    r"|首次|符合|达到|以上|以下|及以|本行|我行|银行|企业|公司"
)
_ELECTRONIC = frozenset({"mobile", "web", "phone"})
_ALIKE = {"投资者": "客户"}
_BEHIND = re.compile(r"[\d,.]+\s?[%‰万亿千]*[元块]?\s?/[年月日天笔季]")
"""30元/月: what stands at the figure itself says more than what stands before it."""


def facets_of(clause: str, at: int, label: str, earlier: str, heading: str) -> dict[str, frozenset[str]]:
    """Of each facet the nearest that is said: before the figure in its clause, in the clause, before it, above it."""
    found: dict[str, frozenset[str]] = {}
    if behind := _BEHIND.match(clause, at):
        found["per"] = frozenset(facets_in(behind[0][-2:]).get("per", ()))
    for name, said in facets_in(clause[:at]).items():
        if name in found:
            continue
        found[name] = frozenset(said[-1:])
    for text in (clause, label, earlier, heading):
        for name, said in facets_in(text).items():
            if text is heading and name.startswith("of:"):
                continue
            found.setdefault(name, frozenset(said[-1:] if text is earlier and at else said))
    if "electronic" in found.get("channel", ()):
        found["channel"] |= _ELECTRONIC
    return found


@lru_cache(maxsize=16_384)
def facets_in(text: str) -> Mapping[str, Sequence[str]]:
    """Every facet that a text names, with what it says of it, left to right."""
    found: dict[str, list[str]] = {}
    for name, pattern in _FACETS.items() if text else ():
        if said := [m.lastgroup or "" for m in pattern.finditer(text)]:
            found[name] = said
    for m in _WHOSE.finditer(text):
        if not _NOBODY.search(m["whose"]):
            found.setdefault(f"of:{_ALIKE.get(m['of'], m['of'])}", []).append(m["whose"])
    return found
