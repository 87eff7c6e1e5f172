"""The flows of one release, made from its settings: what the API, the worker and the evaluation harness all run."""

from seatmate.aftercall.disposition import load_dispositions
from seatmate.aftercall.fields import load_catalogue
from seatmate.aftercall.flow import Aftercall
from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.outline_rules import load_outline
from seatmate.aftercall.summary import intents_of
from seatmate.ask.flow import Ask, AskOptions
from seatmate.ask.retrieve import Retrieval
from seatmate.compliance.answer import Conduct
from seatmate.compliance.pack import load_pack
from seatmate.domain.call_ports import CallLedger, Vault
from seatmate.domain.ports import AnswerLedger, ApprovedAnswers, ChatModel, KnowledgeLedger
from seatmate.prompts import Prompts
from seatmate.settings import Settings
from seatmate.wiring import bank_now


def ask_of(
    settings: Settings,
    release_id: str,
    *,
    retrieval: Retrieval,
    approved: ApprovedAnswers,
    answers: AnswerLedger,
    model: ChatModel,
) -> Ask:
    """The live question, with the release's prompts, rules and options."""
    return Ask(
        prompts=Prompts.load(settings.prompts),
        retrieval=retrieval,
        approved=approved,
        answers=answers,
        model=model,
        conduct=Conduct(load_pack(settings.corpus / "rules" / "compliance")),
        release_id=release_id,
        options=AskOptions(
            passages=settings.ask.passages,
            source_lines=settings.ask.source_lines,
            max_tokens=settings.ask.max_tokens,
            min_relevance=settings.ask.min_relevance,
        ),
        now=bank_now,
    )


def aftercall_of(
    settings: Settings,
    release_id: str,
    *,
    calls: CallLedger,
    knowledge: KnowledgeLedger,
    model: ChatModel,
    vault: Vault | None = None,
) -> Aftercall:
    """A finished call, with the release's prompts, rules and choices."""
    prompts, rules = Prompts.load(settings.prompts), settings.corpus / "rules"
    return Aftercall(
        prompts=prompts,
        model=model,
        calls=calls,
        knowledge=knowledge,
        catalogue=load_catalogue(rules),
        rules=load_pack(rules / "compliance"),
        nodes=load_nodes(rules / "process_nodes.yaml"),
        outline=load_outline(rules / "summary.yaml"),
        dispositions=load_dispositions(rules / "dispositions.yaml", intents_of(prompts)),
        vault=vault,
        model_adds=settings.aftercall.model_adds,
        release_id=release_id,
        max_tokens=settings.aftercall.max_tokens,
        part_chars=settings.aftercall.part_chars,
        now=bank_now,
    )
