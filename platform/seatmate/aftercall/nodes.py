"""A conversation against the process nodes of its scenario: which applied, which were begun, which met the standard.

Reads words, not meaning: what was understood, shown on a screen or said in a tone of voice is not text. No model.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from seatmate.aftercall.node_rules import Attempt, Element, Node, NodePack, Place, Situation, Spoil
from seatmate.compliance.clauses import clause_around, fold
from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.findings import Skipped, SkipReason
from seatmate.domain.nodes import NodeReason, ProcessNode, Standing

ANALYSIS = "nodes"


@dataclass(frozen=True)
class Executed:
    nodes: tuple[ProcessNode, ...]
    skipped: tuple[Skipped, ...]


def find_nodes(pack: NodePack, conversation: Conversation) -> Executed:
    """All nodes of the conversation's scenario, in the pack's order; a scenario without any says so."""
    scenario = pack.scenarios.get(conversation.scenario)
    if scenario is None:
        none = Skipped(analysis=ANALYSIS, reason=SkipReason.NO_NODES_FOR_SCENARIO, detail=conversation.scenario)
        return Executed((), (none,))
    talk = _Talk.of(conversation)
    verdicts = {node.id: _verdict(node, pack, talk) for node in scenario.nodes}
    return Executed(tuple(_result(node, verdicts, talk) for node in scenario.nodes), ())


def node_of(node: Node, pack: NodePack, conversation: Conversation) -> ProcessNode:
    """One node by itself."""
    talk = _Talk.of(conversation)
    return _result(node, {node.id: _verdict(node, pack, talk)}, talk)


@dataclass(frozen=True)
class _Said:
    """A clause of an utterance: which turn of the call, and where in it."""

    turn: int
    start: int
    end: int


@dataclass(frozen=True)
class _Talk:
    """A conversation as nodes read it; offsets are those of the utterances."""

    conversation: Conversation
    texts: tuple[str, ...]
    speakers: tuple[Speaker, ...]

    @classmethod
    def of(cls, conversation: Conversation) -> "_Talk":
        said = conversation.utterances
        return cls(conversation, tuple(fold(u.text) for u in said), tuple(u.speaker for u in said))

    def turns(self, *speakers: Speaker) -> list[int]:
        return [turn for turn, speaker in enumerate(self.speakers) if speaker in speakers]

    def find(
        self, turns: Iterable[int], patterns: Sequence[re.Pattern[str]], unless: Sequence[re.Pattern[str]]
    ) -> Iterator[_Said]:
        """The first match in each turn that nothing in its clause takes back."""
        for turn in turns:
            text = self.texts[turn]
            for found in (found for pattern in patterns for found in pattern.finditer(text)):
                start, end = clause_around(text, *found.span())
                if not any(pattern.search(text[start:end]) for pattern in unless):
                    yield _Said(turn, start, end)
                    break

    def quotes(self, said: Iterable[_Said]) -> tuple[Evidence, ...]:
        """The words themselves, each once."""
        ids = [u.utt_id for u in self.conversation.utterances]
        found = (quote_of(self.conversation, ids[s.turn], s.start, s.end) for s in dict.fromkeys(said))
        return tuple(quote for quote in found if quote is not None)


@dataclass(frozen=True)
class _Verdict:
    reason: NodeReason
    said: tuple[_Said, ...] = ()
    detail: str = ""
    begun: int | None = None
    """The turn of the first attempt."""


def _verdict(node: Node, pack: NodePack, talk: _Talk) -> _Verdict:
    """Applicability first, then the attempt, then the standard."""
    applies, conversation = node.applies, talk.conversation
    if applies.channels and conversation.channel not in applies.channels:
        return _Verdict(NodeReason.OTHER_CHANNEL, detail=conversation.channel.value)
    if applies.directions and conversation.direction not in applies.directions:
        return _Verdict(NodeReason.OTHER_CHANNEL, detail=conversation.direction.value)
    triggers = _arisen(applies.when, pack, talk)
    if applies.when and not triggers:
        return _Verdict(NodeReason.NOT_CALLED_FOR, detail=_labels(applies.when, pack))
    attempts = list(_attempts(node.attempted, pack, talk))
    excuses = _arisen(applies.unless, pack, talk)
    if excuses and (not attempts or attempts[0].turn > excuses[0].turn):
        return _Verdict(NodeReason.EXCUSED, excuses[:1], _label_of(excuses[0], applies.unless, pack, talk))
    # An agent who brings it up himself has his chance in that very turn.
    if triggers and not attempts and not any(turn >= triggers[0].turn for turn in talk.turns(Speaker.AGENT)):
        return _Verdict(NodeReason.NO_CHANCE, triggers[:1])
    if not attempts:
        return _Verdict(NodeReason.NOT_ATTEMPTED, triggers[:1])
    begun = replace(_standard(node, attempts, talk), begun=attempts[0].turn)
    return replace(begun, said=(*triggers[:1], attempts[0], *begun.said))


def _arisen(names: Sequence[str], pack: NodePack, talk: _Talk) -> tuple[_Said, ...]:
    """Every time that one of these situations arose, in the order of the call."""
    found = (said for name in names for said in _situation(pack.situations[name], talk))
    return tuple(sorted(found, key=lambda said: (said.turn, said.start)))


def _situation(situation: Situation, talk: _Talk) -> Iterator[_Said]:
    most = situation.customer_turns
    if most is not None and len(talk.turns(Speaker.CUSTOMER)) > most:
        return iter(())
    turns = talk.turns(situation.speaker)[: situation.first_turns]
    return talk.find(turns, situation.patterns, situation.unless)


def _attempts(attempt: Attempt, pack: NodePack, talk: _Talk) -> Iterator[_Said]:
    turns = talk.turns(Speaker.AGENT)
    if attempt.first_turns is not None:
        turns = turns[: attempt.first_turns]
    if attempt.last_turns is not None:
        turns = turns[-attempt.last_turns :]
    if attempt.answers is not None:
        asked = [said.turn for said in _arisen((attempt.answers,), pack, talk)]
        turns = [turn for turn in turns if any(0 < turn - at <= attempt.within for at in asked)]
    return talk.find(turns, attempt.cues, attempt.unless)


def _standard(node: Node, attempts: Sequence[_Said], talk: _Talk) -> _Verdict:
    """Is all there that the standard requires, and nothing that undoes it?"""
    required = [e for e in node.met if not e.channels or talk.conversation.channel in e.channels]
    found = [(element, next(_element(element, attempts, talk), None)) for element in required]
    there = tuple(said for _, said in found if said is not None)
    missing = [element.label for element, said in found if said is None]
    if missing:
        return _Verdict(NodeReason.ELEMENT_MISSING, there, "、".join(missing))
    for spoil in node.spoiled_by:
        spoiled = _spoiled(spoil, talk)
        if spoiled is not None:
            return _Verdict(NodeReason.SPOILED, (*there, spoiled), spoil.label)
    return _Verdict(NodeReason.MET, there)


def _element(element: Element, attempts: Sequence[_Said], talk: _Talk) -> Iterator[_Said]:
    turns = talk.turns(*element.speakers)
    match element.place:
        case Place.ANYWHERE:
            wanted = turns
        case Place.TURN:
            wanted = [attempt.turn for attempt in attempts]
        case Place.REPLY:
            replies = {t for a in attempts for t in [turn for turn in turns if turn > a.turn][: element.within]}
            wanted = sorted(replies)
    return talk.find(wanted, element.patterns, element.unless)


def _spoiled(spoil: Spoil, talk: _Talk) -> _Said | None:
    """The first wrong that is not put right in the same turn or a later one."""
    turns = talk.turns(Speaker.AGENT)
    mended = [said.turn for said in talk.find(turns, spoil.mended_by, ())]
    wrongs = talk.find(turns, spoil.patterns, spoil.unless)
    return next((wrong for wrong in wrongs if not any(turn >= wrong.turn for turn in mended)), None)


def _labels(names: Sequence[str], pack: NodePack) -> str:
    return "、".join(pack.situations[name].label for name in names)


def _label_of(arisen: _Said, names: Sequence[str], pack: NodePack, talk: _Talk) -> str:
    """What it was that arose."""
    situations = (pack.situations[name] for name in names)
    return next(s.label for s in situations if arisen in _situation(s, talk))


def _result(node: Node, verdicts: dict[str, _Verdict], talk: _Talk) -> ProcessNode:
    verdict = verdicts[node.id]
    begun = verdict.begun
    others = (verdicts[name].begun for name in node.before if name in verdicts)
    return ProcessNode(
        node_id=node.id,
        label=node.label,
        eligible=verdict.reason.standing is not Standing.NOT_ELIGIBLE,
        attempted=begun is not None,
        met=verdict.reason is NodeReason.MET,
        in_order=begun is not None and all(other is None or begun <= other for other in others),
        evidence=talk.quotes(verdict.said),
        reason=verdict.reason,
        detail=verdict.detail,
    )
