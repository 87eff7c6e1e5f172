"""A candidate is asked what its differences raise before it is published: planted mistakes are refused, and good weeks
pass.

Real records, a real index and the real question flow in the test's folder. There is no model server, so that answers
are source text; the clock is the test's.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from seatmate.domain.errors import Conflict
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.weekly import Accepted, Judgement, PublishRefused, QuestionKind, WeeklyReport
from seatmate.ingest.flow import BuildsHere
from seatmate.settings import ApiSettings, Settings
from seatmate.testing.drops import drop
from seatmate.testing.models import DeadChatModel
from seatmate.testing.weekly import MemoryWeeklyChecks
from seatmate.wiring.api import Wiring, open_wiring
from seatmate.wiring.weekly import WeeklyCheck

NOW = datetime(2026, 11, 17, 10, tzinfo=BANK_ZONE)
ACCEPTED = Accepted(by="周敏", why="与产品部核对过，资料没有错")
A, C, D = ("YCWY090A", "远川稳盈90天A"), ("YCWY090C", "远川稳盈90天C"), ("YCAX030", "远川安享30天")

Row = dict[str, str]


def listed(*products: tuple[tuple[str, str], str], since: str = "2026年11月2日") -> str:
    """A product list; each product with its minimum."""
    rows = "".join(f"| {code} | {name} | {amount} | R2 |\n" for (code, name), amount in products)
    head = "| 产品代码 | 产品全称 | 起购金额 | 风险等级 |\n|---|---|---|---|\n"
    return f"# 在售理财产品清单\n\n本清单自{since}起执行。\n\n{head}{rows}"


def sheet(product: tuple[str, str], *rows: tuple[str, str], since: str = "2026年10月1日") -> str:
    told = "".join(f"| {label} | {value} |\n" for label, value in rows)
    head = f"# {product[1]}产品说明书\n\n产品代码：{product[0]}\n\n本说明书自{since}起执行。\n\n"
    return f"{head}## 要素\n\n| 项目 | 内容 |\n|---|---|\n{told}"


def rates(one_year: str, since: str) -> str:
    rows = f"| 整存整取 | 一年 | {one_year} |\n| 整存整取 | 三年 | 1.80% |\n| 零存整取 | 一年 | 1.10% |\n"
    head = "| 存款种类 | 存期 | 年利率 |\n|---|---|---|\n"
    return f"# 存款挂牌利率表\n\n本表自{since}起执行。\n\n{head}{rows}"


def row(path: str, *codes: str, **cells: str) -> Row:
    kinds = {"list": "产品清单", "sheet": "产品说明书", "faq": "FAQ", "notice": "公告"}
    doc_id = path.partition(".")[0]
    kind = kinds.get(doc_id.partition("-")[0], "费率表")
    given = {"path": path, "doc_id": doc_id, "doc_type": kind, "product_codes": ";".join(codes), "scope": "retail"}
    return given | {"published_at": "2026-11-16T09:00:00+08:00"} | cells


@dataclass
class Bank:
    """A platform whose weeks are written here."""

    wiring: Wiring
    checks: MemoryWeeklyChecks
    check: WeeklyCheck

    async def built(self, week: str, files: Mapping[str, str], rows: Sequence[Row]) -> int:
        folder = drop(self.wiring.settings.corpus / "drops" / week, files, rows)
        report = await BuildsHere(self.wiring.stores).build(folder)
        assert not report.faults
        return report.snapshot

    async def published(self, week: str, files: Mapping[str, str], rows: Sequence[Row]) -> int:
        snapshot = await self.built(week, files, rows)
        await self.check.publish(snapshot)
        return snapshot

    async def refused(self, snapshot: int) -> WeeklyReport:
        live = await self.wiring.knowledge.live_snapshot()
        with pytest.raises(PublishRefused):
            await self.check.publish(snapshot)
        assert await self.wiring.knowledge.live_snapshot() == live
        return await self.check.newest(snapshot)


@pytest.fixture
async def bank(settings: Settings) -> AsyncIterator[Bank]:
    async with open_wiring(settings, lambda settings, closing: DeadChatModel()) as wiring:
        checks = MemoryWeeklyChecks()
        yield Bank(wiring, checks, WeeklyCheck(wiring.knowledge, wiring.asks, checks, lambda: NOW))


async def test_the_first_snapshot_of_a_bank_is_published_without_questions(bank: Bank) -> None:
    snapshot = await bank.published("W1", {"list.md": listed((A, "10,000元"))}, [row("list.md", A[0])])
    report = await bank.check.newest(snapshot)
    assert (report.live_snapshot, report.judged) == (None, ())


async def test_a_good_week_is_asked_and_published(bank: Bank) -> None:
    rows = [row("list.md", A[0], C[0]), row("rates.md"), row("sheet-a.md", A[0])]
    files = {
        "list.md": listed((A, "10,000元"), (C, "1元")),
        "rates.md": rates("1.45%", "2026年10月1日"),
        "sheet-a.md": sheet(A, ("管理费", "0.20%")),
    }
    await bank.published("W1", files, rows)
    files |= {
        "list.md": listed((A, "20,000元"), (C, "1元"), since="2026年11月16日"),
        "rates.md": rates("1.40%", "2026年11月16日"),
        "sheet-a.md": sheet(A, ("管理费", "0.15%"), since="2026年11月16日"),
    }
    snapshot = await bank.published("W2", files, rows)
    report = await bank.check.newest(snapshot)
    told = {(j.question.kind, j.question.wanted): j.judgement for j in report.judged}
    for kind, value in (
        (QuestionKind.NEW_VALUE, "amt:20000"), (QuestionKind.AS_OF_OLD, "amt:10000"), (QuestionKind.NEIGHBOUR, "amt:1"),
        (QuestionKind.NEW_VALUE, "pct:0.15"), (QuestionKind.AS_OF_OLD, "pct:0.2"),
        (QuestionKind.NEW_VALUE, "pct:1.4"), (QuestionKind.AS_OF_OLD, "pct:1.45"),
    ):  # fmt: skip
        assert told[kind, (value,)] is Judgement.RIGHT, (kind, value)
    assert report.without_model == len(report.judged)


async def test_a_new_table_that_is_not_found_beside_an_old_notice_is_refused(bank: Bank) -> None:
    rows = [row("rates.md"), row("notice-old.md")]
    files = {
        "rates.md": rates("1.45%", "2026年10月1日"),
        "notice-old.md": "# 关于调整利率的公告\n\n自2026年10月1日起，整存整取一年期年利率为1.45%。\n",
    }
    await bank.published("W1", files, rows)
    snapshot = await bank.built("W2", files | {"rates.md": rates("1.40%", "2026年11月16日")}, rows)
    documents = await bank.wiring.knowledge.documents_at(snapshot)
    new = [(d.doc_id, d.version) for d in documents if d.doc_id == "rates" and not d.superseded]
    lost = await bank.wiring.knowledge.passages_of(new)
    await bank.wiring.stores.index.close_points([passage.passage_id for passage in lost], snapshot)
    report = await bank.refused(snapshot)
    assert {(j.question.wanted, j.cited) for j in report.wrong} == {(("pct:1.4",), ("notice-old",))}


@pytest.mark.parametrize("manifest", ["2026-11-23", "2026-11-02"])
async def test_a_version_that_begins_on_another_day_than_it_says_is_refused(bank: Bank, manifest: str) -> None:
    await bank.published("W1", {"sheet-a.md": sheet(A, ("管理费", "0.20%"))}, [row("sheet-a.md", A[0])])
    files = {"sheet-a.md": sheet(A, ("管理费", "0.15%"), since="2026年11月16日")}
    snapshot = await bank.built("W2", files, [row("sheet-a.md", A[0], valid_from=manifest)])
    report = await bank.refused(snapshot)
    assert {j.question.attribute for j in report.wrong} == {"fee_management"}


async def test_rows_that_were_swapped_are_refused(bank: Bank) -> None:
    rows = [row("list.md", A[0], C[0])]
    await bank.published("W1", {"list.md": listed((A, "10,000元"), (C, "1元"))}, rows)
    swapped = listed((A, "1元"), (C, "10,000元"), since="2026年11月16日")
    report = await bank.refused(await bank.built("W2", {"list.md": swapped}, rows))
    assert {(j.question.kind, j.question.product_code) for j in report.wrong} == {
        (QuestionKind.EXCHANGED, A[0]),
        (QuestionKind.EXCHANGED, C[0]),
    }


async def test_a_sheet_left_in_for_a_product_that_left_the_list_is_refused(bank: Bank) -> None:
    rows = [row("list.md", A[0], C[0]), row("sheet-c.md", C[0])]
    files = {"list.md": listed((A, "10,000元"), (C, "1元")), "sheet-c.md": sheet(C, ("起购金额", "1元"))}
    await bank.published("W1", files, rows)
    snapshot = await bank.built("W2", files | {"list.md": listed((A, "10,000元"), since="2026年11月16日")}, rows)
    report = await bank.refused(snapshot)
    assert [(j.question.kind, j.question.product_code) for j in report.wrong] == [(QuestionKind.WITHDRAWN, C[0])]


async def test_a_product_that_is_gone_from_everywhere_is_published(bank: Bank) -> None:
    rows = [row("list.md", A[0], C[0]), row("sheet-c.md", C[0])]
    files = {"list.md": listed((A, "10,000元"), (C, "1元")), "sheet-c.md": sheet(C, ("起购金额", "1元"))}
    await bank.published("W1", files, rows)
    left = {"list.md": listed((A, "10,000元"), since="2026年11月16日")}
    snapshot = await bank.published("W2", left, [row("list.md", A[0])])
    asked = [j for j in (await bank.check.newest(snapshot)).judged if j.question.kind is QuestionKind.WITHDRAWN]
    assert asked
    assert {j.judgement for j in asked} == {Judgement.RIGHT}


async def test_an_old_faq_beside_a_new_sheet_is_withheld_or_refused(bank: Bank) -> None:
    rows = [row("sheet-a.md", A[0]), row("faq-a.md", A[0])]
    faq = "# 理财常见问题\n\n## 稳盈90天A管理费多少？\n\n远川稳盈90天A的管理费是0.20%。\n"
    await bank.published("W1", {"sheet-a.md": sheet(A, ("管理费", "0.20%")), "faq-a.md": faq}, rows)
    changed = sheet(A, ("管理费", "0.15%"), since="2026年11月16日")
    snapshot = await bank.built("W2", {"sheet-a.md": changed, "faq-a.md": faq}, rows)
    report = await bank.check.run(snapshot)
    asked = [j for j in report.judged if j.question.wanted == ("pct:0.15",)]
    assert report.withheld == (A[0],) or report.wrong
    assert all(j.for_people for j in asked)


async def test_a_change_that_is_yet_to_come_leaves_the_old_value_until_then(bank: Bank) -> None:
    await bank.published("W1", {"sheet-a.md": sheet(A, ("管理费", "0.20%"))}, [row("sheet-a.md", A[0])])
    files = {"sheet-a.md": sheet(A, ("管理费", "0.15%"), since="2026年11月23日")}
    snapshot = await bank.published("W2", files, [row("sheet-a.md", A[0])])
    judged = (await bank.check.newest(snapshot)).judged
    told = {(f"{j.question.asked_at.astimezone(BANK_ZONE):%m-%d}", j.question.wanted): j.judgement for j in judged}
    assert told == {
        ("11-17", ("pct:0.2",)): Judgement.RIGHT,
        ("11-22", ("pct:0.2",)): Judgement.RIGHT,
        ("11-23", ("pct:0.15",)): Judgement.RIGHT,
    }


async def test_a_wrong_candidate_is_published_when_somebody_answers_for_it_and_that_is_kept(bank: Bank) -> None:
    rows = [row("list.md", A[0], C[0])]
    await bank.published("W1", {"list.md": listed((A, "10,000元"), (C, "1元"))}, rows)
    swapped = listed((A, "1元"), (C, "10,000元"), since="2026年11月16日")
    snapshot = await bank.built("W2", {"list.md": swapped}, rows)
    await bank.refused(snapshot)
    status = await bank.check.publish(snapshot, ACCEPTED)
    assert status.state == "live"
    report = await bank.check.newest(snapshot)
    assert report.accepted is not None
    assert (report.accepted.by, report.accepted.at) == ("周敏", NOW)
    assert report.wrong


async def test_a_report_on_another_live_snapshot_does_not_count(bank: Bank) -> None:
    rows = [row("list.md", A[0], C[0])]
    first = await bank.published("W1", {"list.md": listed((A, "10,000元"), (C, "1元"))}, rows)
    await bank.published("W2", {"list.md": listed((A, "20,000元"), (C, "1元"), since="2026年11月9日")}, rows)
    third = await bank.built("W3", {"list.md": listed((A, "1元"), (C, "10,000元"), since="2026年11月16日")}, rows)
    assert not (await bank.check.run(third)).wrong
    await bank.wiring.knowledge.move_pointer(first)
    await bank.refused(third)
    report = await bank.checks.report_on(third, first, await bank.wiring.asks.release_for(None))
    assert report is not None
    assert report.wrong


async def test_over_http_a_check_is_run_shown_and_needed(open_api: Any, settings: Settings) -> None:
    keys = ApiSettings(keys={"k-admin": ("retail", "admin"), "k-agent": ("retail",)})
    admin, agent = ({"Authorization": f"Bearer {key}"} for key in ("k-admin", "k-agent"))
    rows, drops = [row("list.md", A[0], C[0])], settings.corpus / "drops"
    drop(drops / "W1", {"list.md": listed((A, "10,000元"), (C, "1元"))}, rows)
    drop(drops / "W2", {"list.md": listed((A, "1元"), (C, "10,000元"), since="2026年11月16日")}, rows)
    async with open_api(model=DeadChatModel(), api=keys, publish=False) as client:

        async def post(path: str, **body: Any) -> Any:
            return await client.post(f"/api/knowledge/{path}", json=body, headers=admin)

        first = (await post("builds", drop="W1")).json()["snapshot"]
        assert (await post("publish", snapshot=first)).status_code == 200
        second = (await post("builds", drop="W2")).json()["snapshot"]
        assert (await client.get(f"/api/knowledge/checks/{second}", headers=admin)).status_code == 404
        assert (await client.post("/api/knowledge/checks", json={"snapshot": second}, headers=agent)).status_code == 403
        checked = (await post("checks", snapshot=second)).json()
        assert "wrong" in {judged["judgement"] for judged in checked["judged"]}
        refused = await post("publish", snapshot=second)
        assert (refused.status_code, refused.json()["code"]) == (409, "WEEKLY_CHECK_FAILED")
        assert "起购金额" in refused.json()["detail"]
        assert (await client.get(f"/api/knowledge/checks/{second}", headers=admin)).json() == checked
        assert (await post("publish", snapshot=second, accepted={"by": "周敏", "why": "短"})).status_code == 422
        accepted = await post("publish", snapshot=second, accepted=ACCEPTED.model_dump())
        assert accepted.json()["state"] == "live"
        assert (await post("checks", snapshot=99)).status_code == 404


async def test_what_went_live_meanwhile_is_not_overtaken(bank: Bank) -> None:
    rows = [row("list.md", A[0], C[0])]
    first = await bank.published("W1", {"list.md": listed((A, "10,000元"), (C, "1元"))}, rows)
    second = await bank.published("W2", {"list.md": listed((A, "20,000元"), (C, "1元"), since="2026年11月9日")}, rows)
    ledger = bank.wiring.knowledge
    third = await bank.built("W3", {"list.md": listed((A, "30,000元"), (C, "1元"), since="2026年11月16日")}, rows)

    class Meanwhile(MemoryWeeklyChecks):
        async def keep(self, report: WeeklyReport) -> None:
            await super().keep(report)
            await ledger.move_pointer(first)

    check = WeeklyCheck(ledger, bank.wiring.asks, Meanwhile(), lambda: NOW)
    with pytest.raises(Conflict, match="meanwhile"):
        await check.publish(third)
    assert second != await ledger.live_snapshot() == first
