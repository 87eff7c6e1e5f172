"""What the release gate decided, as the platform reads it: one object that the text, the page, the exit status and the
promotion all render.

Bound by hash to the release, the runs, the suites and the gates that it was made with, and sealed, so that an edited
one is no verdict. With a key (SEATMATE_RELEASES__GATE_KEY) the seal is an HMAC that only the gate can make; without
one it is a hash, which finds accidents and not intent.
"""

import hashlib
import hmac
import json
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from seatmate.domain.model import Shape

Finite = Annotated[float, Field(allow_inf_nan=False)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INSUFFICIENT = "insufficient evidence"
    WAIVED = "waived"


class Waiver(Shape):
    """Who answers for a check that does not pass, why, and the last day on which it holds."""

    check: str
    by: Annotated[str, Field(min_length=2, max_length=64)]
    why: Annotated[str, Field(min_length=10, max_length=500)]
    until: date


class Check(Shape):
    """One rule of the gate, and what was measured for it. Values are in the metric's own unit."""

    id: str
    """`kind/suite/metric` or `kind/suite/metric@slice`."""
    kind: Literal["floor", "minimum", "no_regression", "complete"]
    outcome: Outcome
    suite: str = ""
    metric: str = ""
    slice: str = ""
    estimate: Finite | None = None
    """The candidate's value; for no_regression the candidate's minus the live release's, better is more."""
    low: Finite | None = None
    high: Finite | None = None
    threshold: Finite | None = None
    cases: int = 0
    clusters: int = 0
    more_cases: int | None = None
    """With `insufficient evidence`: about how many more cases would decide it."""
    detail: str = ""
    waiver: Waiver | None = None


class GateVerdict(Shape):
    release_id: str
    outcome: Outcome
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]
    run_sha256: Sha256
    live_release_id: str | None
    live_run_sha256: Sha256 | None
    gates_sha256: Sha256
    suites_sha256: dict[str, Sha256]
    corpus_sha256: Sha256
    made_at: AwareDatetime
    seal: str = ""

    @property
    def lets_pass(self) -> bool:
        return self.outcome in (Outcome.PASS, Outcome.WAIVED)

    @property
    def exit_status(self) -> int:
        """0 passes, 1 fails, 2 is insufficient evidence. 3, a broken harness, has no verdict."""
        return {Outcome.FAIL: 1, Outcome.INSUFFICIENT: 2}.get(self.outcome, 0)

    @property
    def sha256(self) -> str:
        """Of everything but the seal."""
        return hashlib.sha256(self._content()).hexdigest()

    def sealed(self, key: str = "") -> "GateVerdict":
        return self.model_copy(update={"seal": self._seal(key)})

    def is_whole(self, key: str = "") -> bool:
        """Is this what the gate wrote? With a key: and did the gate write it?"""
        return hmac.compare_digest(self.seal.encode(), self._seal(key).encode())

    def _seal(self, key: str) -> str:
        if key:
            return "hmac-sha256:" + hmac.new(key.encode(), self._content(), hashlib.sha256).hexdigest()
        return "sha256:" + self.sha256

    def _content(self) -> bytes:
        content = self.model_dump(mode="json", exclude={"seal"})
        return json.dumps(content, sort_keys=True, ensure_ascii=False).encode()


def outcome_of(checks: tuple[Check, ...]) -> Outcome:
    """The worst of them: one failure fails all, a waived check keeps its name."""
    outcomes = {check.outcome for check in checks}
    for worst in (Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.WAIVED):
        if worst in outcomes:
            return worst
    return Outcome.PASS
