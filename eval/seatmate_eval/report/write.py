"""A run's report on disk: report.html for people, report.json for programs, junit.xml for CI."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from seatmate.domain.calls import Conversation
from seatmate.domain.verdicts import GateVerdict
from seatmate_eval.report.content import gather
from seatmate_eval.report.junit import junit
from seatmate_eval.report.page import page
from seatmate_eval.report.summary_json import summary
from seatmate_eval.results import Run
from seatmate_eval.suites import Suite


def write_report(
    run: Run,
    out: Path,
    *,
    suites: Mapping[str, Suite],
    calls: Mapping[str, Conversation],
    made_at: datetime,
    live: Run | None = None,
    verdict: GateVerdict | None = None,
    command: str = "",
    key: str = "",
) -> list[Path]:
    """The files that were written. BadRun for a run that cannot be read as what it is."""
    content = gather(
        run, live=live, verdict=verdict, suites=suites, calls=calls, made_at=made_at, command=command, key=key
    )
    out.mkdir(parents=True, exist_ok=True)
    files = {"report.html": page(content), "report.json": summary(content), "junit.xml": junit(content)}
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")
    return [out / name for name in files]
