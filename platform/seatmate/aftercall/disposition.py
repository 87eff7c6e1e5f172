"""The disposition code of a call, in the codes of the bank's own systems: what it was about, and how it ended.

A table from YAML (corpus/rules/dispositions.yaml), no judgement of its own. Knows neither models nor conversations.
"""

from collections.abc import Mapping
from pathlib import Path

from seatmate.aftercall.written import read_written
from seatmate.domain.errors import Misconfigured
from seatmate.domain.findings import CallKind, Disposition, OutcomeStatus, Summary
from seatmate.domain.model import Shape

_UNKNOWN = "unknown"


class Dispositions(Shape):
    """Codes and labels by intent, by outcome, and by the kind of a call in which nobody said what he wanted."""

    intents: Mapping[str, Disposition]
    outcomes: Mapping[str, Disposition]
    kinds: Mapping[CallKind, Disposition]

    def of(self, summary: Summary) -> Disposition | None:
        """None for a call of which neither an intent nor such a kind is known."""
        if not summary.intents:
            return next((self.kinds[kind] for kind in summary.kinds if kind in self.kinds), None)
        about = self.intents[summary.intents[0].label]
        ended = self.outcomes[summary.outcome.status.value if summary.outcome else _UNKNOWN]
        return Disposition(code=f"{about.code}-{ended.code}", label=f"{about.label}·{ended.label}")


def load_dispositions(path: Path, intents: frozenset[str]) -> Dispositions:
    """Raises Misconfigured when an intent or an outcome has no code, or two have one."""
    read = read_written(path, Dispositions)
    faults = [f"intent {name} has no code" for name in sorted(intents - set(read.intents))]
    wanted = {*(status.value for status in OutcomeStatus), _UNKNOWN}
    faults += [f"outcome {name} has no code" for name in sorted(wanted - set(read.outcomes))]
    for codes in (
        [d.code for d in (*read.intents.values(), *read.kinds.values())],
        [d.code for d in read.outcomes.values()],
    ):
        faults += [f"code {code} is there twice" for code in sorted({c for c in codes if codes.count(c) > 1})]
    if faults:
        raise Misconfigured(f"{path}: " + "; ".join(faults))
    return read
