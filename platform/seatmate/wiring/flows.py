"""The flows of one release, made from its settings: what the API, the worker and the evaluation harness all run."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seatmate.aftercall.disposition import Dispositions, load_dispositions
from seatmate.aftercall.fields import Catalogue, load_catalogue
from seatmate.aftercall.flow import Aftercall
from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.node_rules import NodePack
from seatmate.aftercall.outline_rules import OutlineRules, load_outline
from seatmate.aftercall.summary import intents_of
from seatmate.ask.flow import Ask, AskOptions
from seatmate.ask.retrieve import Retrieval
from seatmate.compliance.answer import Conduct
from seatmate.compliance.pack import load_pack
from seatmate.compliance.rules import RulePack
from seatmate.domain.call_ports import CallLedger, Vault
from seatmate.domain.ports import AnswerLedger, ApprovedAnswers, ChatModel, KnowledgeLedger
from seatmate.prompts import Prompts
from seatmate.settings import Settings
from seatmate.wiring import bank_now


@dataclass(frozen=True)
class Flows:
    """What belongs to a release is read once, when it is first needed; what a flow meets is given to it."""

    settings: Settings
    release_id: str

    @cached_property
    def prompts(self) -> Prompts:
        return Prompts.load(self.settings.prompts)

    @cached_property
    def rules(self) -> RulePack:
        return load_pack(self._rules / "compliance")

    @cached_property
    def nodes(self) -> NodePack:
        return load_nodes(self._rules / "process_nodes.yaml")

    def ask(self, *, retrieval: Retrieval, approved: ApprovedAnswers, answers: AnswerLedger, model: ChatModel) -> Ask:
        """The live question."""
        asked = self.settings.ask
        return Ask(
            prompts=self.prompts,
            retrieval=retrieval,
            approved=approved,
            answers=answers,
            model=model,
            conduct=Conduct(self.rules),
            release_id=self.release_id,
            options=AskOptions(
                passages=asked.passages,
                source_lines=asked.source_lines,
                max_tokens=asked.max_tokens,
                min_relevance=asked.min_relevance,
                trust_source_at=asked.trust_source_at,
                shown_sources=asked.shown_sources,
                close_words=asked.close_words,
                model_rewrites=asked.model_rewrites,
                model_rewrite_s=asked.model_rewrite_s,
            ),
            now=bank_now,
        )

    def aftercall(
        self, *, calls: CallLedger, knowledge: KnowledgeLedger, model: ChatModel, vault: Vault | None = None
    ) -> Aftercall:
        """A finished call."""
        after = self.settings.aftercall
        return Aftercall(
            prompts=self.prompts,
            model=model,
            calls=calls,
            knowledge=knowledge,
            catalogue=self._catalogue,
            rules=self.rules,
            nodes=self.nodes,
            outline=self._outline,
            dispositions=self._dispositions,
            vault=vault,
            model_adds=after.model_adds,
            release_id=self.release_id,
            max_tokens=after.max_tokens,
            part_chars=after.part_chars,
            now=bank_now,
        )

    @cached_property
    def _catalogue(self) -> Catalogue:
        return load_catalogue(self._rules)

    @cached_property
    def _outline(self) -> OutlineRules:
        return load_outline(self._rules / "summary.yaml")

    @cached_property
    def _dispositions(self) -> Dispositions:
        return load_dispositions(self._rules / "dispositions.yaml", intents_of(self.prompts))

    @property
    def _rules(self) -> Path:
        return self.settings.corpus / "rules"
