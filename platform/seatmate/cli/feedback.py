"""`seatmate feedback up|down ANSWER_ID`: what an agent thinks of an answer. `seatmate ask` shows its id."""

from typing import Annotated, Any

import typer

from seatmate.cli.client import ApiClient
from seatmate.cli.show import console
from seatmate.domain.feedback import DownReason
from seatmate.settings import Settings

app = typer.Typer(help="评价：答复有用或有误。 Thumbs on answers.", no_args_is_help=True)

AnswerId = Annotated[str, typer.Argument(help="答复编号，如 ans-…")]
By = Annotated[str, typer.Option(help="坐席")]
Comment = Annotated[str, typer.Option(help="补充说明；号码会被遮蔽")]
AsJson = Annotated[bool, typer.Option("--json", help="print data as JSON")]


@app.command()
def up(answer_id: AnswerId, by: By, comment: Comment = "", json: AsJson = False) -> None:
    """The answer is right and of use."""
    _give({"answer_id": answer_id, "verdict": "up", "by": by, "comment": comment}, json)


@app.command()
def down(
    answer_id: AnswerId,
    by: By,
    reason: Annotated[DownReason, typer.Option(help="哪里不对")] = DownReason.OTHER,
    comment: Comment = "",
    json: AsJson = False,
) -> None:
    """The answer is wrong or of no use, and why."""
    body = {"answer_id": answer_id, "verdict": "down", "reason": reason.value, "by": by, "comment": comment}
    _give(body, json)


def _give(body: dict[str, Any], json: bool) -> None:
    kept = ApiClient(Settings.load()).post("/api/feedback", body)
    if json:
        console.print_json(data=kept)
        return
    said = "有用" if kept["reason"] is None else DownReason(kept["reason"]).label
    console.print(f"已记下 {kept['by']} 对 {kept['answer_id']} 的评价：{said}")
