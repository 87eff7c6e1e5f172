"""A bank's process nodes from YAML. A node that fails one of its own examples does not load, nor does one without any.

An example is lines with 坐席：, 客户： or 系统： before them. A positive one is met; a near miss says how it stands
instead: attempted, not_attempted or not_eligible. Every fault of a pack is listed at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from seatmate.aftercall.node_rules import Example, Node, NodePack, Scenario, Situation
from seatmate.aftercall.nodes import node_of
from seatmate.aftercall.written import read_written
from seatmate.domain.calls import Channel, Conversation, Direction, Speaker, Utterance
from seatmate.domain.errors import Misconfigured
from seatmate.domain.model import Shape

_SPEAKERS = {speaker.label: speaker for speaker in Speaker}


class _File(Shape):
    pack: str
    version: str
    title: str
    situations: Mapping[str, Situation]
    scenarios: tuple[Scenario, ...]


def load_nodes(path: Path) -> NodePack:
    """Read, check and try the nodes. Raises Misconfigured with every fault."""
    written = read_written(path, _File)
    faults = [*_repeated("scenario", [s.scenario for s in written.scenarios])]
    for scenario in written.scenarios:
        faults += [f"{scenario.scenario}: {fault}" for fault in _dangling(scenario, written.situations)]
    pack = NodePack(
        id=written.pack,
        version=written.version,
        title=written.title,
        situations=MappingProxyType(dict(written.situations)),
        scenarios=MappingProxyType({scenario.scenario: scenario for scenario in written.scenarios}),
    )
    if not faults:
        faults = [fault for scenario in written.scenarios for fault in _tried(scenario, pack)]
    if faults:
        raise Misconfigured(f"{path}: " + "; ".join(faults))
    return pack


def _dangling(scenario: Scenario, situations: Mapping[str, Situation]) -> Iterator[str]:
    """Names that stand for nothing, and names that stand for two things."""
    ids = [node.id for node in scenario.nodes]
    yield from _repeated("node", ids)
    for node in scenario.nodes:
        answers = () if node.attempted.answers is None else (node.attempted.answers,)
        for name in (*node.applies.when, *node.applies.unless, *answers):
            if name not in situations:
                yield f"{node.id}: there is no situation {name}"
        yield from (f"{node.id}: there is no node {name}" for name in node.before if name not in ids)


def _repeated(what: str, names: list[str]) -> Iterable[str]:
    return (f"{what} {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1}))


def _tried(scenario: Scenario, pack: NodePack) -> Iterator[str]:
    """What the nodes do wrong on their own examples."""
    for node in scenario.nodes:
        for example in (*node.positive, *node.near_miss):
            try:
                found = node_of(node, pack, _conversation(scenario, node, example))
            except ValueError as error:
                yield f"{scenario.scenario}.{node.id}: {error}"
                continue
            if found.standing is not example.standing:
                said = " / ".join(example.said)
                yield (
                    f"{scenario.scenario}.{node.id}: is {found.standing} ({found.reason} {found.detail}),"
                    f" not {example.standing}, on 「{said}」"
                )


def _conversation(scenario: Scenario, node: Node, example: Example) -> Conversation:
    """A conversation that the node is for, with the example's words."""
    utterances = []
    for number, line in enumerate(example.said, start=1):
        label, _, text = line.partition("：")
        if label not in _SPEAKERS:
            raise ValueError(f"nobody says 「{line}」: begin with 坐席：, 客户： or 系统：")
        utterances.append(Utterance(utt_id=f"u{number}", speaker=_SPEAKERS[label], text=text))
    return Conversation(
        conversation_id="example",
        channel=example.channel or next(iter(node.applies.channels), Channel.PHONE),
        direction=example.direction or next(iter(node.applies.directions), Direction.OUTBOUND),
        scenario=scenario.scenario,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        agent_id="agent",
        customer_id="customer",
        utterances=tuple(utterances),
    )
