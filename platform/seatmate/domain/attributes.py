"""The attributes of a product sheet, and the words by which a bank's documents and its customers speak of them.

The one list behind product facts, the binding of a figure to what it is of, follow-up questions (「那起购呢？」)
and reranking. Knows nothing of values.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Attribute(StrEnum):
    """What a product sheet says of a product. `label` is the bank's word."""

    RISK_LEVEL = "risk_level"
    ELIGIBILITY = "eligibility"
    TERM = "term"
    HOLDING_PERIOD = "holding_period"
    MIN_AMOUNT = "min_amount"
    ADDITIONAL_AMOUNT = "additional_amount"
    CREDIT_LIMIT = "credit_limit"
    BENCHMARK = "benchmark"
    BENCHMARK_BASIS = "benchmark_basis"
    RATE = "rate"
    FEE_PURCHASE = "fee_purchase"
    FEE_MANAGEMENT = "fee_management"
    FEE_CUSTODY = "fee_custody"
    FEE_SALES = "fee_sales"
    FEE_REDEMPTION = "fee_redemption"
    FEE_ANNUAL = "fee_annual"
    FEE = "fee"
    PENALTY = "penalty"
    OPENING_DAYS = "opening_days"
    PURCHASE_CONFIRMATION = "purchase_confirmation"
    REDEMPTION_RULE = "redemption_rule"
    REDEMPTION_CONFIRMATION = "redemption_confirmation"
    REDEMPTION_ARRIVAL = "redemption_arrival"
    RAISING_PERIOD = "raising_period"
    START_DATE = "start_date"
    MATURITY = "maturity"
    PRINCIPAL_PROTECTION = "principal_protection"
    ISSUER = "issuer"
    STATUS = "status"

    @property
    def label(self) -> str:
        return _WORDS[self][0]


