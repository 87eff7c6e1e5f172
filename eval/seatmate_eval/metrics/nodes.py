"""How often process nodes agree with their gold: eligible, attempted and met, each by itself.

Most nodes that are not owed are easy, so attempted and met are also counted among those that the gold calls owed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from seatmate.domain.nodes import ProcessNode
from seatmate_eval.cases import GoldNode, NodesCase
from seatmate_eval.metrics.measured import Measured, share

Verdict = Literal["eligible", "attempted", "met"]
VERDICTS: tuple[Verdict, ...] = ("eligible", "attempted", "met")
Pair = tuple[GoldNode, ProcessNode | None]
"""None: the record does not have the node, which agrees with nothing."""


@dataclass(frozen=True)
class Agreement:
    right: int
    of: int
    owed_right: int
    owed: int
    """Of the nodes that the gold calls eligible."""


def paired(case: NodesCase, found: Sequence[ProcessNode]) -> list[Pair]:
    by_id = {node.node_id: node for node in found}
    return [(gold, by_id.get(gold.node_id)) for gold in case.nodes]


def agreement(verdict: Verdict, pairs: Sequence[Pair]) -> Agreement:
    agreed = [(gold.eligible, _agrees(verdict, gold, found)) for gold, found in pairs]
    owed = [right for eligible, right in agreed if eligible]
    return Agreement(sum(right for _, right in agreed), len(agreed), sum(owed), len(owed))


def disagreements(pairs: Sequence[Pair], verdicts: Sequence[Verdict] = VERDICTS) -> Iterator[str]:
    """Every node that differs, with what it rests on."""
    for gold, found in pairs:
        if not all(_agrees(verdict, gold, found) for verdict in verdicts):
            wanted = "/".join(verdict for verdict in VERDICTS if getattr(gold, verdict)) or "not eligible"
            yield f"{gold.node_id}: is {wanted}, found {'nothing' if found is None else _told(found)}"


def measure(case: NodesCase, found: Sequence[ProcessNode]) -> Iterator[Measured]:
    pairs = paired(case, found)
    for verdict in VERDICTS:
        counted = pairs if verdict == "eligible" else [pair for pair in pairs if pair[0].eligible]
        agreed = agreement(verdict, counted)
        yield from share(f"node_{verdict}", agreed.right, agreed.of, list(disagreements(counted, (verdict,))))


def _agrees(verdict: Verdict, gold: GoldNode, found: ProcessNode | None) -> bool:
    return found is not None and bool(getattr(gold, verdict) == getattr(found, verdict))


def _told(found: ProcessNode) -> str:
    quotes = " ".join(f"{e.utt_id}「{e.quote}」" for e in found.evidence)
    return f"{found.standing} {found.reason} {quotes}"
