"""The house keeps its shape: names that would shadow the standard library, and names that say nothing, stay out."""

import platform
import subprocess
import sysconfig
from pathlib import Path

from seatmate.settings import HOME

CODE = ("platform", "finetune", "eval")


def python_files() -> list[Path]:
    return [path for top in CODE for path in (HOME / top).rglob("*.py")]


def test_the_standard_librarys_platform_is_the_standard_librarys() -> None:
    assert Path(platform.__file__).is_relative_to(sysconfig.get_path("stdlib"))


def test_code_folders_hold_packages_only() -> None:
    loose = [p for top in CODE for p in (HOME / top).glob("*.py")]
    assert loose == []


def test_no_other_top_level_folder() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=HOME, capture_output=True, text=True, check=True).stdout
    tops = {line.split("/")[0] for line in listed.splitlines() if "/" in line}
    assert tops <= {"platform", "finetune", "eval", "prompts", "corpus", "tests", "docker", ".ci"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "helpers", "common", "misc", "manager", "handler", "base_service"}
    assert [p for p in python_files() if p.stem in empty] == []


def test_only_settings_reads_the_environment() -> None:
    # The settings module, and the two places that hand an environment on to a child process.
    # process.py and build_process.py hand the environment on to a child, unread. door.py runs in the engine's process.
    allowed = {"settings.py", "process.py", "build_process.py", "door.py"}
    readers = [
        p.relative_to(HOME)
        for p in (HOME / "platform").rglob("*.py")
        if p.name not in allowed and ("os.environ" in p.read_text() or "getenv" in p.read_text())
    ]
    assert readers == []


def test_instruction_text_lives_in_prompts_only() -> None:
    speakers = [p.relative_to(HOME) for p in python_files() if "你是" in p.read_text(encoding="utf-8")]
    assert speakers == []
