"""eval/suites as a whole: which file holds cases of which shape, the hash that a run is bound to, and what is wrong."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.node_rules import NodePack
from seatmate.settings import HOME
from seatmate_eval import faults
from seatmate_eval.cases import (
    AskCase,
    CallCase,
    Case,
    InjectionCase,
    LineCase,
    NodesCase,
    PermissionCase,
    RedactionCase,
    RetrievalCase,
    load_cases,
    load_conversations,
)
from seatmate_eval.sample_bank import documents_of

SUITES = HOME / "eval" / "suites"

SHAPES: Mapping[str, type[Case]] = {
    "ask": AskCase,
    "answer": AskCase,
    "time": AskCase,
    "refusal": AskCase,
    "neighbour": AskCase,
    "incidents": AskCase,
    "ask-tuning": AskCase,
    "retrieval": RetrievalCase,
    "permission": PermissionCase,
    "injection": InjectionCase,
    "redaction": RedactionCase,
    "aftercall-chat": CallCase,
    "aftercall-phone": CallCase,
    "nodes": NodesCase,
    "compliance": LineCase,
}
"""A suite's name is its file's, without .jsonl."""
NEVER_MEASURED = frozenset({"ask-tuning"})
"""Settings were chosen on these: what they give says nothing."""


_PHRASE = re.compile(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"')


@dataclass(frozen=True)
class Suite:
    name: str
    cases: tuple[Case, ...]
    sha256: str
    """Of the file's bytes."""


def load_suites(folder: Path = SUITES) -> dict[str, Suite]:
    """Every suite of a folder, by name. ValueError for a file of no known suite, ValidationError for a bad line."""
    found: dict[str, Suite] = {}
    for path in sorted(folder.glob("*.jsonl")):
        if path.stem not in SHAPES:
            raise ValueError(f"{path.name} is no suite that is known: {', '.join(SHAPES)}")
        cases = tuple(load_cases(path, SHAPES[path.stem]))
        found[path.stem] = Suite(path.stem, cases, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


def node_pack() -> NodePack:
    """The process nodes of the sample bank."""
    return load_nodes(HOME / "corpus" / "rules" / "process_nodes.yaml")


def training_texts(folder: Path) -> Iterator[str]:
    """What adapters are trained on: the lines of the written talks, and the phrases that the generators join."""
    for path in sorted((folder / "talks").glob("*.txt")):
        yield from path.read_text(encoding="utf-8").splitlines()
    for path in sorted((folder / "seatmate_tune").glob("*.py")):
        yield from _PHRASE.findall(path.read_text(encoding="utf-8"))


def faults_of_the_suites(folder: Path = SUITES) -> Iterator[str]:
    """All that cannot be right in the suites, held against the conversations and documents of the sample bank."""
    suites = load_suites(folder)
    everything = [case for suite in suites.values() for case in suite.cases]
    conversations = load_conversations(HOME / "corpus" / "calls")
    documents = documents_of(sorted((HOME / "corpus" / "drops").glob("20*")))
    asks = [case for case in everything if isinstance(case, AskCase)]
    calls = [case for case in everything if isinstance(case, CallCase)]
    yield from faults.repeated_ids(everything)
    yield from faults.faults_of_figures(asks, documents)
    yield from faults.faults_of_traps(asks, documents)
    yield from faults.faults_of_points(asks, documents)
    yield from faults.faults_of_retrieval([c for c in everything if isinstance(c, RetrievalCase)], documents)
    yield from faults.faults_of_permission([c for c in everything if isinstance(c, PermissionCase)], documents)
    yield from faults.faults_of_injection([c for c in everything if isinstance(c, InjectionCase)], conversations)
    yield from faults.faults_of_redaction([c for c in everything if isinstance(c, RedactionCase)])
    yield from faults.faults_of_calls(calls, conversations)
    yield from faults.faults_of_call_figures(calls, conversations, documents)
    yield from faults.faults_of_nodes([c for c in everything if isinstance(c, NodesCase)], conversations, node_pack())
    yield from faults.faults_of_overlap(everything, conversations, training_texts(HOME / "finetune"))
    without_gold = set(conversations) - {case.conversation_id for case in calls}
    yield from (f"{conversation_id}: has no gold" for conversation_id in sorted(without_gold))
