"""What a knowledge owner reads of the weekly check before and after publishing."""

from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from seatmate.cli.show_weekly import weekly_view
from seatmate.domain.weekly import Acceptance, WeeklyReport
from seatmate.testing.weekly_contract import weekly_report


def shown(report: WeeklyReport) -> str:
    written = StringIO()
    Console(file=written, width=200).print(weekly_view(report.model_dump(mode="json")))
    return written.getvalue()


def test_a_wrong_answer_is_named_and_a_right_one_is_only_counted() -> None:
    wrong, right = shown(weekly_report()), shown(weekly_report(judgement="right"))
    assert "答成 0.35%" in wrong
    assert "请人工查看" not in right
    assert "1 题" in right


def test_what_was_not_asked_and_who_accepted_it_is_said() -> None:
    accepted = Acceptance(by="周敏", why="与产品部核对过，资料没有错", at=datetime(2026, 11, 16, tzinfo=UTC))
    judged = weekly_report().judged[0].model_copy(update={"without_model": True})
    more = {"left_out": 7, "unworded": ("限额表：日累计300,000元",), "accepted": accepted, "judged": (judged,)}
    text = shown(weekly_report().model_copy(update=more))
    for words in ("7 题超出上限", "日累计300,000元", "由 周敏 放行", "模型服务没有应答"):
        assert words in text


def test_the_first_snapshot_says_that_there_is_nothing_to_compare_it_with() -> None:
    assert "首个快照" in shown(weekly_report(live=None))
