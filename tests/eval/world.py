"""A small bank to be measured: two weeks of two documents, a call, a few cases, a model that says what a test says."""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from seatmate.settings import HOME, EngineSettings, Settings
from seatmate.testing.call_contract import conversation
from seatmate_eval.cases import Case
from seatmate_eval.plan import Options
from seatmate_eval.results import Item, Score
from seatmate_eval.sample_bank import Bank

MANIFEST = """path,doc_id,title,doc_type,product_codes,scope,valid_from,valid_to,published_at,supersedes
rate.md,rate,存款利率表,费率表,,retail,{since},,{published}T09:00:00+08:00,
vip.md,vip,私人银行限额,限额,,private_banking,2026-01-01,,{published}T09:00:00+08:00,
"""
WEEKS = {"2026-W45": ("2026-01-01", "2026-11-02", "1.45%"), "2026-W46": ("2026-11-09", "2026-11-09", "1.40%")}
BEFORE, AFTER = "2026-11-05T10:00:00+08:00", "2026-11-18T10:00:00+08:00"
SLOT = "年利率为«F1»。[1]"
WHO = {"source": "test", "reviewer": "test"}


def ask(number: int, question: str = "整存整取一年期年利率是多少", as_of: str = AFTER) -> dict[str, Any]:
    """A question; a number makes another one of the same kind."""
    return WHO | {
        "id": f"answer/{number}", "question": f"{question}（{number}）", "as_of": as_of, "kind": "lookup",
        "figures": ["1.40%"], "doc_ids": ["rate"], "status": "grounded",
    }  # fmt: skip


def line(number: int, breach: bool = True) -> dict[str, Any]:
    text = "这款保本保息，写在合同里的。" if breach else "这款不保本，净值会波动。"
    return WHO | {
        "id": f"compliance/{number}",
        "rule": "principal_guarantee",
        "breach": breach,
        "text": f"{text}第{number}次说。",
    }


def search(number: int, as_of: str = AFTER, scopes: Sequence[str] = ("retail",)) -> dict[str, Any]:
    rate = "1.40%" if as_of == AFTER else "1.45%"
    return WHO | {
        "id": f"retrieval/{number}", "query": "一年期年利率", "as_of": as_of, "scopes": list(scopes),
        "passages": [{"doc_id": "rate", "quote": f"整存整取一年期年利率为{rate}"}],
    }  # fmt: skip


def options(folder: Path, **suites: Sequence[dict[str, Any]]) -> Options:
    """The bank and its suites (`aftercall_phone=[…]`) in a folder, and what would be run on it."""
    for week, (since, published, rate) in WEEKS.items():
        drop = folder / "drops" / week
        drop.mkdir(parents=True, exist_ok=True)
        (drop / "manifest.csv").write_text(MANIFEST.format(since=since, published=published), encoding="utf-8")
        (drop / "rate.md").write_text(f"# 存款利率表\n\n整存整取一年期年利率为{rate}。\n", encoding="utf-8")
        (drop / "vip.md").write_text("# 私人银行限额\n\n私人银行客户转账限额为9,000万元。\n", encoding="utf-8")
    calls = folder / "calls"
    calls.mkdir(exist_ok=True)
    said = ("您好，远川银行", "我想问一下三年期存款的利率", "三年期是1.80%", "好的，那我到期那天自己来办理", "好，再见")
    (calls / "C-1.json").write_text(conversation("C-1", *said).model_dump_json(), encoding="utf-8")
    (folder / "suites").mkdir(exist_ok=True)
    for name, cases in suites.items():
        lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
        (folder / "suites" / f"{name.replace('_', '-')}.jsonl").write_text(lines, encoding="utf-8")
    return replace(
        Options(),
        has_model=False,
        suites_folder=folder / "suites",
        drops=folder / "drops",
        calls=calls,
        away_in_a_row=3,
        patience_s=10,
    )


def settings(folder: Path, base_url: str | None = None) -> Settings:
    """What is written goes below the folder; built banks and the few rules are shared by all tests of a session."""
    built = folder / "var" / "eval" / "worlds"
    if not built.is_symlink():
        (folder.parent / "built-banks").mkdir(exist_ok=True)
        built.parent.mkdir(parents=True)
        built.symlink_to(folder.parent / "built-banks")
    if not (corpus := folder.parent / "few-rules").exists():
        few_rules(corpus / "rules")
    engine = EngineSettings(base_url=base_url, served_model="mock" if base_url else None, request_timeout_s=5)
    whole = Settings.load().in_folder(folder / "var")
    after = whole.aftercall.model_copy(update={"model_adds": frozenset({"summary"})})  # a call asks the model
    return whole.model_copy(update={"engine": engine, "corpus": corpus, "aftercall": after})


def few_rules(folder: Path) -> None:
    """The sample bank's, without most of them: they take seconds to load and nothing here is about them."""
    shutil.copytree(HOME / "corpus" / "rules", folder)
    for rule in (folder / "compliance").glob("*.yaml"):
        if rule.stem not in ("pack", "principal_guarantee", "risk_not_disclosed"):
            rule.unlink()
    for path in (*(folder / "kyc").glob("*.yaml"), folder / "voc.yaml"):
        written = yaml.safe_load(path.read_text("utf-8"))
        for one in (*written.get("fields", ()), *written.get("labels", ())):
            one.pop("told", None)
        path.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")


def good(case: Case, item: Item, bank: Bank) -> Iterable[Score]:
    """A score that is 1 for every output and missing for every error."""
    value = None if item.output is None else 1.0
    yield Score(
        suite=item.suite,
        case_id=item.case_id,
        repeat=item.repeat,
        metric="right",
        value=value,
        unscored=item.error,
        cluster=item.case_id,
    )
