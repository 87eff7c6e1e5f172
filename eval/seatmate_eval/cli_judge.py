"""`seatmate-eval judge RUN`: ragas over the answers of a run, with the bank's own model as the judge.
`seatmate-eval agreement`: that judge held against people's labels; until it is good enough, it blocks nothing.

Both use the server of SEATMATE_ENGINE__BASE_URL, or start the shipped model for as long as they need it. The judge's
verdicts are written beside the run (judged_run.py), the agreement into eval/judge/agreement.json.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from seatmate.adapters.chat import OpenAIChat
from seatmate.adapters.dense import DenseEncoder, open_dense
from seatmate.domain.errors import Misconfigured, ModelUnavailable
from seatmate.prompts import Prompts
from seatmate.settings import Settings
from seatmate.wiring.model import NO_MODEL, model_address
from seatmate_eval import agreement as agreements
from seatmate_eval.agreement import Measured, agreement_of, load_labels, load_rules, may_count
from seatmate_eval.judged_run import JudgedRun, judged_scores, key_of
from seatmate_eval.judges import COMPUTED, JUDGED, WITHOUT_HASH, JudgeId, Sample, samples_of
from seatmate_eval.model_server import served
from seatmate_eval.results import BadRun, RunState, Score, read_run
from seatmate_eval.suites import load_suites

if TYPE_CHECKING:
    from seatmate_eval.metrics.judge import Judge

console = Console()

BROKEN = 3
"""The exit status of a harness that could not measure."""

_BaseSha = Annotated[
    str, typer.Option(help="With a server of your own: the hash of its weights. Without it, it never counts.")
]
_Timeout = Annotated[float, typer.Option(help="Seconds for one metric of one answer.")]


@dataclass(frozen=True)
class _Bench:
    """A judge that can be asked, and who it is."""

    judge: "Judge"
    identity: JudgeId
    encoder: DenseEncoder


def judge(
    run: Annotated[Path, typer.Argument(help="A run's folder, var/eval/runs/<run id>.")],
    again: Annotated[bool, typer.Option("--again", help="Ask once more for what has no value.")] = False,
    no_model: Annotated[bool, typer.Option("--no-model", help="Only the metrics that ask no model.")] = False,
    limit: Annotated[int | None, typer.Option(help="Only so many answers: a look.")] = None,
    base_sha: _BaseSha = "",
    timeout: _Timeout = 90.0,
) -> None:
    """Judge the answers of a run with ragas. What was judged before is not asked again."""
    try:
        asyncio.run(_judge(run, again=again, no_model=no_model, limit=limit, base_sha=base_sha, item_s=timeout))
    except (BadRun, Misconfigured, ModelUnavailable, OSError) as error:
        console.print(str(error), markup=False)
        raise typer.Exit(BROKEN) from error


def agreement(base_sha: _BaseSha = "", timeout: _Timeout = 90.0) -> None:
    """Hold the judge against people's labels, and keep what came out."""
    try:
        asyncio.run(_agreement(base_sha=base_sha, item_s=timeout))
    except (Misconfigured, ModelUnavailable, OSError) as error:
        console.print(str(error), markup=False)
        raise typer.Exit(BROKEN) from error


async def _judge(run: Path, *, again: bool, no_model: bool, limit: int | None, base_sha: str, item_s: float) -> None:
    samples = _samples(run)[:limit]
    async with _bench(base_sha, item_s, with_model=not no_model) as bench:
        from seatmate_eval.metrics.judge import computed

        kept = JudgedRun(run, bench.identity)
        done = kept.done(again=again)
        for sample in track(samples, "computed", console=console, transient=True):
            for score in computed(sample, bench.encoder.encode):
                if key_of(score) not in done:
                    kept.add(score)
        for name in () if no_model else JUDGED:
            wanted = [s for s in samples if (s.suite, s.case_id, s.repeat, name) not in done and s.has(name)]
            with console.status(f"{name}: {len(wanted)} answers"):
                async for score in bench.judge.scores(wanted, (name,)):
                    kept.add(score)
        _print_scores(judged_scores(run, bench.identity), bench.identity)


