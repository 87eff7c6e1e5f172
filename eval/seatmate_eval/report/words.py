"""How the report says a number, a suite, a state: Chinese for people, English keys where they are identifiers."""

from seatmate.domain.verdicts import Outcome
from seatmate_eval.metrics.catalogue import METRICS, Metric, Unit

SUITES = {
    "ask": "问答（综合）",
    "answer": "问答",
    "time": "时点与有效期",
    "refusal": "拒答",
    "neighbour": "近似产品混淆",
    "incidents": "历史事故",
    "retrieval": "检索",
    "permission": "权限",
    "injection": "注入攻击",
    "redaction": "脱敏",
    "aftercall-chat": "会话小结·KYC·客户之声（在线）",
    "aftercall-phone": "通话小结·KYC·客户之声（电话）",
    "nodes": "流程节点",
    "compliance": "合规规则",
}
OUTCOMES = {
    Outcome.PASS: ("good", "✓", "通过"),
    Outcome.FAIL: ("bad", "✕", "不通过"),
    Outcome.INSUFFICIENT: ("warn", "?", "证据不足"),
    Outcome.WAIVED: ("waive", "◇", "豁免"),
}
"""Tone, sign and word. The sign and the word say it without the colour."""
KINDS = {
    "floor": ("底线", "零容忍：任何一题、任何一次出现即不通过。没有出现时，以 95% 的把握其比例低于 3/题数。"),
    "complete": ("完整性", "运行必须完整：每一套件在场、未过期、没有中断，未评分的题不得过多。"),
    "minimum": ("最低水平", "候选发布自身须达到的水平，与线上无关。"),
    "no_regression": (
        "不退步",
        "同一批题上候选减线上，正数为更好；区间下端须高于负的容忍幅度。区间比容忍幅度还宽时，结论是证据不足。",
    ),
}
"""In the order in which they are read."""
PARTS = {
    "base_model": "基础模型",
    "adapter": "适配器",
    "prompts": "提示词",
    "schemas": "输出结构",
    "rules": "合规规则包",
    "encoder": "向量编码器",
    "retrieval": "检索参数",
    "analysis": "话后分析参数",
    "corpus": "资料快照",
    "code": "代码版本",
}
CHECKS = {
    "state": "运行已完成",
    "limit": "未限题数",
    "identity": "文件夹与运行号一致",
    "release": "版本与部件哈希一致",
    "code": "指标代码一致",
    "corpus": "资料一致",
    "repeats": "重复次数",
    "suites": "套件齐全且未改动",
    "age": "未过期",
    "items": "每题每次各有一条记录",
    "crashed": "没有出错的题",
    "cases": "题数足够",
    "scores": "得分与记录相符",
    "live-run": "有线上版本的运行可比",
    "other-run": "线上运行不是候选自己",
}
_SMALL_UNITS = {"ms": "毫秒", "s": "秒", "tokens": "词元", "count": ""}


def suite_word(name: str) -> str:
    return SUITES.get(name, name)


def metric_word(name: str) -> str:
    """A metric that the catalogue of today does not know keeps its name."""
    metric = metric_of(name)
    return metric.label if metric else name


def check_word(id_: str) -> str:
    """A check without a metric, by the parts of its id: `complete/live/time/items`."""
    kind, *places, what = id_.split("/")
    where = [{"live": "线上运行", "run": "本次运行"}.get(place, suite_word(place)) for place in places]
    return " · ".join((*where, CHECKS.get(what, what))) if kind in KINDS else id_


def metric_of(name: str) -> Metric | None:
    try:
        return METRICS[name]
    except KeyError:
        return None


def number(value: float | None, unit: Unit) -> str:
    if value is None:
        return "—"
    if unit == "share":
        return f"{100 * value:.1f}%"
    word = _SMALL_UNITS[unit]
    return f"{_digits(value)} {word}".rstrip()


def change(value: float | None, unit: Unit) -> str:
    """A difference: shares in percentage points, with a real minus sign."""
    if value is None:
        return "—"
    sign = _sign(value) or "±"
    if unit == "share":
        return f"{sign}{100 * abs(value):.1f} 百分点"
    word = _SMALL_UNITS[unit]
    return f"{sign}{_digits(abs(value))} {word}".rstrip()


def interval(low: float | None, high: float | None, unit: Unit, signed: bool = False) -> str:
    if low is None or high is None:
        return ""
    if unit == "share":
        ends = (f"{_sign(end)}{100 * abs(end):.1f}" if signed else f"{100 * end:.1f}" for end in (low, high))
        return " 至 ".join(ends) + ("" if signed else "%")
    return " 至 ".join(f"{_sign(end)}{_digits(abs(end))}" if signed else _digits(end) for end in (low, high))


def seconds(value: float) -> str:
    if value < 1:
        return f"{1000 * value:.0f} 毫秒"
    if value < 120:
        return f"{value:.0f} 秒" if value == int(value) else f"{value:.1f} 秒"
    return f"{value / 60:.1f} 分钟"


def _sign(value: float) -> str:
    return "+" if value > 0 else "−" if value < 0 else ""


def _digits(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
