"""`seatmate-eval add-case --from-answer ID`: what went wrong once is asked of every later release."""

from typing import Annotated, cast, get_args

import typer
from rich.console import Console

from seatmate.cli.client import ApiClient
from seatmate.domain.answers import Answer
from seatmate.domain.errors import BadInput
from seatmate.settings import Settings
from seatmate_eval.cases import AskKind
from seatmate_eval.incidents import Gold, add
from seatmate_eval.sample_bank import DROPS, documents_of, drops_of
from seatmate_eval.suites import SUITES

console = Console()


def add_case_command(
    from_answer: Annotated[str, typer.Option(help="答复编号，如 ans-…")],
    reviewer: Annotated[str, typer.Option(help="复核人姓名")],
    kind: Annotated[str, typer.Option(help=f"题型：{'、'.join(get_args(AskKind))}")],
    abstain: Annotated[bool, typer.Option(help="正确做法是不作答")] = False,
    figure: Annotated[list[str] | None, typer.Option(help="正确答复必须含有的数字，可多次")] = None,
    point: Annotated[list[str] | None, typer.Option(help="正确答复必须说到的话，多种说法用 | 分开，可多次")] = None,
    doc: Annotated[list[str] | None, typer.Option(help="依据的资料 doc_id，可多次")] = None,
    trap_figure: Annotated[list[str] | None, typer.Option(help="错误答复里的数字，可多次")] = None,
    trap_doc: Annotated[list[str] | None, typer.Option(help="不该引用的资料，可多次")] = None,
) -> None:
    """Add a case to eval/suites/incidents.jsonl from a recorded answer of the running platform."""
    if kind not in get_args(AskKind):
        raise BadInput(f"there is no kind {kind}: {', '.join(get_args(AskKind))}")
    answer = Answer.model_validate(ApiClient(Settings.load()).get(f"/api/answers/{from_answer}"))
    gold = Gold(
        kind=cast(AskKind, kind),
        status="abstained" if abstain else "grounded",
        reviewer=reviewer,
        figures=tuple(figure or ()),
        points=tuple(point or ()),
        doc_ids=tuple(doc or ()),
        trap_figures=tuple(trap_figure or ()),
        trap_doc_ids=tuple(trap_doc or ()),
    )
    case = add(answer, gold, SUITES / "incidents.jsonl", documents_of(drops_of(DROPS)))
    console.print(f"已加入 {case.id}：{case.question}", markup=False)
    console.print("评测题变了：已有的评测结论不再有效，请重新运行 seatmate-eval run")