async def _agreement(*, base_sha: str, item_s: float) -> None:
    labels, rules, labels_sha256 = load_labels(), load_rules(), agreements.labels_sha256()
    async with _bench(base_sha, item_s) as bench:
        begun = time.monotonic()
        scores: list[Score] = []
        for name in rules.metrics:
            with console.status(f"{name}: {len(labels)} labels"):
                scores += [score async for score in bench.judge.scores([label.sample() for label in labels], (name,))]
        measured = Measured(
            judge=bench.identity,
            digest=bench.identity.digest,
            labels_sha256=labels_sha256,
            measured_at=datetime.now(UTC),
            seconds=round(time.monotonic() - begun, 1),
            agreements=tuple(agreement_of(name, rule, labels, scores) for name, rule in rules.metrics.items()),
        )
    agreements.keep(measured)
    _print_agreement(measured)


def _samples(run: Path) -> list[Sample]:
    """The answers of a complete run, with their cases. BadRun when the suites are no longer those of the run."""
    found, suites = read_run(run), load_suites()
    if found.manifest.state is not RunState.COMPLETE:
        raise BadRun(f"{run}: the run is not complete, and its items will be others")
    for name, was in found.manifest.suites.items():
        if name not in suites or suites[name].sha256 != was.sha256:
            raise BadRun(f"{run}: the suite {name} has changed since")
    cases = {case.id: case for name in found.manifest.suites for case in suites[name].cases}
    return list(samples_of(cases, found.items))


@asynccontextmanager
async def _bench(base_sha: str, item_s: float, *, with_model: bool = True) -> AsyncIterator[_Bench]:
    """A judge for as long as it is needed."""
    from seatmate_eval.metrics.judge import MAX_TOKENS, RAGAS, Judge  # ragas takes four seconds to import

    settings = Settings.load()
    encoder = open_dense(settings.index.embedder)
    prompts = Prompts.load(settings.prompts / "eval")
    identity = JudgeId(
        model=NO_MODEL,
        base=base_sha or _base_of(settings),
        prompts=prompts.sha256,
        encoder=encoder.fingerprint,
        ragas=RAGAS,
        max_tokens=MAX_TOKENS,
    )
    async with _served(settings) if with_model else nullcontext(settings) as found:
        base_url, key, model = model_address(found.engine)
        chat = OpenAIChat(base_url, key, model, total_timeout_s=item_s)
        judge = Judge(chat, encoder.encode, prompts, item_timeout_s=item_s)
        try:
            yield _Bench(judge, identity.model_copy(update={"model": model} if with_model else {}), encoder)
        finally:
            await chat.aclose()


def _served(settings: Settings) -> AbstractAsyncContextManager[Settings]:
    """A running platform's engine is left alone: ours has a folder of its own, and the port of the settings."""
    return served(settings, settings.var / "judge", lambda stage, s: console.print(f"{s:5.1f} s {stage}"))


def _base_of(settings: Settings) -> str:
    """The hash of our own model's weights; of a server elsewhere nothing is known but its name."""
    manifest = settings.engine.model / "MANIFEST.sha256"
    if settings.engine.base_url is not None or not manifest.is_file():
        return WITHOUT_HASH
    return hashlib.sha256(manifest.read_bytes()).hexdigest()


def _print_scores(scores: tuple[Score, ...], identity: JudgeId) -> None:
    table = Table("metric", "mean", "scored", "unscored", "may it count")
    for name in (*COMPUTED, *JUDGED):
        of_metric = [score for score in scores if score.metric == name]
        values = [score.value for score in of_metric if score.value is not None]
        mean = f"{sum(values) / len(values):.3f}" if values else "—"
        why = "a trend, no verdict" if name in COMPUTED else may_count(name, identity)[1]
        if of_metric:
            table.add_row(name, mean, str(len(values)), str(len(of_metric) - len(values)), why)
    console.print(f"judge {identity.digest}: {identity.model}", markup=False)
    console.print(table)


def _print_agreement(measured: Measured) -> None:
    table = Table("metric", "labels", "agreed", "kappa (95 %)", "alpha (95 %)", "no verdict", "may it count")
    for found in measured.agreements:
        kappa, alpha = (f"{c.value:.2f} ({c.low:.2f} to {c.high:.2f})" for c in (found.kappa, found.alpha))
        counts, why = may_count(found.metric, measured.judge)
        none = str(sum(found.unscored.values()))
        said = f"{'yes' if counts else 'no'}: {why}"
        table.add_row(found.metric, str(found.labels), f"{found.agreed:.2f}", kappa, alpha, none, said)
    console.print(f"judge {measured.digest}: {measured.judge.model}, {measured.seconds:g} s", markup=False)
    console.print(table)
