"""The report for CI: a testsuite a suite, a testcase a case, and the gate's checks as a testsuite of their own.

The gate decides, not the cases: a CI that must follow the verdict reads the testsuite `gate` or the exit status of
`seatmate-eval gate`. What is not allowed in XML 1.0 is replaced, so that no answer breaks the file.
"""

import re
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from seatmate.domain.verdicts import Check, Outcome
from seatmate_eval.report.content import Content
from seatmate_eval.report.lines import Veil, veil_of, veil_of_all
from seatmate_eval.report.standing import Fault, Standing, State

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILED = (State.REGRESSED, State.FAILING)


def junit(content: Content) -> str:
    """The whole file."""
    root = Element("testsuites", name="seatmate-eval")
    if content.verdict is not None:
        _gate(root, content, veil_of_all(content.cases.values(), content.calls.values()))
    for name in content.suites:
        suite = SubElement(root, "testsuite", name=_clean(name))
        for standing in content.standings:
            if standing.suite == name:
                _case(suite, content, standing)
        _count(suite)
    _count(root, "testsuite/testcase")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _gate(root: Element, content: Content, veil: Veil) -> None:
    verdict = content.verdict
    assert verdict is not None, "asked for with a verdict only"
    suite = SubElement(root, "testsuite", name="gate", timestamp=verdict.made_at.isoformat(timespec="seconds"))
    if content.verdict_faults:
        case = SubElement(suite, "testcase", classname="gate", name="verdict")
        _tell(case, "error", "not valid", "；".join(content.verdict_faults))
    for check in verdict.checks:
        case = SubElement(suite, "testcase", classname=f"gate.{check.kind}", name=_clean(check.id))
        _outcome(case, check, veil)
    _count(suite)


def _outcome(case: Element, check: Check, veil: Veil) -> None:
    detail = veil.hide(check.detail)
    if check.outcome is Outcome.WAIVED and check.waiver is not None:
        waiver = check.waiver
        _tell(case, "skipped", "waived", f"{waiver.by} until {waiver.until}: {veil.hide(waiver.why)}")
    elif check.outcome is not Outcome.PASS:
        measured = (
            f"measured {check.estimate} [{check.low}, {check.high}], threshold {check.threshold}, {check.cases} cases"
        )
        _tell(case, "failure", check.outcome.value, detail or measured, measured)


def _case(suite: Element, content: Content, standing: Standing) -> None:
    seconds = sum(item.seconds for item in standing.items)
    named = {"classname": _clean(standing.suite), "name": _clean(standing.case_id)}
    case = SubElement(suite, "testcase", named, time=f"{seconds:.3f}")
    gold = content.cases.get(standing.key)
    veil = veil_of(gold, content.conversation_of(gold))
    errors = [veil.hide(item.error) for item in standing.items if item.output is None]
    told = [_told(fault, veil) for fault in standing.faults]
    if errors:
        _tell(case, "error", "error", errors[0], "\n".join((*errors, *told)))
    elif standing.state in _FAILED:
        kind = f"{standing.state.value}: {standing.faults[0].metric.name}" if standing.faults else standing.state.value
        _tell(case, "failure", kind, told[0] if told else kind, "\n".join(told))
    elif told:
        SubElement(case, "system-out").text = _clean("\n".join(told))


def _told(fault: Fault, veil: Veil) -> str:
    value = "unscored" if fault.value is None else f"{fault.value:g}"
    live = f" (live {fault.live:g})" if fault.live is not None else ""
    why = veil.hide("; ".join(part for part in (*fault.unscored, fault.evidence) if part))
    return f"{fault.metric.name} {value}{live}" + (f": {why}" if why else "")


def _tell(case: Element, element: str, kind: str, message: str, text: str = "") -> None:
    told = SubElement(case, element, type=_clean(kind), message=_clean(message)[:500])
    told.text = _clean(text) or None


def _count(element: Element, cases: str = "testcase") -> None:
    found: Iterable[Element] = element.findall(cases)
    known = list(found)
    counts = {"tests": len(known)}
    for name, child in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[name] = sum(case.find(child) is not None for case in known)
    for name, count in counts.items():
        element.set(name, str(count))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in known):.3f}")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
