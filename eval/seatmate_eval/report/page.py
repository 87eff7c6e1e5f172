"""The page: one HTML file that opens from disk, with its style, its charts and its few lines of script in it.

Everything that is not from this folder is escaped by the template engine. The page's own policy lets it load nothing
and run no script but the one whose hash it names, so that an escape that is forgotten one day still does not run.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from seatmate.domain.knowledge import BANK_ZONE
from seatmate_eval.report import pictures, ruling, words
from seatmate_eval.report.cards import Card, cards
from seatmate_eval.report.content import Content
from seatmate_eval.report.lines import Veil, veil_of_all
from seatmate_eval.report.standing import State

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class CostRow:
    word: str
    name: str
    items: int
    cached: int
    seconds: str
    tokens: str
    live_tokens: str


def page(content: Content) -> str:
    """The whole file."""
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # The two files stand in this folder and are part of the code: nothing of a run is in them.
    trusted = {"style": Markup(style), "script": Markup(script), "script_hash": f"sha256-{digest}"}
    return _environment().get_template("page.html").render(**_context(content), **trusted)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["breakable"] = _breakable
    return environment


def _breakable(identifier: str) -> Markup:
    """A long identifier may break after its own marks and nowhere else."""
    return escape(identifier).replace("/", Markup("/<wbr>")).replace("_", Markup("_<wbr>"))


def _context(content: Content) -> dict[str, Any]:
    veil = veil_of_all(content.cases.values(), content.calls.values())
    manifest = content.run.manifest
    checks = list(ruling.check_groups(content.verdict, veil)) if content.verdict else []
    return {
        "zone": BANK_ZONE,
        "manifest": manifest,
        "live": content.live.manifest if content.live else None,
        "compared": content.compared_with_live,
        "banner": ruling.banner(content),
        "facts": ruling.facts(content),
        "notes": content.notes,
        "contents": _contents(content, bool(checks)),
        "checks": checks,
        "parts": ruling.parts(content),
        "suites": [(name, words.suite_word(name)) for name in content.suites],
        "case_groups": list(_case_groups(content)),
        "fixed": content.of_state(State.FIXED),
        "flaky": [
            _labelled(row.metric, case_id=row.case_id, passed=row.passed, failed=row.failed) for row in content.flaky
        ],
        "unscored": list(_unscored(content, veil)),
        "overview": pictures.overview(content),
        "multiples": list(pictures.slice_multiples(content)),
        "suite_figures": list(pictures.suite_figures(content)),
        "judged": list(_judged(content)),
        "times": list(pictures.times(content)),
        "costs": list(_costs(content)),
        "made": list(_made(content)),
    }


def _contents(content: Content, has_checks: bool) -> list[tuple[str, str]]:
    found = [("checks", "门禁检查")] if has_checks else []
    found += [("parts", "版本部件"), ("figures", "成绩"), ("cases", "退步与未通过"), ("flaky", "不稳定与未评分")]
    found += [("judge", "评审模型")] if content.judged else []
    return [*found, ("costs", "用时与用量"), ("made", "如何得出")]


def _case_groups(content: Content) -> Iterator[tuple[str, str, list[Card]]]:
    if content.compared_with_live:
        yield "退步", "线上更好的题，零容忍的在各题最前。", list(cards(content, State.REGRESSED))
    yield "未通过", "按结论或标准答案不合格的题。", list(cards(content, State.FAILING))
    yield "未满分", "结论合格，但有分级指标没有满分的题。", list(cards(content, State.PARTIAL))


def _labelled(metric: str, **more: Any) -> dict[str, Any]:
    return {"metric": metric, "label": words.metric_word(metric), **more}


def _unscored(content: Content, veil: Veil) -> Iterator[dict[str, Any]]:
    for row in content.unscored:
        more = f" 等 {len(row.case_ids)} 题" if len(row.case_ids) > 8 else ""
        shown = "、".join(row.case_ids[:8]) + more
        yield _labelled(row.metric, suite=words.suite_word(row.suite), why=veil.hide(row.why), cases=shown)


def _judged(content: Content) -> Iterator[dict[str, Any]]:
    for row in content.judged:
        means = {"mean": words.number(row.mean, "share"), "live_mean": words.number(row.live_mean, "share")}
        counted = f"{row.scored} / {row.unscored}"
        yield _labelled(row.metric, judge=row.judge, counted=counted, counts=row.counts, why=row.why, **means)


def _costs(content: Content) -> Iterator[CostRow]:
    for name in content.suites:
        cost = content.costs.get(name)
        if cost is None:
            continue
        yield CostRow(
            word=words.suite_word(name),
            name=name,
            items=cost.items,
            cached=cost.cached,
            seconds=words.seconds(sum(cost.seconds)),
            tokens=pictures.tokens_told(cost),
            live_tokens=pictures.tokens_told(content.live_costs.get(name)),
        )


def _made(content: Content) -> Iterator[tuple[str, str]]:
    manifest, verdict = content.run.manifest, content.verdict
    yield "运行 run_id", manifest.run_id
    yield "运行 SHA-256", content.run_sha256
    yield "版本 release_id", manifest.release_id
    if content.live is not None and content.live_sha256 is not None:
        yield "线上运行 run_id", content.live.manifest.run_id
        yield "线上运行 SHA-256", content.live_sha256
    if verdict is not None:
        yield "裁决 SHA-256", verdict.sha256
        yield "裁决封印", verdict.seal or "无"
        yield "门禁 gates.yaml SHA-256", verdict.gates_sha256
    yield "资料 SHA-256", manifest.corpus_sha256
    yield "指标代码", manifest.code
    yield "开始", manifest.started_at.isoformat()
    yield "结束", manifest.finished_at.isoformat() if manifest.finished_at else "未完成"
    yield "重复 × 并发", f"{manifest.repeats} × {manifest.concurrency}"
    yield "每套件题数上限", str(manifest.limit) if manifest.limit is not None else "无"
    yield "机器", "，".join(f"{key} {value}" for key, value in manifest.machine.items())
    yield "报告生成", content.made_at.isoformat(timespec="seconds")
    if content.command:
        yield "命令", content.command
