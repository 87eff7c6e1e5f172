"""Is an output right? Exact scores per task against generated gold. Knows nothing of models."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seatmate.aftercall.picks import PickedFact, PickedVoice
from seatmate.ask.slots import FIGURE_SLOT, SLOT
from seatmate.domain.figures import find_figures
from seatmate.domain.words import informative
from seatmate_tune.example import Example

_CITED = re.compile(r"\[(\d+)\]")
_SECTIONS = ("situation", "action", "commitments", "follow_ups", "objections", "risk_notes")


@dataclass
class Tally:
    """Right, expected and given things; F1 of sets, or a share where expected == given."""

    right: int = 0
    wanted: int = 0
    given: int = 0

    def add(self, wanted: set[Any], given: set[Any]) -> None:
        self.right += len(wanted & given)
        self.wanted += len(wanted)
        self.given += len(given)

    @property
    def f1(self) -> float:
        total = self.wanted + self.given
        return round(2 * self.right / total, 4) if total else 0.0


@dataclass
class Scores:
    tallies: dict[str, Tally] = field(default_factory=dict)

    def add(self, name: str, wanted: set[Any], given: set[Any]) -> None:
        self.tallies.setdefault(name, Tally()).add(wanted, given)

    def check(self, name: str, right: bool) -> None:
        self.add(name, {1}, {1} if right else {0})

    def table(self) -> dict[str, float]:
        return {name: tally.f1 for name, tally in sorted(self.tallies.items())}


def score(examples: Sequence[Example], outputs: Sequence[str]) -> dict[str, float]:
    """Metrics by name; `answer.*` and `rewrite.*` are shares of right ones, `*.valid` of parseable JSON, the rest F1."""
    scores = Scores()
    for example, output in zip(examples, outputs, strict=True):
        if example.task in ("answer", "mined"):
            _answer(scores, example.target, output)
        elif example.task == "rewrite":
            _rewrite(scores, example.target, output)
        else:
            _json(scores, example.task, json.loads(example.target), output)
    return scores.table()


def _answer(scores: Scores, wanted: str, given: str) -> None:
    slots = FIGURE_SLOT.findall(wanted), FIGURE_SLOT.findall(given)
    cited = _CITED.findall(wanted), _CITED.findall(given)
    kind = "nothing" if not cited[0] else "figure" if SLOT.search(wanted) else "quote"
    right = cited[0] == cited[1] and slots[0] == slots[1] and (kind != "quote" or not SLOT.search(given))
    if kind == "nothing":
        right = given.strip().startswith("无答案") and not cited[1]
    scores.check(f"answer.{kind}", right)
    scores.check("answer.all", right)
    if cited[0]:
        # By habit, a model may answer «F1» and [1] whatever is asked: only the others show that it selects.
        scores.check("answer.first_line" if cited[0] == ["1"] else "answer.other_line", right)
    if kind == "figure":
        scores.check("answer.first_figure" if "«F1»" in slots[0] else "answer.other_figure", right)
    scores.check("answer.citation", cited[0] == cited[1])


def _rewrite(scores: Scores, wanted: str, given: str) -> None:
    """Product, what is asked of it, and figures, each kept or resolved; a product stands before the first 的."""
    parts = [_question_parts(text) for text in (wanted, given.strip())]
    for name, gold, found in zip(("product", "attribute", "figures"), *parts, strict=True):
        if gold or found:
            scores.check(f"rewrite.{name}", gold == found)
    scores.check("rewrite.all", parts[0] == parts[1])


def _question_parts(text: str) -> tuple[str, frozenset[str], frozenset[str]]:
    product, joined, words = text.partition("的")
    if not joined:
        product, words = "", text
    figures = find_figures(words)
    for figure in reversed(figures):  # 三年 and 3年 are one figure
        words = f"{words[: figure.start]} {words[figure.end :]}"
    return product, informative(words), frozenset(figure.normalised for figure in figures)


def _json(scores: Scores, task: str, wanted: Mapping[str, Any], given: str) -> None:
    try:
        read = json.loads(given)
        found = _pieces(task, read)
    except (ValueError, KeyError, TypeError, AttributeError):
        scores.check(f"{task}.valid", False)
        found = {}
    else:
        scores.check(f"{task}.valid", True)
    for name, items in _pieces(task, wanted).items():
        scores.add(f"{task}.{name}", items, found.get(name, set()))


def _pieces(task: str, read: Mapping[str, Any]) -> dict[str, set[Any]]:
    """What is compared, as sets of tuples."""
    if task == "kyc":
        facts = [PickedFact.model_validate(fact) for fact in read["facts"]]
        return {"candidate": {f.c for f in facts}, "whole_fact": {(f.c, f.s, f.p, f.m) for f in facts}}
    if task == "voc":
        items = [PickedVoice.model_validate(item) for item in read["items"]]
        return {"candidate": {i.c for i in items}, "whole_item": {(i.c, i.p, i.severity) for i in items}}
    return {
        "intent": {i["l"] for i in read["intents"]},
        "intent_with_number": {(i["l"], *i["u"]) for i in read["intents"]},
        "section_and_number": {(s, *_numbers(i)) for s in _SECTIONS for i in read[s]},
        "sentence": {(s, i["t"]) for s in _SECTIONS for i in read[s] if not isinstance(i, int)},
        "outcome": {read["outcome"]["s"]},
        "sentiment": {("begin", read["begin"]), ("end", read["end"])},
    }


def _numbers(item: Any) -> tuple[int, ...]:
    """Of a summary's item: a number alone is a quote."""
    return (item,) if isinstance(item, int) else tuple(item["u"])
