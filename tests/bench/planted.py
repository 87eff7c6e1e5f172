"""Does the gate find what was broken on purpose, and does it let an equal release pass? Issue 6, "it must hold".

Five releases are made worse, each in one place: the adapter (its weights are scaled and turned), the answer prompt (it
forgets the sources' marks), a retrieval setting (meaning counts, words do not), a rule (one loses its detectors and a
group of facts its words) and a week of documents (the old rate table comes back). Each is run through the real flows
and held against a run of the shipped release by the shipped gates; the verdict must block, and name the place.
Then the shipped release is run again and again, and held against itself: 19 of 20 must pass.

    python -m tests.bench.planted                 all five; the model server is started for each
    python -m tests.bench.planted --only rule     one of them
    python -m tests.bench.planted --equal 20      the same release, so many times, by the suites that ask the model
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from seatmate.compliance.pack import load_pack
from seatmate.domain.errors import Misconfigured
from seatmate.serving.adapter_check import WEIGHTS
from seatmate.serving.registry import file_sha256, newest_adapter
from seatmate.serving.registry import list_adapters as adapters_in
from seatmate.settings import HOME, Settings

PORT = 8694
WORDS_OF_THE_MODEL = ("ask", "answer", "time", "refusal", "neighbour")


@dataclass(frozen=True)
class Planted:
    """A release that is worse in one place. `expected`: what the report must name, in any failed check's id."""

    name: str
    expected: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def planted(work: Path) -> Iterator[Planted]:
    yield Planted("adapter", (*WORDS_OF_THE_MODEL, "aftercall"), environment=_worse_adapter(work / "adapters"))
    yield Planted("prompt", WORDS_OF_THE_MODEL, ("--prompts", str(_worse_prompts(work / "prompts"))))
    yield Planted("retrieval", ("retrieval",), environment={"SEATMATE_INDEX__SPARSE_WEIGHT": "0"})
    yield Planted("rule", ("compliance", "hit_recall", "kyc_recall"), ("--rules", str(_worse_rules(work / "rules"))))
    yield Planted("documents", ("time", "ask", "answer"), ("--drops", str(_old_documents(work / "drops"))))


def _worse_adapter(folder: Path) -> dict[str, str]:
    """The shipped adapter with every matrix turned round: it loads, it speaks, it has unlearnt."""
    settings = Settings.load().engine
    shipped = newest_adapter(adapters_in(settings.adapters, settings.model, settings.max_lora_rank), "bank")
    assert shipped is not None
    made = folder / "made"
    shutil.copytree(shipped.path, made)
    content = bytearray((made / WEIGHTS).read_bytes())
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    begin = 8 + int.from_bytes(content[:8], "little")
    kinds = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
    for name, about in header.items():
        if name == "__metadata__":
            continue
        start, end = (begin + offset for offset in about["data_offsets"])
        values = np.frombuffer(content[start:end], kinds[about["dtype"]])
        content[start:end] = values[::-1].tobytes()
    (made / WEIGHTS).write_bytes(content)
    name = f"bank@{file_sha256(made / WEIGHTS)[:12]}"
    made.rename(folder / name)
    return {"SEATMATE_ENGINE__ADAPTERS": str(folder), "SEATMATE_ENGINE__SERVED_MODEL": name}


def _worse_prompts(folder: Path) -> Path:
    shutil.copytree(HOME / "prompts", folder)
    path = folder / "ask" / "answer.md"
    words = path.read_text(encoding="utf-8")
    worse = words.replace(
        "资料：\n{sources}\n\n日期：{as_of}\n问题：{question}", "问题：{question}\n日期：{as_of}\n{sources}"
    )
    assert worse != words
    path.write_text(worse, encoding="utf-8")
    return folder


def _worse_rules(folder: Path) -> Path:
    """One compliance rule hears eight phrases of all that it heard, and of two groups of facts nothing is told."""
    shutil.copytree(HOME / "corpus" / "rules", folder)
    path = folder / "compliance" / "promise_return.yaml"
    rule: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    heard = rule["detectors"][0]
    rule["detectors"] = [{**heard, "patterns": heard["patterns"][-8:]}]
    # A rule whose examples do not fire does not load: they go with the phrases.
    unheard = _unheard(path, rule)
    rule["positive"] = [example for example in rule["positive"] if _as_told(example) not in unheard]
    _write(path, rule)
    load_pack(path.parent)
    for group in ("3-assets", "4-goals"):
        facts_path = folder / "kyc" / f"{group}.yaml"
        facts: dict[str, Any] = yaml.safe_load(facts_path.read_text(encoding="utf-8"))
        for fact in facts["fields"]:
            fact.pop("told", None)
        _write(facts_path, facts)
    return folder


def _unheard(path: Path, rule: dict[str, Any]) -> str:
    _write(path, rule)
    try:
        load_pack(path.parent)
    except Misconfigured as error:
        return error.detail
    return ""


def _as_told(example: str | list[str]) -> str:
    return f"「{example if isinstance(example, str) else ' / '.join(example)}」"


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _old_documents(folder: Path) -> Path:
    """The third week brings the first week's rate table and fees again."""
    shutil.copytree(HOME / "corpus" / "drops", folder)
    for name in ("deposit-rate-table.xlsx", "fee-transfer.md", "wm-fee-table.xlsx"):
        shutil.copy(folder / "2026-W45" / name, folder / "2026-W47" / name)
        shutil.copy(folder / "2026-W45" / name, folder / "2026-W46" / name)
    return folder


