"""How often process nodes agree with their gold: eligible, attempted and met, each by itself.

Most nodes that are not owed are easy, so attempted and met are also counted among those that the gold calls owed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from seatmate.aftercall.node_rules import NodePack
from seatmate.aftercall.nodes import find_nodes
from seatmate.domain.calls import Conversation
from seatmate.domain.nodes import ProcessNode
from seatmate_eval.cases import GoldNode, NodesCase

Verdict = Literal["eligible", "attempted", "met"]
VERDICTS: tuple[Verdict, ...] = ("eligible", "attempted", "met")


@dataclass(frozen=True)
class Agreement:
    right: int
    of: int
    owed_right: int
    owed: int
    """Of the nodes that the gold calls eligible."""


def accuracy(
    cases: Iterable[NodesCase], conversations: Mapping[str, Conversation], pack: NodePack
) -> dict[Verdict, Agreement]:
    """Agreement on each verdict over all nodes of all cases."""
    compared = [pair for case in cases for pair in _compared(case, conversations, pack)]
    return {verdict: _agreement(verdict, compared) for verdict in VERDICTS}


def mistakes(cases: Iterable[NodesCase], conversations: Mapping[str, Conversation], pack: NodePack) -> Iterator[str]:
    """Every disagreement, with what the node rests on."""
    for case in cases:
        for gold, found in _compared(case, conversations, pack):
            if any(getattr(gold, verdict) != getattr(found, verdict) for verdict in VERDICTS):
                wanted = "/".join(verdict for verdict in VERDICTS if getattr(gold, verdict)) or "not eligible"
                quotes = " ".join(f"{e.utt_id}「{e.quote}」" for e in found.evidence)
                yield f"{case.id} {gold.node_id}: is {wanted}, found {found.standing} {found.reason} {quotes}"


def _compared(
    case: NodesCase, conversations: Mapping[str, Conversation], pack: NodePack
) -> list[tuple[GoldNode, ProcessNode]]:
    found = {node.node_id: node for node in find_nodes(pack, conversations[case.conversation_id]).nodes}
    return [(gold, found[gold.node_id]) for gold in case.nodes]


def _agreement(verdict: Verdict, compared: list[tuple[GoldNode, ProcessNode]]) -> Agreement:
    agreed = [(gold.eligible, getattr(gold, verdict) == getattr(found, verdict)) for gold, found in compared]
    owed = [right for eligible, right in agreed if eligible]
    return Agreement(sum(right for _, right in agreed), len(agreed), sum(owed), len(owed))
