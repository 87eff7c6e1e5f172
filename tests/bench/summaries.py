"""Does the outline of a call, made by rules alone, hold what an attentive reader would note of it?

Development: three of four hand-written talks (finetune/talks), whose tagged lines the cues were written on. Check:
every talk whose number four divides, only counted. Suites: the gold points of eval/suites/aftercall-*.jsonl, whose
calls the writer of the cues has not read. `lines` is the mean number of lines that a summary shows.

`--show` prints what was missed and what was false in the development talks.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from seatmate.aftercall.outline import draw_outline
from seatmate.aftercall.outline_rules import OutlineRules, load_outline
from seatmate.domain.calls import Conversation
from seatmate.domain.findings import Summary
from seatmate.settings import HOME
from seatmate_eval.cases import CallCase, load_cases, load_conversations
from seatmate_eval.metrics.compliance import wilson
from seatmate_eval.metrics.findings import interval
from seatmate_eval.metrics.summary import MEASURES, Compared, Point, compare, per_section, points_of
from seatmate_tune.talks import Talk, read_talks

HELD_OUT = 4
"""Talks whose number it divides are counted, not read."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--show", action="store_true")
    show = options.parse_args().show
    rules = load_outline(HOME / "corpus" / "rules" / "summary.yaml")
    talks = read_talks(HOME / "finetune" / "talks")
    for part, held_out in (("development", False), ("check", True)):
        chosen = [talk for talk in talks if (_number(talk) % HELD_OUT == 0) is held_out]
        outlines = [draw_outline(talk.conversation, rules) for talk in chosen]
        found = [compare(summary, _tagged(talk)) for summary, talk in zip(outlines, chosen, strict=True)]
        _report(part, found)
        _report_gist(chosen, outlines)
        if show and not held_out:
            _show(chosen, found)
    for path in sorted((HOME / "eval" / "suites").glob("aftercall-*.jsonl")):
        _report(path.stem, _suite(path, load_conversations(HOME / "corpus" / "calls"), rules))


def _number(talk: Talk) -> int:
    return int(talk.conversation.conversation_id.rpartition("-")[2])


def _tagged(talk: Talk) -> list[Point]:
    """Each tagged line is a point of its section."""
    said = talk.conversation.utterances
    return [Point(section, frozenset({said[turn].utt_id}), said[turn].text) for turn, section in talk.sections]


def _suite(path: Path, calls: dict[str, Conversation], rules: OutlineRules) -> list[Compared]:
    cases = load_cases(path, CallCase)
    return [compare(draw_outline(calls[case.conversation_id], rules), points_of(case)) for case in cases]


def _report(part: str, found: Sequence[Compared]) -> None:
    totals = [call.total for call in found]
    print(f"\n── {part}: {len(found)} calls, {sum(total.points for total in totals)} points")
    for measure in MEASURES:
        value = interval(totals, measure)
        print(
            f"{measure:16}", "not scored" if value is None else f"{value.value:.2f} [{value.low:.2f}, {value.high:.2f}]"
        )
    for section, score in per_section(found).items():
        shares = " ".join(f"{m} {_plain(getattr(score, m))}" for m in MEASURES)
        print(f"  {section:11} {score.points:4} points {score.items:4} items  {shares}")
    print(f"lines            {sum(total.items for total in totals) / len(found):.1f}")


def _plain(share: float | None) -> str:
    return "-" if share is None else f"{share:.2f}"


def _report_gist(talks: Sequence[Talk], outlines: Sequence[Summary]) -> None:
    """Labels of the whole call, beside those that its writer gave it."""
    pairs = list(zip(talks, outlines, strict=True))
    named = [({intent.label for intent in summary.intents}, set(talk.intents)) for talk, summary in pairs]
    _share("intents right", (label in gold for found, gold in named for label in found))
    _share("intents found", (label in found for found, gold in named for label in gold))
    _share("outcome", (s.outcome is not None and s.outcome.status is talk.outcome for talk, s in pairs))
    _share("mood begin", (s.sentiment is not None and s.sentiment.begin is talk.mood[0] for talk, s in pairs))
    _share("mood end", (s.sentiment is not None and s.sentiment.end is talk.mood[1] for talk, s in pairs))


def _share(what: str, verdicts: Iterable[bool]) -> None:
    counted = list(verdicts)
    low, high = wilson(sum(counted), len(counted))
    print(f"{what:16} {sum(counted) / max(len(counted), 1):.2f} [{low:.2f}, {high:.2f}]")


def _show(talks: Sequence[Talk], found: Sequence[Compared]) -> None:
    for talk, compared in zip(talks, found, strict=True):
        for point in compared.missed:
            print(f"missed {talk.conversation.conversation_id} {point.section:11} {point.text}")
        for item in compared.false:
            print(f"false  {talk.conversation.conversation_id} {item.section:11} {item.text}")


if __name__ == "__main__":
    main()