def run(out: Path, *arguments: str, environment: dict[str, str] | None = None) -> float:
    """One run by the command that a data scientist types; its seconds."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "seatmate_eval", "run", "--out", str(out), *arguments]
    env = {"SEATMATE_ENGINE__PORT": str(PORT), **os.environ, **(environment or {})}
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def verdict(candidate: Path, live: Path, gates: Path, *arguments: str) -> dict[str, Any]:
    out = candidate / "verdict.json"
    command = [sys.executable, "-m", "seatmate_eval", "gate", str(candidate), "--live", str(live)]
    command += ["--gates", str(gates), "--out", str(out), "--json", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=dict(os.environ))
    if done.returncode == 3:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def worse(candidate: Path, live: Path) -> list[str]:
    """Suites, metrics and slices that are worse beyond chance, by `seatmate-eval compare`."""
    command = [sys.executable, "-m", "seatmate_eval", "compare", str(candidate), str(live), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ))
    compared: list[dict[str, Any]] = json.loads(done.stdout)["compared"]
    lost = [one for one in compared if one["gain"] and one["gain"]["high"] is not None and one["gain"]["high"] < 0]
    return [f"worse/{one['suite']}/{one['metric']}@{one['slice']}" for one in lost if not one["metric"].endswith("_ms")]


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    wanted.add_argument("--only", action="append", help="one of the five, by name; may be said again")
    wanted.add_argument("--equal", type=int, default=0, help="run the shipped release so often instead")
    wanted.add_argument("--live", type=Path, help="a whole run of the shipped release; by default one is made")
    wanted.add_argument("--without-model", action="store_true", help="rules, retrieval and documents alone")
    options = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        plain = ("--without-model",) if options.without_model else ()
        if options.equal:
            _equal(work, options.equal, plain)
            return
        live = options.live or work / "live"
        if options.live is None:
            print(f"live: {run(live, *plain):.0f} s", flush=True)
        _find_all(work, live, options.only, plain)


def _find_all(work: Path, live: Path, only: list[str] | None, plain: tuple[str, ...]) -> None:
    missed = []
    for one in planted(work):
        if only and one.name not in only:
            continue
        seconds = run(work / f"run-{one.name}", *plain, *one.arguments, environment=one.environment)
        drops = one.arguments[1:] if one.arguments[:1] == ("--drops",) else ()
        found = verdict(work / f"run-{one.name}", live, HOME / "eval" / "gates.yaml", *_with_drops(drops))
        named = [check["id"] for check in found["checks"] if check["outcome"] in ("fail", "insufficient evidence")]
        if (
            drops
        ):  # other documents are another corpus: the gate refuses the pair, what got worse is for `compare` to say
            named += worse(work / f"run-{one.name}", live)
        caught = found["outcome"] not in ("pass", "waived") and any(
            place in name for name in named for place in one.expected
        )
        missed += [] if caught else [one.name]
        print(f"{one.name}: {found['outcome']} in {seconds:.0f} s; {len(named)} checks do not pass", flush=True)
        for name in named[-12:]:
            print(f"    {name}", flush=True)
    print("all blocked" if not missed else f"NOT BLOCKED: {missed}")


def _with_drops(drops: tuple[str, ...]) -> tuple[str, ...]:
    return ("--drops", drops[0]) if drops else ()


def _equal(work: Path, times: int, plain: tuple[str, ...]) -> None:
    """Only what the model has words in can differ between two runs of one release."""
    only = [part for name in WORDS_OF_THE_MODEL for part in ("--suite", name)]
    gates = work / "gates.yaml"
    content: dict[str, Any] = yaml.safe_load((HOME / "eval" / "gates.yaml").read_text(encoding="utf-8"))
    content["requires"]["suites"] = {n: c for n, c in content["requires"]["suites"].items() if n in WORDS_OF_THE_MODEL}
    for kind in ("minimums", "no_regression"):
        content[kind] = [rule for rule in content[kind] if rule["suite"] in WORDS_OF_THE_MODEL]
    kept = []
    for floor in content["floors"]:
        suites = [name for name in floor["suites"] if name in WORDS_OF_THE_MODEL]
        kept += [{**floor, "suites": suites}] if suites else []
    gates.write_text(yaml.safe_dump({**content, "floors": kept}, allow_unicode=True), encoding="utf-8")
    print(f"live: {run(work / 'live', '--no-cache', *only, *plain):.0f} s", flush=True)
    outcomes = []
    for number in range(1, times + 1):
        seconds = run(work / f"again-{number}", "--no-cache", *only, *plain)
        found = verdict(work / f"again-{number}", work / "live", gates)
        outcomes.append(found["outcome"])
        named = [check["id"] for check in found["checks"] if check["outcome"] not in ("pass", "waived")]
        print(f"{number}: {found['outcome']} in {seconds:.0f} s {' '.join(named[:6])}", flush=True)
    print(f"{outcomes.count('pass')} of {times} pass")


if __name__ == "__main__":
    main()
