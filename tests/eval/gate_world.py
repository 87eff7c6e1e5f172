"""A small bank to gate in: two suites, a live run and a candidate's, on disk, so that a test can do to them what a
careless or a dishonest hand would do. An item's output is what each metric says of it; nothing here is a model."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.releases import Release
from seatmate.domain.verdicts import GateVerdict, Waiver
from seatmate_eval.cases import AskCase, Case, GoldPassage, RetrievalCase
from seatmate_eval.completeness import Installed
from seatmate_eval.gate import gate
from seatmate_eval.gates import GatesFile, gates_of
from seatmate_eval.results import Item, Manifest, Run, RunState, Score, SuiteOfRun, read_run
from seatmate_eval.suites import Suite

NOW = datetime(2026, 11, 28, 20, 0, tzinfo=BANK_ZONE)
CORPUS = "c" * 64
CODE = "metrics-1"
LIVE = {name: f"live-{name}" for name in Release.model_fields}
CANDIDATE = {**LIVE, "adapter": "bank@222222222222"}
GATES: dict[str, Any] = {
    "requires": {"suites": {"ask": 100, "retrieval": 40}, "max_age_days": 7},
    "floors": [
        {"metric": "wrong_figure_shown", "suites": ["ask"], "cases": 100},
        {"metric": "foreign_passage", "suites": ["retrieval"]},
    ],
    "minimums": [
        {"suite": "ask", "metric": "right", "level": 0.8, "by": "bound"},
        {"suite": "retrieval", "metric": "recall_at_8", "level": 0.85, "by": "estimate"},
    ],
    "no_regression": [
        {"suite": "ask", "metric": "right", "margin": 0.04, "slices": {"margin": 0.08, "cases": 30}},
        {"suite": "ask", "metric": "total_ms", "margin": 0.2, "relative": True},
        {"suite": "retrieval", "metric": "recall_at_8", "margin": 0.05},
    ],
}
GRADES = {"recall_at_8"}

Output = dict[str, float | None]
Outputs = Callable[[Case, int], Output]
"""What the flow gives back for a case, by its place in the suite."""


def asks(count: int) -> tuple[Case, ...]:
    """Two to a document, a third of them about cards."""
    return tuple(
        AskCase(
            id=f"ask/{n:04}", question=f"问题{n}", as_of=NOW, kind="lookup", doc_ids=(f"d{n // 2}",),
            status="grounded", slices=("card",) if n % 3 == 0 else ("deposit",), source="test", reviewer="test",
        )
        for n in range(count)
    )  # fmt: skip


def searches(count: int) -> tuple[Case, ...]:
    return tuple(
        RetrievalCase(
            id=f"retrieval/{n:04}", query=f"查{n}", as_of=NOW, source="test", reviewer="test",
            passages=(GoldPassage(doc_id=f"d{n}", quote="年利率"), GoldPassage(doc_id=f"e{n}", quote="起存")),
        )
        for n in range(count)
    )  # fmt: skip


def suite_of(name: str, cases: Sequence[Case]) -> Suite:
    lines = "\n".join(case.model_dump_json() for case in cases)
    return Suite(name, tuple(cases), hashlib.sha256(lines.encode()).hexdigest())


def good(case: Case, n: int) -> Output:
    """What a sound release gives: a question in eleven wrong, one gold passage in ten not found."""
    if isinstance(case, RetrievalCase):
        return {"recall_at_8": 0.5 if n % 5 == 0 else 1.0, "foreign_passage": 0.0}
    return {"right": float(n % 11 != 0), "wrong_figure_shown": 0.0, "total_ms": 800.0 + n}


def key_of(case: Case, release_id: str, corpus_sha256: str, repeat: int) -> str:
    asked = f"{case.model_dump_json()} {release_id} {corpus_sha256} {repeat}"
    return hashlib.sha256(asked.encode()).hexdigest()


def scores_of(run: Run, suites: Mapping[str, Suite]) -> Iterable[Score]:
    """A score for each metric that the output names; of a crash, for each that the suite knows."""
    cases = {(name, case.id): case for name, suite in suites.items() for case in suite.cases}
    for item in run.items:
        case = cases.get((item.suite, item.case_id))
        known = good(case, 1) if case else {}
        for metric in sorted(known.keys() | (item.output or {}).keys()):
            value = (item.output or {}).get(metric)
            yield Score(
                suite=item.suite,
                case_id=item.case_id,
                repeat=item.repeat,
                metric=metric,
                value=value,
                weight=2.0 if metric in GRADES else 1.0,
                unscored="" if value is not None else item.error or "no value",
                slices=case.slices if case else (),
                cluster=case.doc_ids[0] if isinstance(case, AskCase) else item.case_id,
            )


def write_run(
    folder: Path,
    suites: Mapping[str, Suite],
    parts: Mapping[str, str],
    outputs: Outputs = good,
    repeats: int = 1,
) -> Path:
    """A whole run, as the harness leaves it."""
    release_id = Release.model_validate(parts).release_id
    items = [
        Item(
            key=key_of(case, release_id, CORPUS, repeat), suite=name, case_id=case.id, repeat=repeat,
            output=outputs(case, n), seconds=0.1,
        )
        for name, suite in suites.items()
        for n, case in enumerate(suite.cases)
        for repeat in range(1, repeats + 1)
    ]  # fmt: skip
    manifest = Manifest(
        run_id=folder.name,
        release_id=release_id,
        release=dict(parts),
        corpus_sha256=CORPUS,
        suites={name: SuiteOfRun(sha256=suite.sha256, cases=len(suite.cases)) for name, suite in suites.items()},
        repeats=repeats,
        concurrency=2,
        started_at=NOW - timedelta(hours=2),
        finished_at=NOW - timedelta(hours=1),
        state=RunState.COMPLETE,
        machine={},
        code=CODE,
    )
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    write_lines(folder / "items.jsonl", [item.model_dump(mode="json") for item in items])
    made = scores_of(Run(folder=folder, manifest=manifest, items=tuple(items), scores=()), suites)
    write_lines(folder / "scores.jsonl", [score.model_dump(mode="json") for score in made])
    return folder


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True)
class Trial:
    """Everything that the gate is given."""

    run: Path
    live: Path | None
    suites: Mapping[str, Suite]
    gates: dict[str, Any] = field(default_factory=lambda: json.loads(json.dumps(GATES)))
    waivers: tuple[Waiver, ...] = ()
    release_id: str | None = None
    key: str = ""
    now: datetime = NOW
    corpus_sha256: str = CORPUS
    code: str = CODE

    def verdict(self) -> GateVerdict:
        return self.decide(read_run(self.run), read_run(self.live) if self.live else None)

    def decide(self, run: Run, live: Run | None) -> GateVerdict:
        content = json.dumps(self.gates).encode()
        file = GatesFile(gates_of(self.gates), hashlib.sha256(content).hexdigest())
        installed = Installed(
            self.suites, self.corpus_sha256, self.code, lambda run: scores_of(run, self.suites), key_of
        )
        return gate(
            run,
            live,
            file,
            installed,
            now=self.now,
            waivers=self.waivers,
            release_id=self.release_id,
            key=self.key,
        )

    def but(self, **changed: Any) -> "Trial":
        return replace(self, **changed)


def trial(runs: Path, outputs: Outputs = good, live: Outputs = good, questions: int = 220, repeats: int = 1) -> Trial:
    """An equal release, unless the outputs say otherwise."""
    suites = {"ask": suite_of("ask", asks(questions)), "retrieval": suite_of("retrieval", searches(60))}
    return Trial(
        run=write_run(runs / "candidate", suites, CANDIDATE, outputs, repeats),
        live=write_run(runs / "live", suites, LIVE, live, repeats),
        suites=suites,
    )


def with_outputs(run: Run, suites: Mapping[str, Suite], outputs: Outputs) -> Run:
    """The run as it had been with other outputs, in memory."""
    places = {(name, case.id): (case, n) for name, suite in suites.items() for n, case in enumerate(suite.cases)}
    items = tuple(item.model_copy(update={"output": outputs(*places[item.suite, item.case_id])}) for item in run.items)
    changed = run.model_copy(update={"items": items})
    return changed.model_copy(update={"scores": tuple(scores_of(changed, suites))})


def change_manifest(folder: Path, **changed: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def change_rows(path: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    write_lines(path, change(rows_of(path)))


def parts_with(**changed: str) -> tuple[dict[str, str], str]:
    """The candidate's parts with some others, and the release that they make."""
    release = Release.model_validate({**CANDIDATE, **changed})
    return release.model_dump(), release.release_id
