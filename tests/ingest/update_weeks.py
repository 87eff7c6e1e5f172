"""The bank of the killed updates: four drops of made-up products, and questions about them."""

from datetime import date, datetime
from pathlib import Path
from random import Random

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.ports import Visible
from seatmate.testing.drops import drop

PRODUCTS = 48
QUERIES = 40
EVERYONE = ("retail", "private_banking")
MOMENTS = tuple(datetime(2026, 11, day, 10, tzinfo=BANK_ZONE) for day in (1, 10, 30))
"""One in the days of each week's text."""
BEGINS = {"w1": date(2026, 10, 1), "w2": date(2026, 11, 9), "spare": date(2026, 11, 12), "w3": date(2026, 11, 16)}
"""Of each drop: when it is published, and from when on its new texts hold."""


def write_weeks(home: Path, seed: int, products: int = PRODUCTS) -> None:
    """In every week many texts change, some of them back; one is new, one withdrawn, one superseded, one renamed."""
    texts = {name: sheets(name, seed, products) for name in BEGINS}
    for week, (name, day) in enumerate(BEGINS.items()):
        files: dict[str, str] = {}
        rows = []
        for doc_id, (text, revised) in texts[name].items():
            path = f"{'moved/' if week and doc_id == 'p10' else ''}{doc_id}.md"
            files[path] = text
            number = int(doc_id[1:])
            rows.append(
                {
                    "path": path,
                    "doc_id": doc_id,
                    "title": f"{product_name(number)}产品说明书",
                    "doc_type": "产品说明书",
                    "product_codes": product_code(number),
                    "scope": "private_banking" if number % 7 == 6 else "retail",
                    "valid_from": revised.isoformat(),
                    "published_at": f"{day.isoformat()}T09:00:00+08:00",
                    "supersedes": f"p{week}" if number == products + week else "",
                }
            )
        # Says another minimum amount than the product's own sheet: the product is withheld.
        files["odd.md"] = f"# 起购金额提示\n\n{product_name(5)}（{product_code(5)}）的起购金额为777元。\n"
        rows.append(
            {
                "path": "odd.md", "doc_id": "odd", "title": "起购金额提示", "doc_type": "公告",
                "product_codes": product_code(5), "scope": "retail", "valid_from": "2026-10-01",
                "published_at": f"{day.isoformat()}T09:00:00+08:00",
            }
        )  # fmt: skip
        drop(home / "drops" / name, files, rows)


def sheets(name: str, seed: int, products: int) -> dict[str, tuple[str, date]]:
    """doc_id → its text in that week, and since when it says so."""
    week = list(BEGINS).index(name)
    made = {}
    for number in [*range(products), *([products + week] if week else [])]:
        if week and number in (week, 2 * week):
            continue  # superseded by the one that is new; withdrawn
        revision = {"w1": "w1", "w2": "w2" if number % 3 == 0 else "w1"}.get(name, name if number % 2 == 0 else "w1")
        made[f"p{number}"] = (sheet(number, Random(f"{seed} {number} {revision}")), BEGINS[revision])
    return made


def sheet(number: int, rng: Random) -> str:
    rate, days = rng.randrange(105, 420) / 100, rng.choice((7, 30, 90, 180, 365))
    rows = {
        "风险等级": f"R{rng.randrange(1, 5)}",
        "产品期限": f"{days}天",
        "起购金额": f"{rng.randrange(1, 90) * 1000:,}元",
        "业绩比较基准": f"年化{rate:.2f}%",
        "固定管理费": f"{rng.randrange(1, 60) / 100:.2f}%",
        "托管费": f"{rng.randrange(1, 9) / 100:.2f}%",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return (
        f"# {product_name(number)}产品说明书\n\n产品代码：{product_code(number)}。\n\n"
        f"## 要素\n\n| 项目 | 内容 |\n|---|---|\n{table}\n\n"
        f"## 赎回\n\n{product_name(number)}持有满{days}天后每个工作日可以赎回，资金T+{rng.randrange(1, 4)}到账。"
        f"单日赎回上限为{rng.randrange(10, 900)}万元。\n"
    )


def product_name(number: int) -> str:
    first, second = "春夏秋冬晨暮星月"[number % 8], "云海山川松竹梅兰"[number // 8]
    return f"{first}{second}稳盈{(number % 5 + 1) * 30}天"


def product_code(number: int) -> str:
    return f"YCTS{number:04d}"


def questions(seed: int) -> list[tuple[str, Visible]]:
    """What is asked, and when and by whom; the snapshot is filled in where it is asked."""
    rng = Random(f"questions {seed}")
    asked = []
    for _ in range(QUERIES):
        what = rng.choice(("起购金额多少", "风险等级是几级", "业绩比较基准", "几天到账", "管理费怎么收", "上限"))
        scopes = rng.choice((("retail",), EVERYONE))
        name = product_name(rng.randrange(PRODUCTS))
        asked.append((f"{name}{what}", Visible(0, rng.choice(MOMENTS), scopes, rng.random() < 0.8)))
    return asked
