"""Every prompt file is used, every prompt that code names exists, and a prompt cannot be rendered half."""

import re
from pathlib import Path
from typing import get_args

import pytest

from seatmate.aftercall.flow import Addition
from seatmate.domain.errors import Misconfigured
from seatmate.prompts import Prompts, load_prompt
from seatmate.settings import HOME


def test_prompts_used_and_prompts_present_agree() -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in (HOME / "platform").rglob("*.py"))
    named = set(re.findall(r"prompts\[f?\"([a-z_]+/[a-z_]+)\"\]", code))
    tasks = {f"aftercall/{task}" for task in re.findall(r"task_request\(\s*[\w.]+,\s*\"(\w+)\"", code)}
    tasks |= {f"aftercall/{addition}" for addition in get_args(Addition)}
    assert set(Prompts.load(HOME / "prompts")) == named | tasks


def test_a_missing_or_unknown_variable_is_an_error() -> None:
    prompt = Prompts.load(HOME / "prompts")["ask/answer"]
    with pytest.raises(Misconfigured, match="takes"):
        prompt.render(sources="…")


def test_braces_in_a_value_stay_what_they_are() -> None:
    prompt = Prompts.load(HOME / "prompts")["aftercall/transcript"]
    messages = prompt.render(transcript="1 客户：{transcript} {question}")
    assert "{transcript} {question}" in messages[-1].content


def test_undeclared_variables_are_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.md"
    bad.write_text("---\nid: a/bad\nvariables: []\n---\n# user\n{question}\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match="declares"):
        load_prompt(bad)
