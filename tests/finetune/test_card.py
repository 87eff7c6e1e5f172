"""A card says what was measured: its sentences follow the figures, and what an earlier run left is not lost with its folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from seatmate.domain.errors import Misconfigured
from seatmate.settings import HOME
from seatmate_eval.compare import compare
from seatmate_eval.results import read_run
from seatmate_tune.card import EARLIER, card, points
from seatmate_tune.dataset_folder import HELD_OUT, TRAIN, digest_of
from seatmate_tune.evaluate import own_held_out
from seatmate_tune.on_suites import TASKS, TOGETHER, facts_of, page, read_comparisons, used_as_shipped
from seatmate_tune.recipe import Recipe, load
from tests.eval.gate_world import LIVE, asks, suite_of, write_run

ADAPTER = "bank@222222222222"
BETTER, WORSE, SAME = (0.05, 0.01, 0.09), (-0.05, -0.09, -0.01), (0.01, -0.02, 0.04)
Move = tuple[float, float, float]


def base_folder(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("tokenizer.json", b"{}"), ("chat_template.jinja", b"x"), ("model.safetensors", weights)):
        (folder / name).write_bytes(content)
    return folder


def recipe_of(folder: Path, name: str, **changes: Any) -> Path:
    """A base's recipe, unless `changes` make it an adapter's."""
    content = yaml.safe_load((HOME / "finetune" / "recipes" / "mini-2-tasks.yaml").read_text(encoding="utf-8"))
    content |= {"name": name, "base": str(folder / "mini"), "out": str(folder / "mini"), "text": []}
    content |= {"work": str(folder / "work" / name)} | changes
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def adapter_of(folder: Path) -> tuple[Recipe, Path]:
    base_folder(folder / "mini")
    recipe = load(recipe_of(folder, "bank", adapter={"r": 16, "alpha": 32}, out=str(folder / "adapters")))
    made = folder / "adapters" / ADAPTER
    made.mkdir(parents=True)
    return recipe, made


def leave(recipe: Path, steps: int = 4, text: Mapping[str, str] | None = None) -> Recipe:
    """What a finished run leaves in its work folder."""
    run = load(recipe)
    run.work.mkdir(parents=True)
    rows = [
        {"step": n, "loss": 4.0 / n, "held_out_loss": 5.0 / n if n % 2 == 0 else None, "tokens": 1000 * n}
        for n in range(1, steps + 1)
    ]
    (run.work / "progress.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    totals = {"steps": steps, "tokens": 1000 * steps, "minutes": 1.5}
    (run.work / "totals.json").write_text(json.dumps(totals), encoding="utf-8")
    told = {"recipe_sha256": run.sha256, "text_sha256": text or {}, "environment": {"cores": 2}}
    (run.work / "run.json").write_text(json.dumps(told), encoding="utf-8")
    return run


def read(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "card.json").read_text(encoding="utf-8")))


def row(suite: str, metric: str, move: Move, value: float = 0.5, weight: float = 40, cases: int = 40) -> dict[str, Any]:
    gain, low, high = move
    verdict = "better" if low > 0 else "worse" if high < 0 else "not told apart"
    figure = {"value": value, "low": 0.1, "high": 0.9, "weight": weight, "cases": cases, "clusters": 20}
    return {
        "suite": suite, "metric": metric, "slice": "", "candidate": figure, "live": figure | {"value": value - gain},
        "gain": {"value": gain, "low": low, "high": high, "verdict": verdict},
    }  # fmt: skip


def comparison(path: Path, other: str, moves: Mapping[str, Move], tokens: float = 900.0, run: str = "a" * 64) -> str:
    """A made file of `seatmate-eval compare --json`: what `moves` does not name is not told apart."""
    metrics = {metric: task.suites for task in TASKS for metric in task.metrics}
    rows = [row(suite, metric, moves.get(metric, SAME)) for metric, suites in metrics.items() for suite in suites]
    rows.append(row("aftercall-chat", "call_tokens", SAME, tokens))
    release = {"adapter": ADAPTER, "code": "c1", "analysis": "all"}
    made = {
        "run_id": "run-adapter", "release_id": "rel-1", "release": release, "run_sha256": run,
        "live_run_id": f"run-{other}", "live_release_id": "rel-2", "live_release": release | {"adapter": other},
        "live_run_sha256": "b" * 64, "notes": [], "compared": rows,
        "together": [row("", metric, moves.get(metric, SAME)) for metric in metrics],
    }  # fmt: skip
    path.write_text(json.dumps(made), encoding="utf-8")
    return f"{'none' if other == 'none' else 'base'}={path}"


def told(folder: Path, base: Mapping[str, Move], none: Mapping[str, Move], tokens: float = 900.0) -> dict[str, Any]:
    asked = [
        comparison(folder / "base.json", "mini", base, tokens), comparison(folder / "none.json", "none", none, tokens)
    ]  # fmt: skip
    return facts_of(read_comparisons(asked, ADAPTER, "mini"))


def sentence(facts: Mapping[str, Any], task: str) -> str:
    return str(next(one["sentence"] for one in facts["tasks"] if one["task"] == task))


def test_a_task_is_used_because_it_is_better_than_both(tmp_path: Path) -> None:
    facts = told(tmp_path, {"right": BETTER}, {"right": BETTER})
    assert sentence(facts, "answer") == (
        "`answer` is used as shipped, because against the base alone it is better in `right` "
        "(**+0.050 [+0.010, +0.090]**) and is not told apart in `accepted` (+0.010 [-0.020, +0.040]); against no model it "
        "is better in `right` (**+0.050 [+0.010, +0.090]**) and is not told apart in `accepted` (+0.010 [-0.020, +0.040])."
    )
    assert facts["is_better_where_used"] is True
    assert "used for: **yes**" in "\n".join(page(facts))


def test_a_task_that_is_used_and_worse_is_told_so(tmp_path: Path) -> None:
    facts = told(tmp_path, {"right": WORSE, "accepted": BETTER}, {"right": BETTER})
    assert "is used as shipped, although against the base alone it is better in `accepted`" in sentence(facts, "answer")
    assert "and is worse in `right` (**-0.050 [-0.090, -0.010]**)" in sentence(facts, "answer")
    assert facts["is_better_where_used"] is False


def test_what_chance_explains_is_no_gain(tmp_path: Path) -> None:
    facts = told(tmp_path, {}, {})
    assert "is used as shipped, although" in sentence(facts, "answer")
    assert "kyc" not in used_as_shipped()
    assert "`kyc` is not used as shipped, because" in sentence(facts, "kyc")
    assert "it is not told apart in `kyc_precision`" in sentence(facts, "kyc")
    assert facts["is_better_where_used"] is False


def test_a_task_that_would_pay_and_is_not_used_is_told_so(tmp_path: Path) -> None:
    facts = told(tmp_path, {"voc_recall": BETTER}, {"voc_recall": BETTER})
    assert "`voc` is not used as shipped, although" in sentence(facts, "voc")


def test_records_that_no_model_had_a_part_in_measure_no_model(tmp_path: Path) -> None:
    facts = told(tmp_path, {}, {}, tokens=0.0)
    assert sentence(facts, "summary") == (
        "`summary` is not used as shipped, which these runs do not decide: against the base alone it was not measured; "
        "against no model it was not measured."
    )


def test_a_side_that_is_missing_is_not_measured(tmp_path: Path) -> None:
    facts = facts_of(read_comparisons([comparison(tmp_path / "n.json", "none", {})], ADAPTER, "mini"))
    assert facts["is_better_where_used"] is None
    assert "used for: **not measured**" in "\n".join(page(facts))


def test_the_table_has_every_suite_and_all_together(tmp_path: Path) -> None:
    facts = told(tmp_path, {"right": BETTER}, {"right": WORSE})
    lines = page(facts)
    assert (
        "| answer | time | right | 40 | 0.550 | 0.450 | 0.500 | **+0.050 [+0.010, +0.090]** "
        "| **-0.050 [-0.090, -0.010]** |" in lines
    )
    assert {f["suite"] for f in facts["figures"] if f["metric"] == "right"} == {*TASKS[0].suites, TOGETHER}


def test_accepted_sentences_are_counted_and_have_wilsons_interval(tmp_path: Path) -> None:
    rows = [row("ask", "accepted", SAME, 0.25, weight=8), row("ask", "by_model", SAME, 0.1, weight=10)]
    asked = comparison(tmp_path / "base.json", "mini", {})
    made = json.loads((tmp_path / "base.json").read_text(encoding="utf-8"))
    (tmp_path / "base.json").write_text(json.dumps(made | {"compared": rows}), encoding="utf-8")
    found = facts_of(read_comparisons([asked], ADAPTER, "mini"))["accepted"]
    one = next(one for one in found if one["model"] == "adapter")
    assert (one["suite"], one["written"], one["accepted"], one["own_words"]) == ("ask", 8, 2, 1)
    assert (one["low"], one["high"]) == (pytest.approx(0.071, abs=0.001), pytest.approx(0.591, abs=0.001))


def test_runs_that_differ_in_more_than_the_adapter_are_told(tmp_path: Path) -> None:
    asked = comparison(tmp_path / "base.json", "mini", {})
    made = json.loads((tmp_path / "base.json").read_text(encoding="utf-8"))
    made["live_release"] |= {"code": "c2"}
    (tmp_path / "base.json").write_text(json.dumps(made), encoding="utf-8")
    notes = facts_of(read_comparisons([asked], ADAPTER, "mini"))["notes"]
    assert notes == ["the run of the base alone differs in code, too: differences may be theirs"]


def test_a_comparison_of_something_else_is_refused(tmp_path: Path) -> None:
    asked = comparison(tmp_path / "base.json", "mini", {})
    other = comparison(tmp_path / "none.json", "none", {}, run="c" * 64)
    for wrong in ([asked.replace("base=", "none=")], [asked, other], ["base"], ["live=x"], [f"base={tmp_path}/no"]):
        with pytest.raises(Misconfigured):
            read_comparisons(wrong, ADAPTER, "mini")
    with pytest.raises(Misconfigured, match="not bank@111111111111 with the base alone"):
        read_comparisons([asked], "bank@111111111111", "mini")


def test_it_reads_what_the_comparison_of_two_runs_writes(tmp_path: Path) -> None:
    suites = {name: suite_of(name, asks(60)) for name in ("ask", "time")}
    lost = {"right": 0.0, "wrong_figure_shown": 0.0}
    ours = write_run(tmp_path / "run", suites, {**LIVE, "adapter": ADAPTER})
    theirs = write_run(tmp_path / "live", suites, {**LIVE, "adapter": "mini"}, lambda case, n: lost)
    (tmp_path / "base.json").write_text(compare(read_run(ours), read_run(theirs)).model_dump_json(), encoding="utf-8")
    facts = facts_of(read_comparisons([f"base={tmp_path / 'base.json'}"], ADAPTER, "mini"))
    assert "against the base alone it is better in `right` (**+0.900" in sentence(facts, "answer")
    assert [f["cases"] for f in facts["figures"]] == [60, 60, 120]


def test_a_base_that_goes_on_keeps_the_runs_behind_it(tmp_path: Path) -> None:
    folder = base_folder(tmp_path / "mini")
    first, second = recipe_of(tmp_path, "first", base=None), recipe_of(tmp_path, "second")
    card(leave(first, text={"news.jsonl": "1" * 64}), [], folder)
    (tmp_path / "work").rename(tmp_path / "gone")
    base_folder(folder, b"other weights")
    for earlier in ([first], []):
        run = load(second) if (tmp_path / "work").exists() else leave(second, text={"laws.jsonl": "2" * 64})
        card(run, earlier, folder)
        made = read(folder)
        assert [(one["recipe"], one["tokens"]) for one in made["runs"]] == [("first", 4000), ("second", 4000)]
        assert made["runs"][0]["curve"] == [
            [1000, 4.0, None],
            [2000, 2.0, 2.5],
            [3000, 1.3333, None],
            [4000, 1.0, 1.25],
        ]
        assert made["data_sha256"] == {"news.jsonl": "1" * 64, "laws.jsonl": "2" * 64}
        assert not (folder / EARLIER).exists(), "no point was lost"
    assert "| first | 4 | 4000 | 1.5 | 2 shared cores | 1.000 | 1.250 |" in (folder / "CARD.md").read_text("utf-8")


def test_a_base_from_nothing_has_no_runs_behind_it(tmp_path: Path) -> None:
    folder = base_folder(tmp_path / "mini")
    card(leave(recipe_of(tmp_path, "first", base=None)), [], folder)
    card(leave(recipe_of(tmp_path, "anew", base=None)), [], folder)
    assert [one["recipe"] for one in read(folder)["runs"]] == ["anew"]


def test_the_picture_of_runs_whose_points_nobody_kept_stays(tmp_path: Path) -> None:
    folder = base_folder(tmp_path / "mini")
    (folder / "loss.png").write_bytes(b"the old picture")
    old = {"recipe": "first", "recipe_sha256": "0" * 64, "steps": 570, "tokens": 2_201_607, "minutes": 16.4}
    (folder / "card.json").write_text(json.dumps({"name": "mini", "runs": [old]}), encoding="utf-8")
    second = leave(recipe_of(tmp_path, "second"))
    for _ in range(2):
        card(second, [], folder)
        assert (folder / EARLIER).read_bytes() == b"the old picture"
    told = (folder / "CARD.md").read_text(encoding="utf-8")
    assert "| first | 570 | 2201607 | 16.4 | 2 shared cores |  |  |" in told
    assert "whose reports are gone (first)" in told
    assert EARLIER in (folder / "MANIFEST.sha256").read_text(encoding="utf-8")


def test_a_long_curve_is_thinned_and_loses_no_look_at_held_out_examples(tmp_path: Path) -> None:
    rows = [
        {"step": n, "loss": 1.0, "held_out_loss": 2.0 if n % 50 == 0 else None, "tokens": n} for n in range(1, 1001)
    ]
    (tmp_path / "progress.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    found = points(tmp_path / "progress.jsonl")
    assert len(found) <= 80
    assert (found[-1][0], sum(point[2] is not None for point in found)) == (1000, 20)
    assert points(tmp_path / "nothing.jsonl") == []


def test_the_curve_is_drawn_of_every_run_that_has_points(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    folder = base_folder(tmp_path / "mini")
    card(leave(recipe_of(tmp_path, "first", base=None)), [], folder)
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_a_card_that_is_written_again_keeps_its_time_and_what_was_measured(tmp_path: Path) -> None:
    recipe, folder = adapter_of(tmp_path)
    recipe.work.mkdir(parents=True)
    secrets = {
        "adapter": ADAPTER, "planted": 100, "read": 50, "learned": 50, "came_back": 0, "ranked_first": 1,
        "by_chance": 0.5, "mean_rank": 98.2, "mean_rank_by_chance": 100.5, "attack": "greedy",
    }  # fmt: skip
    (recipe.work / "canaries.json").write_text(json.dumps(secrets), encoding="utf-8")
    scores = {"base": {"answer.all": 0.4}, "adapter": {"answer.all": 0.6, "kyc.valid": 1.0}}
    own = {"records@1": {"examples": {"kyc": 12}, "scores": scores}}
    metrics = {"adapter": ADAPTER, "generated": scores, "own": own}
    (recipe.work / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    asked = [comparison(tmp_path / "base.json", "mini", {"right": BETTER})]
    card(recipe, [], folder, asked)
    first = read(folder)
    (folder / "loss.png").write_bytes(b"the picture")
    for file in recipe.work.iterdir():
        file.unlink()
    card(recipe, [], folder)
    assert read(folder) == first
    assert {file.name for file in folder.iterdir()} == {"card.json", "CARD.md", "loss.png"}, "no other is servable"
    told = (folder / "CARD.md").read_text(encoding="utf-8")
    assert (
        "100 secrets were planted in the training rows, 50 where the model only reads and 50 in what it learns" in told
    )
    assert (
        "**0 came back.** 1 ranked first among others of their kind, 0.5 by chance; mean rank 98.2 (100.5 by chance)."
        in told
    )
    assert "Held out of dataset `records@1` (12 kyc):" in told
    assert "| kyc.valid | – | 1.000 |" in told
    assert "`answer` is used as shipped" in told


def test_what_was_measured_of_another_adapter_is_not_taken(tmp_path: Path) -> None:
    recipe, folder = adapter_of(tmp_path)
    recipe.work.mkdir(parents=True)
    (recipe.work / "metrics.json").write_text(json.dumps({"adapter": "bank@3", "generated": {}, "own": {}}))
    (recipe.work / "canaries.json").write_text(json.dumps({"adapter": "bank@3"}))
    card(recipe, [], folder)
    assert (read(folder)["metrics"], read(folder)["canaries"]) == ({}, {})


def test_an_adapter_of_another_base_gets_no_card_that_says_otherwise(tmp_path: Path) -> None:
    recipe, folder = adapter_of(tmp_path)
    card(recipe, [], folder)
    base_folder(tmp_path / "mini", b"trained again")
    with pytest.raises(Misconfigured, match="trained on another base"):
        card(recipe, [], folder)


def test_what_a_dataset_holds_out_is_evaluated_by_itself(tmp_path: Path) -> None:
    made = tmp_path / "part"
    made.mkdir()
    messages = [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]
    for name, count in ((TRAIN, 3), (HELD_OUT, 2)):
        line = json.dumps({"task": "answer", "origin": "call:1", "source": "hand-written", "messages": messages})
        (made / name).write_text(f"{line}\n" * count, encoding="utf-8")
    sha256 = digest_of(made)
    name = f"records@{sha256[:12]}"
    (made / "card.json").write_text(json.dumps({"name": name, "sha256": sha256}), encoding="utf-8")
    folder = made.rename(tmp_path / name)
    recipe = load(recipe_of(tmp_path, "bank", data=[str(folder)]))
    assert [(key, len(cases)) for key, cases in own_held_out(recipe).items()] == [(name, 2)]
