"""`seatmate-eval run` ends with 0 when the run is whole and with 3 when it is not: never with what a gate would say."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seatmate.testing.openai_server import OpenAIServer, Trouble
from seatmate_eval.cli import app
from tests.eval import world


def command(folder: Path, *more: str, **env: str) -> Result:
    """The command on the small bank, with few rules."""
    world.settings(folder)
    paths = {
        "--suites": folder / "suites",
        "--drops": folder / "drops",
        "--rules": folder.parent / "few-rules" / "rules",
    }
    arguments = [text for option, path in paths.items() for text in (option, str(path))]
    return CliRunner().invoke(app, ["run", *arguments, *more], env={"SEATMATE_VAR": str(folder / "var"), **env})


def printed(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_run_tells_where_it_is_and_what_it_asked(tmp_path: Path) -> None:
    world.options(tmp_path, retrieval=[world.search(1)], compliance=[world.line(1)])
    told = printed(command(tmp_path, "--without-model", "--json"))
    assert told["items"] == {"compliance": 1, "retrieval": 1}
    assert told["errors"] == {"compliance": 0, "retrieval": 0}
    scores = (Path(told["folder"]) / "scores.jsonl").read_text("utf-8")
    assert {"line_recall", "recall_at_1"} <= {json.loads(line)["metric"] for line in scores.splitlines()}


def test_other_prompts_and_other_rules_are_another_release(tmp_path: Path) -> None:
    world.options(tmp_path, compliance=[world.line(1)])
    before = printed(command(tmp_path, "--without-model", "--json"))
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    for path in (world.HOME / "prompts").rglob("*"):
        if path.is_file():
            copy = prompts / path.relative_to(world.HOME / "prompts")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    edited = prompts / "ask" / "answer.md"
    edited.write_text(edited.read_text("utf-8").rstrip() + "\n请简短回答。\n", encoding="utf-8")
    after = printed(command(tmp_path, "--without-model", "--json", "--prompts", str(prompts)))
    assert after["release_id"] != before["release_id"]
    assert after["cached"] == {"compliance": 0}


@pytest.mark.parametrize("more", [("--suite", "answers"), ("--failed", "no-such-run"), ("--prompts", "no-such-folder")])
def test_what_cannot_be_run_is_a_broken_harness(tmp_path: Path, more: tuple[str, ...]) -> None:
    world.options(tmp_path, compliance=[world.line(1)])
    assert command(tmp_path, "--without-model", *more).exit_code == 3


def test_a_model_server_that_is_away_is_a_broken_harness_and_nothing_is_scored(tmp_path: Path) -> None:
    world.options(tmp_path, answer=[world.ask(n) for n in range(12)])
    with OpenAIServer(lambda body: world.SLOT, models=("mock",)) as server:
        server.fail_with(*[Trouble(status=500)] * 200)
        result = command(tmp_path, SEATMATE_ENGINE__BASE_URL=server.base_url, SEATMATE_ENGINE__SERVED_MODEL="mock")
    assert result.exit_code == 3
    [folder] = (tmp_path / "var" / "eval" / "runs").iterdir()
    assert json.loads((folder / "manifest.json").read_text())["state"] == "running"
    assert (folder / "items.jsonl").read_text() == ""
    assert not (folder / "scores.jsonl").exists()
