"""A bank made from a seed: passages and questions by the hundred thousand, and drops of whole documents.

No sentence is of a real bank. What counts for speed is alike: how long a passage is, how many terms it has, how often a
term occurs (every passage of rates says 年化), how many scopes, weeks and ends there are.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seatmate.domain.knowledge import OPEN_SNAPSHOT, Passage

NOW = datetime(2026, 11, 18, 2, tzinfo=UTC)
WEEKS = 10
CHURN = 0.05
"""Share of the passages that a week replaces."""
ALWAYS, FOR_EVER = -(2**40), 2**40
SCOPES = ("retail", "wealth", "private", "corporate", "branch", "supervisor")
_SHARES = (50, 20, 8, 12, 6, 4)
_SEASONS = "春夏秋冬晨暮星月云海山川松竹梅兰荷菊桂枫岚霖澄澜禾穗谷丰盈泰安宁康裕恒远瑞祥嘉和睦诚信"
_ENDINGS = [
    "添益",
    "稳盈",
    "聚宝",
    "安享",
    "优选",
    "增利",
    "月月盈",
    "日日金",
    "季季红",
    "年年丰",
    "双周利",
    "养老宝",
    "亲子存",
    "定投通",
    "活期宝",
    "薪享贷",
    "装修贷",
    "结算通",
    "票据池",
    "汇兑通",
]
_KINDS = [
    "理财产品",
    "定期存款",
    "大额存单",
    "结构性存款",
    "个人贷款",
    "信用卡",
    "代销基金",
    "代销保险",
    "跨境汇款",
    "企业结算",
    "贵金属",
    "国债",
]
_PLACES = ["手机银行", "网上银行", "营业网点", "智能柜台", "远程柜台", "客户经理处", "企业微信", "电话银行"]
_PAPERS = [
    "身份证原件",
    "银行卡",
    "收入证明",
    "户口簿",
    "结婚证",
    "营业执照",
    "授权委托书",
    "购房合同",
    "完税证明",
    "居住证明",
    "公证书",
    "印鉴卡",
]
_STEPS = (
    "核对客户身份并联网核查",
    "请客户阅读风险揭示书并抄录确认语句",
    "在系统内录入申请要素并拍摄资料影像",
    "由第二名柜员复核授权",
    "提示客户设置交易限额",
    "告知客户到账时间和查询方式",
    "登记回访名单并约定回访时段",
    "打印回单交客户签字",
    "把异常情况上报值班经理",
    "为客户开通短信动账提醒",
)
_WHEN = [
    "遇节假日顺延",
    "工作日十五时前受理当日生效",
    "夜间申请次日处理",
    "周末不办理此项业务",
    "月末最后一个工作日暂停受理",
]
_WHO = [
    "首次办理的客户",
    "年满六十周岁的客户",
    "代发工资客户",
    "私人银行客户",
    "小微企业主",
    "外籍客户",
    "未成年人的监护人",
    "风险等级不足的客户",
]
_ASKS = (
    "{name}的{what}是多少",
    "{name}怎么办理",
    "办{name}要带什么材料",
    "{name}提前支取怎么算",
    "{name}{what}和上周比变了吗",
    "{who}能买{name}吗",
    "{place}能不能办{name}",
    "{code}起购金额",
    "{name}赎回几天到账",
    "客户问{name}{what}，怎么回答",
    "{days}天的{kind}年化多少",
    "{paper}丢了还能办{kind}吗",
    "{kind}手续费",
    "{name}和{other}哪个{what}高",
)
_DOCUMENTS = ("说明书", "费率表", "操作规程", "问答")
_ASKED = [
    "年化利率",
    "起购金额",
    "手续费",
    "风险等级",
    "期限",
    "业绩比较基准",
    "赎回规则",
    "额度上限",
    "违约金",
    "年费",
]


@dataclass(frozen=True)
class MadePassage:
    """What an IndexPoint has but the vectors, and the text that they are made from."""

    passage_id: str
    text: str
    scope: tuple[str, ...]
    product_codes: tuple[str, ...]
    since: int
    until: int
    snap_from: int
    snap_to: int


def products(seed: int, count: int) -> list[tuple[str, str, str]]:
    """(code, name, kind) of each product."""
    rng = random.Random(f"products {seed}")
    made: dict[str, tuple[str, str, str]] = {}
    while len(made) < count:
        name = (
            "".join(rng.sample(_SEASONS, 2))
            + rng.choice(_ENDINGS)
            + rng.choice(["", "A款", "B款", "1号", "2号", "尊享版"])
        )
        made[name] = (f"{rng.choice('YCWTGB')}{rng.choice('ADRK')}{len(made):04d}", name, rng.choice(_KINDS))
    return list(made.values())


def passages(seed: int, live: int) -> Iterator[MadePassage]:
    """`live` passages that the newest of WEEKS snapshots has, and those that each earlier week replaced (CHURN)."""
    rng = random.Random(f"passages {seed}")
    known = products(seed, max(20, live // 60))
    for number in range(live):
        versions = 1 + sum(rng.random() < CHURN for _ in range(WEEKS - 1))
        starts = [1, *sorted(rng.sample(range(2, WEEKS + 1), versions - 1))]
        scope = tuple(dict.fromkeys(rng.choices(SCOPES, _SHARES, k=rng.choice((1, 1, 1, 2)))))
        product = rng.choice(known)
        kind = rng.randrange(4)
        for at, start in enumerate(starts):
            since, until = _life(rng)
            yield MadePassage(
                Passage.id_of(f"made-{seed}-{number}", str(at), 0, 1),
                f"{product[2]}{product[1]}（{product[0]}）{_DOCUMENTS[kind]}\n{_body(rng, product, kind)}",
                scope,
                (product[0],) if rng.random() < 0.7 else (product[0], rng.choice(known)[0]),
                since,
                until,
                start,
                starts[at + 1] if at + 1 < len(starts) else OPEN_SNAPSHOT,
            )


def questions(seed: int, count: int, known: Sequence[tuple[str, str, str]]) -> list[str]:
    rng = random.Random(f"questions {seed}")
    asked = []
    for _ in range(count):
        code, name, kind = rng.choice(known)
        asked.append(
            rng.choice(_ASKS).format(
                name=name,
                code=code,
                kind=kind,
                other=rng.choice(known)[1],
                what=rng.choice(_ASKED),
                who=rng.choice(_WHO),
                place=rng.choice(_PLACES),
                paper=rng.choice(_PAPERS),
                days=rng.choice((7, 30, 90, 180, 365)),
            )
        )
    return asked


def write_drop(folder: Path, seed: int, documents: int, week: int, changed: int, spread_over: int) -> Path:
    """A drop of Markdown files, ten passages each; `changed` passages, in `spread_over` documents, are of this week.

    Another week's drop of the same seed has the same files but for those passages.
    """
    folder.mkdir(parents=True)
    each = -(-changed // spread_over)
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "doc_id", "title", "doc_type", "product_codes", "scope"])
        for number, product in enumerate(products(seed, documents)):
            edits = min(each, max(0, changed - number * each))
            text = _document(random.Random(f"document {seed} {number}"), product, edits, week)
            (folder / f"{product[0]}.md").write_text(text, encoding="utf-8")
            rows.writerow(
                [f"{product[0]}.md", f"doc-{number}", f"{product[1]}{product[2]}手册", "手册", product[0], "retail"]
            )
    return folder


def _document(rng: random.Random, product: tuple[str, str, str], edits: int, week: int) -> str:
    lines = [f"# {product[1]}{product[2]}手册"]
    for section in range(10):
        body = _body(rng, product, section % 4)
        if section < edits:
            body += f"自第{week}周起，{_WHO[week % len(_WHO)]}另收{week * 7 + section + 1}元。"
        lines += [f"## {section + 1}. {rng.choice(_ASKED)}与{rng.choice(_PLACES)}办理", body]
    return "\n\n".join(lines) + "\n"


def _life(rng: random.Random) -> tuple[int, int]:
    """Most hold for ever; some begin next month, some ended last month, some end soon."""
    now = int(NOW.timestamp())
    month = 30 * 86_400
    draw = rng.random()
    if draw < 0.70:
        return ALWAYS, FOR_EVER
    if draw < 0.80:
        return now - rng.randrange(12 * month), FOR_EVER
    if draw < 0.90:
        return now - rng.randrange(month, 12 * month), now + rng.randrange(1, 6 * month)
    if draw < 0.96:
        return now - rng.randrange(6 * month, 12 * month), now - rng.randrange(1, 6 * month)
    return now + rng.randrange(1, 3 * month), FOR_EVER


def _body(rng: random.Random, product: tuple[str, str, str], kind: int) -> str:
    _, name, sort = product
    rate, days = rng.randrange(105, 520) / 100, rng.choice((7, 30, 60, 90, 180, 365, 730, 1095))
    least, fee = rng.choice((1, 5, 10, 20, 30, 100)), rng.randrange(0, 300)
    if kind == 0:
        return (
            f"{name}期限{days}天，业绩比较基准年化{rate:.2f}%，起购金额{least}万元，风险等级R{rng.randrange(1, 6)}，"
            f"赎回后T+{rng.randrange(0, 4)}到账，{rng.choice(_WHEN)}。"
            f"{rng.choice(_WHO)}须在{rng.choice(_PLACES)}完成风险评估。"
        )
    if kind == 1:
        return (
            f"档位：{least}万元至{least * 10}万元；利率：{rate:.2f}%；手续费：{fee}元；期限：{days}天；"
            f"渠道：{rng.choice(_PLACES)}；适用客户：{rng.choice(_WHO)}；备注：{rng.choice(_WHEN)}。"
        )
    if kind == 2:
        steps = "；".join(rng.sample(_STEPS, 4))
        return f"办理{sort}时请{steps}。所需材料：{'、'.join(rng.sample(_PAPERS, 3))}。{rng.choice(_WHEN)}。"
    return (
        f"问：{rng.choice(_WHO)}在{rng.choice(_PLACES)}办理{name}收费吗？"
        f"答：单笔{least}万元以下收{fee}元，超过部分按{rate / 10:.3f}%收取，"
        f"最高{fee + rng.randrange(50, 500)}元；{rng.choice(_STEPS)}，{rng.choice(_WHEN)}。"
    )
