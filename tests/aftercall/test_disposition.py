"""A call's disposition code is that of its first intent and its outcome, or of its kind when nobody said what for."""

from pathlib import Path

import pytest

from seatmate.aftercall.disposition import Dispositions, load_dispositions
from seatmate.domain.errors import Misconfigured
from seatmate.domain.findings import CallKind, Disposition, Intent, Outcome, OutcomeStatus, Summary

ALL = "{resolved: {code: '1', label: 已解决}, partly: {code: '2', label: p}, unresolved: {code: '3', label: u}, "
ALL += "handed_over: {code: '4', label: h}, abandoned: {code: '5', label: a}, unknown: {code: '9', label: 不明}}"


def codes(folder: Path, intents: str = "{fees: {code: C02, label: 费用}}", outcomes: str = ALL) -> Dispositions:
    path = folder / "dispositions.yaml"
    path.write_text(
        f"intents: {intents}\noutcomes: {outcomes}\nkinds: {{silent: {{code: X01, label: 未出声}}}}\n", "utf-8"
    )
    return load_dispositions(path, frozenset({"fees"}))


def summary(*intents: str, outcome: OutcomeStatus | None = None, kinds: tuple[CallKind, ...] = ()) -> Summary:
    return Summary(
        intents=tuple(Intent(label=label, resolved=True) for label in intents),
        outcome=None if outcome is None else Outcome(status=outcome, text="好了"),
        kinds=kinds,
    )


def test_the_first_intent_and_the_outcome_make_the_code(tmp_path: Path) -> None:
    found = codes(tmp_path).of(summary("fees", outcome=OutcomeStatus.RESOLVED))
    assert found == Disposition(code="C02-1", label="费用·已解决")
    assert codes(tmp_path).of(summary("fees")) == Disposition(code="C02-9", label="费用·不明")


def test_a_call_in_which_nobody_said_what_for_has_its_kinds_code(tmp_path: Path) -> None:
    table = codes(tmp_path)
    assert table.of(summary(kinds=(CallKind.SILENT,))) == Disposition(code="X01", label="未出声")
    assert table.of(summary(kinds=(CallKind.NORMAL,))) is None


def test_every_intent_and_outcome_has_one_code(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"intent fees has no code; outcome abandoned has no code"):
        codes(tmp_path, "{}", "{resolved: {code: '1', label: r}}")
    twice = "{fees: {code: C02, label: 费用}, other: {code: C02, label: 其他}}"
    with pytest.raises(Misconfigured, match="code C02 is there twice"):
        codes(tmp_path, twice)
