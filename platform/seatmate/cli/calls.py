"""`seatmate calls submit|show|record|confirm|rerun|reviews|judge`: finished conversations and what became of them."""

import json as json_module
from contextlib import closing
from pathlib import Path
from typing import Annotated, Literal

import typer

from seatmate.cli.client import ApiClient
from seatmate.cli.show import console, record_panel, reviews_table
from seatmate.domain.errors import BadInput
from seatmate.settings import Settings

app = typer.Typer(help="通话：提交与查看记录。 Finished conversations.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print data as JSON")]


@app.command()
def submit(
    files: Annotated[list[Path], typer.Argument(help="会话 JSON 文件", exists=True, dir_okay=False)],
    json: AsJson = False,
) -> None:
    """Hand conversations in; each is on disk when its receipt is printed."""
    client = ApiClient(Settings.load())
    for file in files:
        try:
            conversation = json_module.loads(file.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, json_module.JSONDecodeError) as error:
            raise BadInput(f"{file}: not JSON in UTF-8 ({error})") from error
        receipt = client.post("/api/calls", conversation)
        if json:
            console.print_json(data=receipt)
        else:
            console.print(f"已收下 {receipt['conversation_id']}（{receipt['state']}）")
    if not json:
        console.print("下一步：seatmate calls record CONVERSATION_ID")


@app.command()
def show(conversation_id: str, json: AsJson = False) -> None:
    """Where a conversation stands."""
    receipt = ApiClient(Settings.load()).get(f"/api/calls/{conversation_id}")
    if json:
        console.print_json(data=receipt)
    else:
        console.print(
            f"{receipt['conversation_id']}：{receipt['state']}，第 {receipt['attempts']} 次处理 {receipt['detail']}"
        )


@app.command()
def record(conversation_id: str, json: AsJson = False) -> None:
    """The newest record of a conversation, with its quotes."""
    found = ApiClient(Settings.load()).get(f"/api/calls/{conversation_id}/record")
    console.print_json(data=found) if json else console.print(record_panel(found))


@app.command()
def confirm(
    conversation_id: str,
    section: Annotated[Literal["kyc", "voc"], typer.Argument(help="客户事实或客户之声")],
    numbers: Annotated[list[int] | None, typer.Argument(help="成立的条目，按列出的序号；不写则只列出")] = None,
    none: Annotated[bool, typer.Option("--none", help="一条都不成立")] = False,
    by: Annotated[str, typer.Option(help="确认人，确认时必填")] = "",
    json: AsJson = False,
) -> None:
    """List the facts or voices of a record, or say which of them stand: the others are none then."""
    if numbers and none:
        raise BadInput("写了序号又写了 --none：只能选一种")
    if (numbers or none) and not by:
        raise BadInput("谁确认的？加上 --by 姓名")
    with closing(ApiClient(Settings.load())) as client:
        lines: list[str] = client.get(f"/api/calls/{conversation_id}/record/lines")[section]
        if not numbers and not none:
            console.print_json(data=lines) if json else console.print(_numbered(lines), markup=False)
            return
        if wrong := [number for number in numbers or () if not 1 <= number <= len(lines)]:
            raise BadInput(f"没有序号 {wrong}，共 {len(lines)} 条")
        stand = [lines[number - 1] for number in sorted(set(numbers or ()))]
        correction = {"section": section, "lines": stand}
        kept = client.patch(f"/api/calls/{conversation_id}/record", {"by": by, "corrections": [correction]})
    console.print_json(data=kept) if json else console.print(f"{len(lines)} 条里 {len(stand)} 条成立，已记下")


def _numbered(lines: list[str]) -> str:
    return "\n".join(f"{number} {line}" for number, line in enumerate(lines, start=1)) or "没有可确认的条目"


@app.command()
def rerun(conversation_ids: list[str], json: AsJson = False) -> None:
    """Analyse conversations again with the release that runs now; earlier records stay."""
    client = ApiClient(Settings.load())
    for conversation_id in conversation_ids:
        receipt = client.post(f"/api/calls/{conversation_id}/rerun")
        if json:
            console.print_json(data=receipt)
        else:
            kept = "、".join(receipt["recorded_releases"]) or "无"
            console.print(f"{conversation_id}：已排队重新分析；保留的记录：{kept}")


@app.command()
def reviews(
    state: Annotated[list[str] | None, typer.Option(help="open、appealed、confirmed、dismissed；默认待处理的")] = None,
    json: AsJson = False,
) -> None:
    """Compliance hits that wait for a verdict, the gravest first."""
    found = ApiClient(Settings.load()).get("/api/reviews", **({"state": state} if state else {}))
    console.print_json(data=found) if json else console.print(reviews_table(found))


@app.command()
def judge(
    conversation_id: str,
    rule: Annotated[str, typer.Argument(help="规则@版本")],
    utt_id: str,
    verdict: Annotated[Literal["confirm", "dismiss", "appeal"], typer.Argument(help="成立、不成立、申诉")],
    by: Annotated[str, typer.Option(help="复核人或坐席")],
    why: Annotated[str, typer.Option(help="理由")],
    json: AsJson = False,
) -> None:
    """Give a verdict on a hit, or appeal against one."""
    step = {"rule": rule, "utt_id": utt_id, "by": by, "why": why}
    client = ApiClient(Settings.load())
    if verdict == "appeal":
        review = client.post(f"/api/calls/{conversation_id}/appeals", step)
    else:
        review = client.post(f"/api/calls/{conversation_id}/reviews", step | {"verdict": verdict})
    console.print_json(data=review) if json else console.print(reviews_table([review]))
