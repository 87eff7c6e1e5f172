"""The doors to knowledge: what a product is on a day, where a citation points, waivers, approved answers, builds."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from seatmate.settings import ApiSettings, Settings
from seatmate.testing.drops import drop

KEYS = ApiSettings(keys={"k-admin": ("retail", "admin"), "k-agent": ("retail",), "k-private": ("private_banking",)})
ADMIN, AGENT, PRIVATE = ({"Authorization": f"Bearer {key}"} for key in ("k-admin", "k-agent", "k-private"))


def sheet(fee: str, amount: str = "10,000元", since: str = "2026年10月1日") -> str:
    return (
        f"# 远川稳盈90天A产品说明书\n\n产品代码：YCWY090A\n\n本说明书自{since}起执行。\n\n"
        f"## 要素\n\n| 项目 | 内容 |\n|---|---|\n| 起购金额 | {amount} |\n| 风险等级 | R2 |\n| 管理费 | {fee} |\n"
    )


def table(amount: str) -> str:
    return (
        "# 在售理财产品清单\n\n| 产品代码 | 产品全称 | 起购金额 | 风险等级 |\n|---|---|---|---|\n"
        f"| YCWY090A | 远川稳盈90天A | {amount} | R2 |\n"
    )


SHEET_ROW = {"path": "a.md", "doc_id": "a", "doc_type": "产品说明书", "product_codes": "YCWY090A", "scope": "retail"}
TABLE_ROW = {
    "path": "list.md",
    "doc_id": "list",
    "doc_type": "产品清单",
    "product_codes": "YCWY090A",
    "scope": "retail",
}


@pytest.fixture
def drops(settings: Settings) -> Path:
    return settings.corpus / "drops"


async def published(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    built = await client.post("/api/knowledge/builds", json={"drop": name}, headers=ADMIN)
    assert built.status_code == 200, built.text
    report: dict[str, Any] = built.json()
    await client.post("/api/knowledge/publish", json={"snapshot": report["snapshot"]}, headers=ADMIN)
    return report


async def test_a_product_is_what_its_documents_said_on_the_day(open_api: Any, drops: Path) -> None:
    drop(drops / "W1", {"a.md": sheet("0.20%")}, [SHEET_ROW])
    drop(drops / "W2", {"a.md": sheet("0.15%", since="2026年11月16日")}, [SHEET_ROW])
    async with open_api(api=KEYS) as client:
        await published(client, "W1")
        await published(client, "W2")
        for day, fee, history in (
            ("2026-11-15T23:59:59", "0.20%", ["0.15%"]),
            ("2026-11-16T00:00:00", "0.15%", ["0.20%"]),
        ):
            found = (await client.get(
                "/api/knowledge/products/YCWY090A", params={"as_of": f"{day}+08:00"}, headers=AGENT
            )).json()  # fmt: skip
            told = {fact["attribute"]: fact for fact in found["facts"]}
            assert told["fee_management"]["raw"] == fee
            assert [f["raw"] for f in found["history"] if f["attribute"] == "fee_management"] == history
            source = told["fee_management"]["source"]
            text = (await client.get(
                f"/api/knowledge/documents/{source['doc_id']}/{source['version']}", headers=AGENT
            )).json()["text"]  # fmt: skip
            assert text[source["start"] : source["end"]] == source["quote"]


async def test_what_a_caller_may_not_know_of_does_not_exist_for_him(open_api: Any, drops: Path) -> None:
    drop(drops / "W1", {"a.md": sheet("0.20%")}, [SHEET_ROW])
    async with open_api(api=KEYS) as client:
        await published(client, "W1")
        known = await client.get("/api/knowledge/products/YCWY090A", headers=AGENT)
        source = known.json()["facts"][0]["source"]
        for path in ("products/YCWY090A", "products/NOSUCH", f"documents/{source['doc_id']}/{source['version']}"):
            refused = await client.get(f"/api/knowledge/{path}", headers=PRIVATE)
            assert refused.status_code == 404
            assert "远川稳盈" not in refused.text
        assert (await client.get("/api/knowledge/products", headers=PRIVATE)).json() == []
        for method, path in (
            ("GET", "reports/1"), ("POST", "waivers"), ("GET", "approved-answers"), ("POST", "builds"),
        ):  # fmt: skip
            assert (await client.request(method, f"/api/knowledge/{path}", headers=AGENT, json={})).status_code == 403


async def test_a_product_in_dispute_is_not_shown_until_it_is_waived_by_name(open_api: Any, drops: Path) -> None:
    drop(drops / "W1", {"a.md": sheet("0.20%"), "list.md": table("1元")}, [SHEET_ROW, TABLE_ROW])
    async with open_api(api=KEYS) as client:
        report = await published(client, "W1")
        [dispute] = report["disagreements"]
        assert (dispute["product_code"], dispute["attribute"]) == ("YCWY090A", "min_amount")
        assert {(s["doc_id"], s["raw"]) for s in dispute["stated"]} == {("a", "10,000元"), ("list", "1元")}
        found = (await client.get("/api/knowledge/products/YCWY090A", headers=AGENT)).json()
        assert (found["withheld"], found["facts"], found["disagreements"]) == (True, [], [])
        asked = {"question": "远川稳盈90天A起购金额多少"}
        refused = (await client.post("/api/ask", json=asked, headers=AGENT)).json()
        assert (refused["status"], refused["reason"]) == ("abstained", "PRODUCT_WITHHELD")
        body = {"snapshot": report["snapshot"], "product_code": "YCWY090A", "by": "周敏", "reason": "以说明书为准"}
        assert (await client.post("/api/knowledge/waivers", json=body, headers=ADMIN)).status_code == 200
        shown = (await client.get("/api/knowledge/products/YCWY090A", headers=AGENT)).json()
        assert (shown["withheld"], shown["waivers"]) == (False, [])
        owned = (await client.get("/api/knowledge/products/YCWY090A", headers=ADMIN)).json()
        assert [waiver["by"] for waiver in owned["waivers"]] == ["周敏"]
        answered = (await client.post("/api/ask", json=asked, headers=AGENT)).json()
        assert answered["reason"] != "PRODUCT_WITHHELD"


async def test_an_approved_answer_is_pinned_given_and_withdrawn(open_api: Any) -> None:
    pinned = {
        "approved_id": "rate-1",
        "questions": ["一年定期利率是多少"],
        "text": "一年期整存整取年利率为1.45%。",
        "sources": [{"doc_id": "rate", "quote": "整存整取一年期年利率为1.45%"}],
        "scope": ["retail"],
        "reviewed_by": "周敏",
    }
    async with open_api(api=KEYS) as client:
        wrong = pinned | {"approved_id": "rate-0", "text": "一年期整存整取年利率为1.54%。"}
        assert (await client.post("/api/knowledge/approved-answers", json=wrong, headers=ADMIN)).status_code == 422
        assert (await client.post("/api/knowledge/approved-answers", json=pinned, headers=ADMIN)).status_code == 200
        [listed] = (await client.get("/api/knowledge/approved-answers", headers=ADMIN)).json()
        assert listed["stands"] is True
        answer = (await client.post("/api/ask", json={"question": "请问一年定期利率是多少"}, headers=AGENT)).json()
        assert (answer["approved_id"], answer["text"]) == ("rate-1", pinned["text"])
        gone = await client.delete("/api/knowledge/approved-answers/rate-1", params={"by": "周敏"}, headers=ADMIN)
        assert gone.status_code == 200
        answer = (await client.post("/api/ask", json={"question": "请问一年定期利率是多少"}, headers=AGENT)).json()
        assert answer["approved_id"] is None


async def test_a_build_tells_its_steps_while_it_works(open_api: Any, drops: Path) -> None:
    drop(drops / "W1", {"a.md": sheet("0.20%")}, [SHEET_ROW])
    async with open_api(api=KEYS) as client:
        streamed = await client.post(
            "/api/knowledge/builds", json={"drop": "W1"}, headers=ADMIN | {"Accept": "text/event-stream"}
        )
        events = [block.split("\n", 1) for block in streamed.text.strip().split("\n\n")]
        assert [name for name, _ in events] == ["event: step"] * 4 + ["event: report"]
        report = json.loads(events[-1][1].removeprefix("data: "))
        kept = (await client.get(f"/api/knowledge/reports/{report['snapshot']}", headers=ADMIN)).json()
        assert kept["changes"] == report["changes"]
        missing = await client.post(
            "/api/knowledge/builds", json={"drop": "W9"}, headers=ADMIN | {"Accept": "text/event-stream"}
        )
        assert missing.status_code == 404


async def test_search_can_be_pinned_to_an_earlier_snapshot(open_api: Any, drops: Path) -> None:
    drop(drops / "W1", {"a.md": sheet("0.20%")}, [SHEET_ROW])
    drop(drops / "W2", {"a.md": sheet("0.15%")}, [SHEET_ROW])
    async with open_api(api=KEYS) as client:
        first, second = (await published(client, "W1"))["snapshot"], (await published(client, "W2"))["snapshot"]
        for snapshot, fee in ((first, "0.20%"), (second, "0.15%"), (None, "0.15%")):
            body = {"query": "稳盈90天A管理费"} | ({"snapshot": snapshot} if snapshot else {})
            found = (await client.post("/api/search", json=body, headers=AGENT)).json()
            assert any(fee in passage["text"] for passage in found["passages"])
        unknown = await client.post("/api/search", json={"query": "管理费", "snapshot": 99}, headers=AGENT)
        assert unknown.status_code == 404


async def test_a_document_handed_to_other_readers_is_theirs_with_all_that_it_ever_said(
    open_api: Any, drops: Path
) -> None:
    private = SHEET_ROW | {"scope": "private_banking"}
    drop(drops / "W1", {"a.md": sheet("0.20%")}, [SHEET_ROW])
    drop(drops / "W2", {"a.md": sheet("0.15%", since="2026年11月16日")}, [private])
    async with open_api(api=KEYS) as client:
        first = (await published(client, "W1"))["snapshot"]
        before = (await client.get("/api/knowledge/products/YCWY090A", headers=AGENT)).json()["facts"][0]["source"]
        await published(client, "W2")
        october = "2026-11-01T10:00:00+08:00"
        for path in (
            f"documents/{before['doc_id']}/{before['version']}",
            "products/YCWY090A",
            f"products/YCWY090A?snapshot={first}",
        ):
            assert (await client.get(f"/api/knowledge/{path}", headers=AGENT)).status_code == 404
        for body in ({"as_of": october}, {"as_of": october, "snapshot": first}):
            found = await client.post("/api/search", json={"query": "稳盈90天A管理费"} | body, headers=AGENT)
            assert "0.20%" not in found.text
            theirs = await client.post("/api/search", json={"query": "稳盈90天A管理费"} | body, headers=PRIVATE)
            assert ("0.20%" in theirs.text) is ("snapshot" not in body)
