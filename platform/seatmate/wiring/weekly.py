"""The weekly check: a candidate is asked what its differences raise before readers see it, and publishing waits for it.

    differences → questions → the live release answers over the candidate → judged → report kept → the pointer moves

Nothing of it is recorded as an answer. Without a model server the same questions are answered by source text.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby

from seatmate.ask.flow import Ask
from seatmate.domain.answers import Answer, Question
from seatmate.domain.errors import Conflict
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import DocumentVersion, Product, SnapshotStatus
from seatmate.domain.ports import KnowledgeLedger
from seatmate.domain.weekly import (
    Acceptance,
    Accepted,
    JudgedAnswer,
    WeeklyChecks,
    WeeklyQuestion,
    WeeklyQuestions,
    WeeklyReport,
    refuse_if_wrong,
)
from seatmate.ingest import flow
from seatmate.release.weekly import MOST, Weeks, questions_of
from seatmate.release.weekly_judge import Sources, judge
from seatmate.release.weekly_lines import ChangedDocument, lines_of
from seatmate.wiring.releases import InTraffic

_AT_ONCE = 8
"""Questions under way: the model reads them in one batch, and agents share it."""


class WeeklyCheck:
    def __init__(
        self,
        knowledge: KnowledgeLedger,
        asks: InTraffic[Ask],
        checks: WeeklyChecks,
        now: Callable[[], datetime],
        most: int = MOST,
    ) -> None:
        self._knowledge = knowledge
        self._asks = asks
        self._checks = checks
        self._now = now
        self._most = most

    async def publish(self, snapshot: int, accepted: Accepted | None = None) -> SnapshotStatus:
        """Make a built snapshot live. PublishRefused when it answers wrongly and nobody accepts that by name.

        A report on exactly this snapshot, the live one and the release in traffic is made when there is none.
        """
        if await self._knowledge.live_snapshot() == snapshot:
            return await flow.publish(self._knowledge, snapshot)
        report = await self._known(snapshot) or await self.run(snapshot)
        if report.wrong and accepted is not None:
            acceptance = Acceptance(by=accepted.by, why=accepted.why, at=self._now())
            report = report.model_copy(update={"accepted": acceptance})
            await self._checks.keep(report)
        refuse_if_wrong(report)
        if await self._knowledge.live_snapshot() != report.live_snapshot:
            raise Conflict("another snapshot went live meanwhile; publish again to have this one asked against it")
        return await flow.publish(self._knowledge, snapshot)

    async def run(self, snapshot: int) -> WeeklyReport:
        """Ask and judge, whatever was asked before; the report is kept. NotFound if it was never built to its end."""
        began = time.perf_counter()
        await self._knowledge.report(snapshot)
        live, release_id = await self._knowledge.live_snapshot(), await self._asks.release_for(None)
        withheld = await self._knowledge.withheld(snapshot)
        questions, judged = WeeklyQuestions(), list[JudgedAnswer]()
        if live is not None and live != snapshot:
            differing = await _Snapshots.read(self._knowledge, live, snapshot)
            questions = await self._questions(differing)
            judged = await self._judged(await self._asks.of(release_id), questions.asked, differing)
        report = WeeklyReport(
            snapshot=snapshot,
            live_snapshot=live,
            release_id=release_id,
            at=self._now(),
            withheld=withheld,
            judged=tuple(judged),
            left_out=questions.left_out,
            unworded=questions.unworded,
            seconds=time.perf_counter() - began,
        )
        await self._checks.keep(report)
        return report

    async def newest(self, snapshot: int) -> WeeklyReport:
        return await self._checks.newest(snapshot)

    async def _known(self, snapshot: int) -> WeeklyReport | None:
        """The report that still speaks of what would go live."""
        live, release_id = await self._knowledge.live_snapshot(), await self._asks.release_for(None)
        found = await self._checks.report_on(snapshot, live, release_id)
        current = found is not None and found.withheld == await self._knowledge.withheld(snapshot)
        return found if current else None

    async def _questions(self, two: "_Snapshots") -> WeeklyQuestions:
        at = self._now()
        build = await self._knowledge.report(two.candidate)
        statuses = {status.snapshot: status for status in await self._knowledge.snapshots()}
        waivers = await self._knowledge.waivers(two.candidate)
        weeks = Weeks(
            before=two.before,
            after=two.after,
            products=two.products,
            at=at,
            live_since=statuses[two.live].published_at,
            said={found.doc_id: found.said for found in build.dates if found.bound == "since" and found.conflict},
            delicate={*await self._knowledge.withheld(two.candidate), *(waiver.product_code for waiver in waivers)},
        )
        lines = lines_of(await two.changed(self._knowledge), two.after, at)
        asked = await asyncio.to_thread(questions_of, weeks, lines.asked, self._most)
        return asked.model_copy(update={"unworded": lines.unworded})

    async def _judged(self, ask: Ask, questions: Sequence[WeeklyQuestion], two: "_Snapshots") -> list[JudgedAnswer]:
        sources, places = two.sources(), asyncio.Semaphore(_AT_ONCE)

        async def one(question: WeeklyQuestion) -> JudgedAnswer:
            async with places:
                return judge(question, await _answer(ask, question, two.candidate), sources)

        return list(await asyncio.gather(*(one(question) for question in questions)))


class _Snapshots:
    """The live snapshot and the candidate, read once."""

    def __init__(
        self,
        live: int,
        candidate: int,
        facts: tuple[list[ProductFact], list[ProductFact]],
        documents: tuple[list[DocumentVersion], list[DocumentVersion]],
        products: list[Product],
    ) -> None:
        self.live = live
        self.candidate = candidate
        self.before, self.after = facts
        self.documents = documents
        self.products = products

    @classmethod
    async def read(cls, knowledge: KnowledgeLedger, live: int, candidate: int) -> "_Snapshots":
        products = {p.code: p for n in (live, candidate) for p in await knowledge.products_at(n)}
        return cls(
            live,
            candidate,
            (await knowledge.facts_at(live), await knowledge.facts_at(candidate)),
            (await knowledge.documents_at(live), await knowledge.documents_at(candidate)),
            list(products.values()),
        )

    def sources(self) -> Sources:
        by_version = sorted(self.after, key=_version)
        return Sources(
            facts={version: list(facts) for version, facts in groupby(by_version, key=_version)},
            scopes={_version(document): document.scope for document in self.documents[1]},
            products=self.products,
        )

    async def changed(self, knowledge: KnowledgeLedger) -> list[ChangedDocument]:
        """Documents that both have, in different versions."""
        old, new = ({d.doc_id: d for d in documents if not d.superseded} for documents in self.documents)
        pairs = [(old[n], new[n]) for n in sorted(old.keys() & new.keys()) if old[n].version != new[n].version]
        return [
            ChangedDocument(await knowledge.passages_of([_version(was)]), await knowledge.passages_of([_version(now)]))
            for was, now in pairs
        ]


def _version(stated: ProductFact | DocumentVersion) -> tuple[str, str]:
    return stated.doc_id, stated.version


async def _answer(ask: Ask, question: WeeklyQuestion, snapshot: int) -> Answer:
    asked = Question(question=question.question, as_of=question.asked_at)
    return await ask.whole_answer(asked, question.scopes, looking_at=snapshot)
