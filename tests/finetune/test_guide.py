"""A guided block says of every answer where to look: at the figure asked for, its own words and its line's number."""

import json
import subprocess
from itertools import islice
from random import Random

import pytest

from seatmate.prompts import Prompts
from seatmate.settings import HOME
from seatmate_tune.answers import answer_examples
from seatmate_tune.example import Example
from seatmate_tune.guide import CHOOSE, CITE, EARLY, GIVEN, LATE, LINE, WORDS, looks, signs_of
from seatmate_tune.line_drill import drill_examples
from seatmate_tune.render import Rendered, Renderer
from seatmate_tune.tasks import call_examples

PROMPTS = Prompts.load(HOME / "prompts")
ENGINE = HOME / ".venv-engine" / "bin" / "python"
LOSSES = """
import json, torch
from seatmate_tune.guide import Look
from seatmate_tune.tensors import elsewhere
attention = torch.zeros(1, 4, 3, 3)
attention[0, :, 2, 1] = 1.0
print(json.dumps([float(elsewhere([attention] * 4, [[Look(1, 0, 2, (key,))]])) for key in (1, 0)]))
"""


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(HOME / "finetune" / "models" / "seatmate-mini")


def rows(renderer: Renderer) -> list[Rendered]:
    drills = islice(drill_examples(Random(1), (2, 6), 6), 40)
    served = islice(answer_examples(Random(2), PROMPTS, (3, 8), 3, 1.0, 0.5), 40)
    return renderer.render([*drills, *served])


def test_a_look_is_at_what_stands_before_it(renderer: Renderer) -> None:
    signs = signs_of(renderer.tokenizer)
    found = [look for row in rows(renderer) for look in looks(row, signs)]
    assert {(look.layer, look.head) for look in found} >= {(EARLY, h) for h in (WORDS, LINE, GIVEN)} | {
        (LATE, CHOOSE),
        (LATE, CITE),
    }
    assert all(key <= look.at for look in found for key in look.keys)


def test_an_answer_looks_at_the_figure_that_it_gives_and_at_the_number_of_its_line(renderer: Renderer) -> None:
    signs = signs_of(renderer.tokenizer)
    for row in rows(renderer):
        for look in looks(row, signs):
            told = row.ids[look.at + 1]
            if (look.layer, look.head) == (LATE, CHOOSE):
                assert [row.ids[key] for key in look.keys] == [told]
            if (look.layer, look.head) == (LATE, CITE):
                line = next(other for other in looks(row, signs) if other[:3] == (EARLY, LINE, look.keys[0]))
                assert row.ids[line.keys[0]] == told


def test_a_figure_looks_at_its_own_words_only(renderer: Renderer) -> None:
    one = Example("drill", next(drill_examples(Random(5), (3, 3), 6)).messages)
    row = renderer.render([one])[0]
    signs = signs_of(renderer.tokenizer)
    for look in looks(row, signs):
        if (look.layer, look.head) == (EARLY, WORDS) and not row.mask[look.at]:
            between = row.ids[look.keys[0] : look.at]
            assert not set(between) & (signs.figures | signs.newline)


def test_a_row_without_a_figure_to_choose_guides_nothing(renderer: Renderer) -> None:
    signs = signs_of(renderer.tokenizer)
    called = renderer.render(list(islice(call_examples(Random(1), PROMPTS, "calls", (6, 12)), 3)))
    assert [looks(row, signs) for row in called] == [[], [], []]


@pytest.mark.slow
@pytest.mark.engine
def test_it_costs_nothing_to_look_where_one_should() -> None:
    done = subprocess.run([str(ENGINE), "-c", LOSSES], capture_output=True, text=True, check=True, timeout=120)
    right, wrong = json.loads(done.stdout.splitlines()[-1])
    assert right == pytest.approx(0.0, abs=1e-5)
    assert wrong > 10


def test_renumbered_figures_are_other_slots_of_the_same_chat() -> None:
    served = next(answer_examples(Random(7), PROMPTS, (3, 8), 3, 1.0))
    other = next(answer_examples(Random(7), PROMPTS, (3, 8), 3, 1.0, 1.0))
    assert served.messages[0] == other.messages[0]
    figures = [[m.content.count("«F") for m in example.messages] for example in (served, other)]
    assert figures[0] == figures[1]
    assert served.messages[1:] != other.messages[1:]


def test_a_drill_asks_for_what_its_lines_state_once() -> None:
    for example in islice(drill_examples(Random(3), (2, 7), 6), 100):
        asked = [m.content.rpartition("问题：")[2] for m in example.messages if m.role == "user"]
        assert len(asked) == len(set(asked))
        lines = example.messages[0].content
        for answer in (m.content for m in example.messages if m.role == "assistant"):
            slot, number = answer[answer.index("«F") :].removesuffix("]").split("。[")
            line = next(text for text in lines.split("\n") if text.startswith(f"[{number}] "))
            assert slot in line
