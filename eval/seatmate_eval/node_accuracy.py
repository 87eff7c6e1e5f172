"""How often the shipped process nodes agree with the gold of many calls (metrics/nodes says what agreement is)."""

from collections.abc import Iterable, Iterator, Mapping

from seatmate.aftercall.node_rules import NodePack
from seatmate.aftercall.nodes import find_nodes
from seatmate.domain.calls import Conversation
from seatmate_eval.cases import NodesCase
from seatmate_eval.metrics.nodes import VERDICTS, Agreement, Pair, Verdict, agreement, disagreements, paired

__all__ = ["Agreement", "Verdict", "accuracy", "mistakes"]


def accuracy(
    cases: Iterable[NodesCase], conversations: Mapping[str, Conversation], pack: NodePack
) -> dict[Verdict, Agreement]:
    """Agreement on each verdict over all nodes of all cases."""
    pairs = [pair for case in cases for pair in _compared(case, conversations, pack)]
    return {verdict: agreement(verdict, pairs) for verdict in VERDICTS}


def mistakes(cases: Iterable[NodesCase], conversations: Mapping[str, Conversation], pack: NodePack) -> Iterator[str]:
    """Every disagreement, with what the node rests on."""
    for case in cases:
        yield from (f"{case.id} {told}" for told in disagreements(_compared(case, conversations, pack)))


def _compared(case: NodesCase, conversations: Mapping[str, Conversation], pack: NodePack) -> list[Pair]:
    return paired(case, find_nodes(pack, conversations[case.conversation_id]).nodes)
