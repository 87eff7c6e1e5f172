"""What cannot be right in the gold of eval/suites.

Gold is written by hand and checked by code: ids are unique, every quote is an exact substring of its utterance, every
KYC and VOC quote is the customer's, every gold figure stands in the document that the case names, as of the case's day.
Knows nothing of models.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time

from seatmate.aftercall.node_rules import NodePack
from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.figures import find_figures, is_supported
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion
from seatmate.domain.overlap import Windows, is_prescribed
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
)

Documents = dict[str, list[DocumentVersion]]
"""doc_id → its versions, each with when it was true (sample_bank.documents_of)."""


def faults_of_calls(cases: Iterable[CallCase], conversations: dict[str, Conversation]) -> Iterator[str]:
    """What cannot be right in the gold of finished calls."""
    for case in cases:
        conversation = conversations.get(case.conversation_id)
        if conversation is None:
            yield f"{case.id}: there is no conversation {case.conversation_id}"
            continue
        said = {u.utt_id: u for u in conversation.utterances}
        customer_only = (*case.kyc, *case.voc)
        for gold in (*customer_only, *case.compliance, *case.pii):
            utterance = said.get(gold.utt)
            if utterance is None or gold.quote not in utterance.text:
                yield f"{case.id}: {gold.utt} does not say 「{gold.quote}」"
            elif gold in customer_only and utterance.speaker is not Speaker.CUSTOMER:
                yield f"{case.id}: {gold.utt} is not the customer's"
        named = [trap.utt for trap in case.kyc_traps] + [miss.utt for miss in case.compliance_near_misses]
        named += [utt for point in case.summary_points for utt in point.utts]
        yield from (f"{case.id}: there is no utterance {utt}" for utt in named if utt not in said)


def faults_of_figures(cases: Iterable[AskCase], documents: Documents) -> Iterator[str]:
    """Gold figures of questions that no named document states on that day."""
    for case in cases:
        texts = [
            version.text
            for doc_id in case.doc_ids
            for version in documents.get(doc_id, [])
            if version.validity.holds_at(case.as_of)
        ]
        if case.doc_ids and not texts:
            yield f"{case.id}: none of {list(case.doc_ids)} is in force at {case.as_of.isoformat()}"
            continue
        stated = [figure for text in texts for figure in find_figures(text)]
        for figure in case.figures:
            wanted = find_figures(figure)
            if not wanted or not all(is_supported(f, stated) for f in wanted):
                yield f"{case.id}: {figure} stands in none of {list(case.doc_ids)}"


def faults_of_call_figures(
    cases: Iterable[CallCase], conversations: dict[str, Conversation], documents: Documents
) -> Iterator[str]:
    """Figures that an agent quoted from a document, checked against that document on the day of the call."""
    for case in cases:
        conversation = conversations[case.conversation_id]
        said = {u.utt_id: u.text for u in conversation.utterances}
        for gold in case.figures:
            if gold.figure not in said.get(gold.utt, ""):
                yield f"{case.id}: {gold.utt} does not say {gold.figure}"
            day = conversation.started_at
            if gold.as_of is not None:
                day = datetime.combine(gold.as_of, time(12), BANK_ZONE)
            versions = [v for v in documents.get(gold.doc_id, []) if v.validity.holds_at(day)]
            stated = [figure for v in versions for figure in find_figures(v.text)]
            wanted = find_figures(gold.figure)
            if not wanted or not all(is_supported(f, stated) for f in wanted):
                yield f"{case.id}: {gold.figure} does not stand in {gold.doc_id} on {day.date()}"


def faults_of_nodes(
    cases: Iterable[NodesCase], conversations: dict[str, Conversation], pack: NodePack
) -> Iterator[str]:
    """Gold nodes that are not those of the scenario, or that contradict themselves."""
    for case in cases:
        conversation = conversations.get(case.conversation_id)
        if conversation is None:
            yield f"{case.id}: there is no conversation {case.conversation_id}"
            continue
        scenario = pack.scenarios.get(conversation.scenario)
        if scenario is None:
            yield f"{case.id}: {conversation.scenario} has no nodes"
            continue
        if [gold.node_id for gold in case.nodes] != [node.id for node in scenario.nodes]:
            yield f"{case.id}: its nodes are not those of {conversation.scenario}, in their order"
        for gold in case.nodes:
            if (gold.met and not gold.attempted) or (gold.attempted and not gold.eligible):
                yield f"{case.id}: {gold.node_id} is met without an attempt, or attempted without being owed"


def faults_of_traps(cases: Iterable[AskCase], documents: Documents) -> Iterator[str]:
    """Traps that nobody could fall into: figures that stand nowhere, or in the gold itself; documents that are not."""
    everywhere = [figure for versions in documents.values() for v in versions for figure in find_figures(v.text)]
    for case in cases:
        gold = [figure for text in case.figures for figure in find_figures(text)]
        for trap in case.trap_figures:
            figures = find_figures(trap)
            if not figures or not all(is_supported(f, everywhere) for f in figures):
                yield f"{case.id}: the trap {trap} stands in no document"
            elif all(is_supported(f, gold) for f in figures):
                yield f"{case.id}: the trap {trap} is the gold"
        for doc_id in (*case.trap_doc_ids, *case.doc_ids):
            if doc_id not in documents:
                yield f"{case.id}: there is no document {doc_id}"
        if both := set(case.trap_doc_ids) & set(case.doc_ids):
            yield f"{case.id}: {sorted(both)} are gold and trap"


def faults_of_points(cases: Iterable[AskCase], documents: Documents) -> Iterator[str]:
    """Points that none of the named documents makes on that day: no grounded answer could make them either."""
    for case in cases:
        texts = [v.text for doc_id in case.doc_ids for v in _in_force(documents, doc_id, case.as_of)]
        for point in case.points:
            if not any(spelling in text for spelling in point.split("|") for text in texts):
                yield f"{case.id}: 「{point}」 stands in none of {list(case.doc_ids)}"
        if case.status == "grounded" and not (case.figures or case.points or case.doc_ids):
            yield f"{case.id}: neither a figure nor a point nor a document says when the answer is right"


def faults_of_retrieval(cases: Iterable[RetrievalCase], documents: Documents) -> Iterator[str]:
    for case in cases:
        for gold in case.passages:
            in_force = _in_force(documents, gold.doc_id, case.as_of)
            if not any(gold.quote in v.text and set(v.scope) & set(case.scopes) for v in in_force):
                told = f"「{gold.quote}」 at {case.as_of.isoformat()} to {list(case.scopes)}"
                yield f"{case.id}: {gold.doc_id} does not say {told}"
        for doc_id in case.stale_doc_ids:
            if doc_id not in documents:
                yield f"{case.id}: there is no document {doc_id}"
            elif _in_force(documents, doc_id, case.as_of):
                yield f"{case.id}: {doc_id} is in force at {case.as_of.isoformat()}"


def faults_of_permission(cases: Iterable[PermissionCase], documents: Documents) -> Iterator[str]:
    """Forbidden documents that the caller may read, and forbidden words that stand in what he may read."""
    for case in cases:
        for doc_id in case.forbidden_doc_ids:
            if doc_id not in documents:
                yield f"{case.id}: there is no document {doc_id}"
            elif any(set(v.scope) & set(case.scopes) for v in documents[doc_id]):
                yield f"{case.id}: {doc_id} may be read with {list(case.scopes)}"
        readable = [v.text for versions in documents.values() for v in versions if set(v.scope) & set(case.scopes)]
        for words in case.forbidden:
            if any(words in text for text in readable):
                yield f"{case.id}: 「{words}」 stands in a document that the caller may read"


def faults_of_injection(cases: Iterable[InjectionCase], conversations: dict[str, Conversation]) -> Iterator[str]:
    for case in cases:
        if case.where == "call":
            conversation = conversations.get(case.conversation_id)
            if conversation is None or case.after not in {u.utt_id for u in conversation.utterances}:
                yield f"{case.id}: there is no {case.after} in {case.conversation_id or 'no conversation'}"
        elif case.where == "history" and not case.question:
            yield f"{case.id}: nothing is asked after the history"
        elif case.where != "document" and (case.as_of is None or not case.must_not_say):
            yield f"{case.id}: it has no day, or does not say what an obeying answer would say"


def faults_of_redaction(cases: Iterable[RedactionCase]) -> Iterator[str]:
    for case in cases:
        talk = "\n".join(said.text for said in case.talk)
        for quote in (*(gold.quote for gold in case.hidden), *case.kept):
            if quote not in talk:
                yield f"{case.id}: nobody says 「{quote}」"


def repeated_ids(cases: Iterable[Case]) -> Iterator[str]:
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            yield f"{case.id}: this id occurs twice"
        seen.add(case.id)


def faults_of_overlap(
    cases: Iterable[Case], conversations: dict[str, Conversation], training: Iterable[str]
) -> Iterator[str]:
    """Cases that share a sentence with training texts: a model may know them by heart."""
    windows = Windows(training)
    for case in cases:
        for text in words_of(case, conversations):
            shared = windows.shared_with(text)
            if shared and not is_prescribed(shared):
                yield f"{case.id}: training has 「{shared}」"
                break


def words_of(case: Case, conversations: dict[str, Conversation]) -> list[str]:
    """What somebody says in a case: what a model that was trained on it would know."""
    match case:
        case AskCase():
            return [case.question, *(turn.content for turn in case.history)]
        case RetrievalCase():
            return [case.query]
        case PermissionCase():
            return [case.question]
        case InjectionCase():
            return [case.text, case.question]
        case RedactionCase():
            return [said.text for said in case.talk]
        case LineCase():
            return [case.text]
        case CallCase() | NodesCase():
            conversation = conversations.get(case.conversation_id)
            return [u.text for u in conversation.utterances] if conversation else []
    return []


def _in_force(documents: Documents, doc_id: str, at: datetime) -> list[DocumentVersion]:
    return [version for version in documents.get(doc_id, []) if version.validity.holds_at(at)]
