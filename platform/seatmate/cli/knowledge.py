"""`seatmate product CODE` and `seatmate answers pin|list|withdraw`: looking up a product, and approved answers."""

import json as json_
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from seatmate.cli.client import ApiClient
from seatmate.cli.show import console
from seatmate.domain.errors import BadInput
from seatmate.settings import Settings

answers = typer.Typer(help="标准答案：经复核、优先于生成的答案。 Approved answers.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print data as JSON")]


def product(
    code: Annotated[str, typer.Argument(help="产品代码，如 YCWY090A")],
    as_of: Annotated[str | None, typer.Option(help="口径时间，RFC 3339")] = None,
    json: AsJson = False,
) -> None:
    """A product as the documents state it on a day, with its history and the place that states each value."""
    sheet = ApiClient(Settings.load()).get(f"/api/knowledge/products/{code}", **({"as_of": as_of} if as_of else {}))
    if json:
        console.print_json(data=sheet)
        return
    title = f"{sheet['name']}（{sheet['code']}）  快照 {sheet['snapshot']}  口径 {sheet['as_of'][:16]}"
    console.print(_values(title, sheet["facts"]))
    if sheet["history"]:
        console.print(_values("以前与以后", sheet["history"]))
    if sheet["withheld"]:
        console.print("[yellow]该产品的资料互相矛盾，暂不展示。")


@answers.command()
def pin(
    file: Annotated[
        Path, typer.Argument(help="JSON 文件：approved_id、questions、text、sources、scope、reviewed_by …")
    ],
) -> None:
    """Pin a reviewed answer. Its sources must stand in documents in force and state its figures."""
    try:
        body: dict[str, Any] = json_.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read as JSON: {error}") from error
    answer = ApiClient(Settings.load()).post("/api/knowledge/approved-answers", body)
    console.print(f"已采用标准答案 {answer['approved_id']}")


@answers.command(name="list")
def list_(json: AsJson = False) -> None:
    """All pinned answers and whether their sources still stand."""
    pinned = ApiClient(Settings.load()).get("/api/knowledge/approved-answers")
    if json:
        console.print_json(data=pinned)
        return
    table = Table("编号", "问题", "答案", "复核人", "依据仍成立")
    for entry in pinned:
        answer = entry["answer"]
        stands = "是" if entry["stands"] else "[red]否，已改由模型作答"
        table.add_row(answer["approved_id"], answer["questions"][0], answer["text"], answer["reviewed_by"], stands)
    console.print(table)


@answers.command()
def withdraw(
    approved_id: Annotated[str, typer.Argument(help="编号")], by: Annotated[str, typer.Option(help="撤下人姓名")]
) -> None:
    """Stop giving an approved answer; it stays on record."""
    ApiClient(Settings.load()).delete(f"/api/knowledge/approved-answers/{approved_id}", by=by)
    console.print(f"已撤下标准答案 {approved_id}")


def _values(title: str, facts: list[dict[str, Any]]) -> Table:
    """A line for each value, with all the documents that state it."""
    stated: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for fact in facts:
        key = (fact["label"], fact["condition"], fact["value"], _days(fact["source"]))
        stated.setdefault(key, []).append(fact)
    table = Table("要素", "条件", "取值", "有效期", "出处", title=title, title_justify="left")
    for (label, condition, _, days), same in stated.items():
        titles = dict.fromkeys(f"《{fact['source']['title']}》" for fact in same)
        table.add_row(label, condition, same[0]["raw"], days, "".join(titles))
    return table


def _days(source: dict[str, Any]) -> str:
    return f"{source['valid_from'] or '…'} — {source['valid_to'] or '今'}"
