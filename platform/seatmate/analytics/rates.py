"""开口率 and 执行率 over call records, by agent, team or week. A pure query; what it cannot count it names, and why.

Knows no storage: the caller brings records, their conversations, and who is in which team.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from seatmate.domain.calls import Conversation
from seatmate.domain.findings import CallRecord
from seatmate.domain.model import Shape
from seatmate.domain.nodes import NodeRate, ProcessNode, node_rate, week_of

EVERYBODY = "全部"
NO_TEAM = "未分组"
"""The group of agents whom the list of teams does not name: they count, and it shows."""


class By(StrEnum):
    """What a rate is for."""

    ALL = "all"
    AGENT = "agent"
    TEAM = "team"
    WEEK = "week"


class NotCounted(StrEnum):
    """Why a record is in no rate."""

    CONVERSATION_MISSING = "CONVERSATION_MISSING"
    TRANSCRIPT_CHANGED = "TRANSCRIPT_CHANGED"
    """The record is of another transcript than the conversation has now."""
    SUPERSEDED = "SUPERSEDED"
    """A later record of the same conversation counts."""
    NO_NODES = "NO_NODES"
    """The record has none: its scenario has no nodes, or it was written before there were any."""


class LeftOut(Shape):
    conversation_id: str
    reason: NotCounted


class NodeRates(Shape):
    by: By
    calls: int
    """How many records were counted."""
    rates: tuple[NodeRate, ...]
    """By scenario and group; within them nodes stand in the order of the pack."""
    left_out: tuple[LeftOut, ...]


def node_rates(
    records: Iterable[CallRecord], conversations: Mapping[str, Conversation], by: By, teams: Mapping[str, str]
) -> NodeRates:
    """The rates of every node in every group. `teams` is agent → team."""
    counted, left_out = _sorted_out(list(records), conversations)
    found: dict[tuple[str, str], dict[str, list[ProcessNode]]] = defaultdict(dict)
    for record in counted:
        conversation = conversations[record.conversation_id]
        nodes = found[conversation.scenario, _group(conversation, by, teams)]
        for node in record.nodes:
            nodes.setdefault(node.node_id, []).append(node)
    rates = (
        node_rate(scenario, group, results)
        for (scenario, group), nodes in sorted(found.items())
        for results in nodes.values()
    )
    return NodeRates(by=by, calls=len(counted), rates=tuple(rates), left_out=tuple(left_out))


def _sorted_out(
    records: list[CallRecord], conversations: Mapping[str, Conversation]
) -> tuple[list[CallRecord], list[LeftOut]]:
    """What counts, oldest first, and what does not."""
    counted: dict[str, CallRecord] = {}
    left_out: list[LeftOut] = []
    for record in sorted(records, key=lambda record: record.recorded_at, reverse=True):
        reason = next(_objections(record, conversations, counted), None)
        if reason is None:
            counted[record.conversation_id] = record
        else:
            left_out.append(LeftOut(conversation_id=record.conversation_id, reason=reason))
    return list(reversed(counted.values())), left_out


def _objections(
    record: CallRecord, conversations: Mapping[str, Conversation], later: Mapping[str, CallRecord]
) -> Iterator[NotCounted]:
    conversation = conversations.get(record.conversation_id)
    if conversation is None:
        yield NotCounted.CONVERSATION_MISSING
    elif conversation.transcript_sha256 != record.transcript_sha256:
        yield NotCounted.TRANSCRIPT_CHANGED
    if record.conversation_id in later:
        yield NotCounted.SUPERSEDED
    if not record.nodes:
        yield NotCounted.NO_NODES


def _group(conversation: Conversation, by: By, teams: Mapping[str, str]) -> str:
    match by:
        case By.ALL:
            return EVERYBODY
        case By.AGENT:
            return conversation.agent_id
        case By.TEAM:
            return teams.get(conversation.agent_id, NO_TEAM)
        case By.WEEK:
            return week_of(conversation.started_at)