# The first word is the label; the others mean the same. A longer word wins over a shorter one that it contains.
_WORDS: dict[Attribute, tuple[str, ...]] = {
    Attribute.RISK_LEVEL: (
        "风险等级",
        "风险级别",
        "风险评级",
        "内部风险评级",
        "内部风险等级",
        "产品风险评级",
        "几级风险",
        "风险几级",
    ),
    Attribute.ELIGIBILITY: (
        "适合客户",
        "适用客户",
        "购买对象",
        "申请条件",
        "准入条件",
        "适合哪些客户",
        "谁能买",
        "购买资格",
        "适合对象",
        "适合投资者",
        "适合的投资者",
        "投资者等级要求",
        "投资者风险承受能力要求",
        "风险承受能力要求",
        "适合投资者等级",
        "适合客户等级",
        "适配客户等级",
        "客户风险等级要求",
    ),
    Attribute.TERM: ("期限", "产品期限", "封闭期限", "封闭期", "贷款期限", "单笔贷款期限", "存期", "贷款年限"),
    Attribute.HOLDING_PERIOD: ("最短持有期", "最短持有", "最低持有期", "最低持有", "持有期限", "持有期", "锁定期"),
    Attribute.MIN_AMOUNT: (
        *(
            "起购金额",
            "起购",
            "首次购买",
            "起投",
            "起存金额",
            "起存",
            "起点金额",
            "起售金额",
            "认购起点",
            "申购起点",
            "购买起点",
            "认购起点金额",
            "申购起点金额",
            "最低购买",
        ),
        *("最低认购", "最少买多少", "几块起", "多少起"),
        *("首次申购", "首次认购", "首次购买金额", "首次申购金额", "首次认购金额", "起投金额", "购买门槛", "起购门槛"),
        *("最低保费", "最低购买金额", "最低认购金额", "最低申购金额", "起购点", "首笔起购"),
    ),
    Attribute.ADDITIONAL_AMOUNT: (
        "追加金额",
        "追加",
        "递增金额",
        "追加认购",
        "追加申购",
        "追加认购金额",
        "追加申购金额",
        "加买",
        "追加购买",
        "追加购买金额",
        "追加单位",
        "递增单位",
        "递增步长",
    ),
    Attribute.CREDIT_LIMIT: (
        "授信额度",
        "最高额度",
        "贷款额度",
        "可贷额度",
        "信用额度",
        "能贷多少",
        "最多能贷",
    ),
    Attribute.BENCHMARK: ("业绩比较基准", "比较基准", "业绩基准", "业绩比较基准（年化）"),
    Attribute.BENCHMARK_BASIS: ("测算依据", "测算参照", "测算参照时点", "基准依据"),
    Attribute.RATE: ("利率", "年利率", "执行利率", "挂牌利率", "贷款利率", "存款利率", "年化利率"),
    Attribute.FEE_PURCHASE: (
        "认购/申购费",
        "认/申购费",
        "申/认购费",
        "申购/认购费",
        "认购费",
        "申购费",
        "申购费率",
        "认购费率",
    ),
    Attribute.FEE_MANAGEMENT: ("管理费", "固定管理费", "固定管理费率", "管理费率", "投资管理费", "管理费（年）"),
    Attribute.FEE_CUSTODY: ("托管费", "托管费率", "托管费（年）"),
    Attribute.FEE_SALES: ("销售服务费", "销售服务费率", "销售服务费（年）", "销售手续费", "销售费"),
    Attribute.FEE_REDEMPTION: ("赎回费", "赎回费率"),
    Attribute.FEE_ANNUAL: ("年费", "主卡年费", "附属卡年费", "年费标准"),
    Attribute.FEE: ("手续费", "工本费", "服务费", "手续费率", "每期费率", "每期手续费率", "总费率"),
    Attribute.PENALTY: ("违约金", "提前还款违约金", "滞纳金"),
    Attribute.OPENING_DAYS: ("开放规则", "开放日", "开放时间", "申购时间", "交易时间", "什么时候能买"),
    Attribute.PURCHASE_CONFIRMATION: ("申购确认", "认购确认", "购买确认", "份额确认", "确认份额"),
    Attribute.REDEMPTION_RULE: ("赎回规则", "提前赎回", "赎回方式", "能不能赎回", "什么时候能赎回"),
    Attribute.REDEMPTION_CONFIRMATION: ("赎回确认",),
    Attribute.REDEMPTION_ARRIVAL: (
        "赎回到账",
        "赎回资金到账",
        "赎回款到账",
        "赎回款项到账",
        "到账时间",
        "资金到账",
        "到账日",
        "几天到账",
        "多久到账",
    ),
    Attribute.RAISING_PERIOD: ("募集期", "发行期", "认购期", "募集时间", "募集起止日期", "募集期限", "募集起止日"),
    Attribute.START_DATE: ("成立日", "产品成立日", "起息日", "起始日", "成立日（起息日）"),
    Attribute.MATURITY: ("到期日", "产品到期日", "什么时候到期", "哪天到期"),
    Attribute.PRINCIPAL_PROTECTION: ("是否保本", "不保本", "保本", "保障本金", "本金保障", "非保本"),
    Attribute.ISSUER: ("发行机构", "发行人", "发行方", "管理人", "产品管理人", "谁发行的", "哪家发行"),
    Attribute.STATUS: ("状态", "产品状态", "在售状态", "销售状态"),
}

_BEFORE_NAME = re.compile(r"^(?:本?产品|理财产品)")
_AFTER_NAME = re.compile(r"(?:日期|日|率|标准|规则)$")
_BY_WORD = {word: attribute for attribute, words in _WORDS.items() for word in words}
_ANY = re.compile("|".join(re.escape(word) for word in sorted(_BY_WORD, key=len, reverse=True)))


@dataclass(frozen=True)
class NamedAttribute:
    """`text[start:end]` is the word by which the text names the attribute."""

    attribute: Attribute
    start: int
    end: int


def attributes_in(text: str) -> list[NamedAttribute]:
    """Every attribute that a text names, left to right; the longest word wins its characters."""
    return [NamedAttribute(_BY_WORD[m[0]], *m.span()) for m in _ANY.finditer(text)]


def words_of(attribute: Attribute) -> tuple[str, ...]:
    """Every word by which a text may name it, its label first."""
    return _WORDS[attribute]


def attribute_of(name: str) -> Attribute | None:
    """The attribute that a table's header or a label means, if it is one and names nothing else."""
    bare = re.sub(r"[（(][^）)]*[）)]|[:：\s]", "", name)
    without = _BEFORE_NAME.sub("", bare)
    spellings = (bare, name, without, _AFTER_NAME.sub("", bare), _AFTER_NAME.sub("", without))
    return next((_BY_WORD[spelling] for spelling in spellings if spelling in _BY_WORD), None)
