"""The report for programs: figures with their intervals, checks, cases by state, hashes. Masked like the page."""

import json
from typing import Any

from seatmate_eval.aggregate import WHOLE
from seatmate_eval.compare import Compared
from seatmate_eval.report.content import Content
from seatmate_eval.report.lines import Veil, veil_of, veil_of_all
from seatmate_eval.report.standing import Standing, State

SCHEMA = "seatmate-eval-report/1"


def summary(content: Content) -> str:
    """One JSON object, the same bytes for the same content."""
    return json.dumps(_summary(content), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _summary(content: Content) -> dict[str, Any]:
    veil = veil_of_all(content.cases.values(), content.calls.values())
    manifest = content.run.manifest
    return {
        "schema": SCHEMA,
        "made_at": content.made_at.isoformat(timespec="seconds"),
        "run": {**manifest.model_dump(mode="json"), "sha256": content.run_sha256},
        "live": {**content.live.manifest.model_dump(mode="json"), "sha256": content.live_sha256}
        if content.live
        else None,
        "notes": list(content.notes),
        "verdict": _verdict(content, veil),
        "figures": [
            row.model_dump(mode="json", exclude={"got_worse", "got_better"}) for row in content.rows if _is_told(row)
        ],
        "cases": {
            state.value: [_case(content, standing) for standing in content.of_state(state)]
            for state in State
            if state is not State.RIGHT
        },
        "right": len(content.of_state(State.RIGHT)),
        "flaky": [vars(row) for row in content.flaky],
        "unscored": [
            {**vars(row), "why": veil.hide(row.why), "case_ids": list(row.case_ids)} for row in content.unscored
        ],
        "judged": [vars(row) for row in content.judged],
        "costs": {
            name: {
                "items": cost.items,
                "cached": cost.cached,
                "seconds": round(sum(cost.seconds), 3),
                "prompt_tokens": cost.prompt_tokens if cost.has_tokens else None,
                "completion_tokens": cost.completion_tokens if cost.has_tokens else None,
            }
            for name, cost in content.costs.items()
        },
    }


def _is_told(row: Compared) -> bool:
    """The whole suite, and slices of more than one case."""
    return row.slice == WHOLE or (row.candidate is not None and row.candidate.cases > 1)


def _verdict(content: Content, veil: Veil) -> dict[str, Any] | None:
    """The one that was given, and whether it decides anything here."""
    verdict = content.verdict
    if verdict is None:
        return None
    checks = [{**check.model_dump(mode="json"), "detail": veil.hide(check.detail)} for check in verdict.checks]
    return {
        **verdict.model_dump(mode="json", exclude={"checks"}),
        "sha256": verdict.sha256,
        "valid": not content.verdict_faults,
        "faults": list(content.verdict_faults),
        "lets_pass": verdict.lets_pass and not content.verdict_faults,
        "checks": checks,
    }


def _case(content: Content, standing: Standing) -> dict[str, Any]:
    case = content.cases.get(standing.key)
    veil = veil_of(case, content.conversation_of(case))
    return {
        "suite": standing.suite,
        "case_id": standing.case_id,
        "slices": list(standing.slices),
        "flaky": standing.is_flaky,
        "errors": [veil.hide(item.error) for item in standing.items if item.output is None],
        "faults": [
            {
                "metric": fault.metric.name,
                "value": fault.value,
                "live": fault.live,
                "worse": fault.is_worse,
                "unscored": [veil.hide(why) for why in fault.unscored],
                "evidence": veil.hide(fault.evidence),
            }
            for fault in standing.faults
        ],
    }
