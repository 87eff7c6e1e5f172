"""The after-call tasks as examples: the served prompt over a synthetic call, and the compact JSON that answers it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from seatmate.aftercall.picks import written_fact, written_voice
from seatmate.aftercall.transcript import (
    Candidate,
    NumberedTranscript,
    candidates_text,
    number_transcript,
    task_request,
)
from seatmate.domain.ports import Message
from seatmate.prompts import Prompts
from seatmate_tune.calls import Call, call, drill
from seatmate_tune.example import Example, answered
from seatmate_tune.summary_target import SECTIONS

MAX_TOKENS = 600
_LATER_PARTS = 0.12


def call_examples(rng: Random, prompts: Prompts, task: str, turns: tuple[int, int]) -> Iterator[Example]:
    """Without end; `calls` asks all three tasks of one call in one chat, which is dense but not what is served;
    `facts` asks for KYC and VOC of a short exchange that is full of them."""
    while True:
        made = drill(rng, rng.randint(2, 7)) if task == "facts" else call(rng, turns)
        transcript = number_transcript(made.conversation)
        if task != "facts" and rng.random() < _LATER_PARTS:
            made, transcript = later_part(made, transcript, rng.randint(4, 12), rng.choice((0, 0, 20, 40, 60)))
        if task not in ("calls", "facts"):
            yield answered(task, request(prompts, task, transcript, made), target(task, made))
            continue
        order = ["kyc", "voc", "summary"] if task == "calls" else ["kyc", "voc"]
        rng.shuffle(order)
        messages = list(request(prompts, order[0], transcript, made))
        for number, name in enumerate(order):
            if number:
                whole = request(prompts, name, transcript, made)[-1].content
                messages.append(Message(role="user", content=whole.rsplit("\n\n", 1)[1]))
            messages.append(Message(role="assistant", content=target(name, made)))
        yield Example(task, tuple(messages))


def later_part(made: Call, whole: NumberedTranscript, skipped: int, moved: int) -> tuple[Call, NumberedTranscript]:
    """A long call is read in parts that keep their sentence numbers: without its first sentences, numbers moved up."""
    lines = [line.partition(" ") for line in whole.text.split("\n")]
    if len(lines) <= skipped + 6:
        return made, whole
    text = "\n".join(f"{int(number) + moved} {said}" for number, _, said in lines[skipped:])
    part = NumberedTranscript(text, whole.utt_ids[skipped:], skipped + moved + 1)
    summary = {
        name: [_moved(item, moved) for item in value if _first(item) > skipped] if isinstance(value, list) else value
        for name, value in made.summary.items()
    }
    outcome = made.summary["outcome"]
    assert isinstance(outcome, dict)
    summary |= {"outcome": _moved(outcome, moved), "begin": "neutral"}
    return replace(
        made,
        summary=summary,
        kyc=tuple(_moved(fact, moved) for fact in made.kyc if _first(fact) > skipped),
        voc=tuple(_moved(item, moved) for item in made.voc if _first(item) > skipped),
        kyc_candidates=tuple((n + moved, key) for n, key in made.kyc_candidates if n > skipped),
        voc_candidates=tuple((n + moved, key) for n, key in made.voc_candidates if n > skipped),
    ), part


def _first(item: Mapping[str, object]) -> int:
    number = item["u"]
    return int(str(number[0] if isinstance(number, list) else number))


def _moved(item: Mapping[str, object], moved: int) -> dict[str, object]:
    number = item["u"]
    return {**item, "u": [n + moved for n in number] if isinstance(number, list) else int(str(number)) + moved}


def request(prompts: Prompts, task: str, transcript: NumberedTranscript, made: Call) -> tuple[Message, ...]:
    """The messages that the platform sends for this task."""
    values: dict[str, str] = {}
    if task not in ("summary", "quotes"):
        candidates = made.kyc_candidates if task == "kyc" else made.voc_candidates
        values["candidates"] = candidates_text([Candidate(number, key) for number, key in candidates])
    return task_request(prompts, task, transcript, MAX_TOKENS, **values).messages


def target(task: str, made: Call) -> str:
    """Compact JSON, keys in the order of the schema."""
    gold: dict[str, object] = made.summary
    if task == "quotes":
        gold = _quoting(made.summary)
    elif task == "kyc":
        gold = {"facts": [written_fact(**pick) for pick in _picked(made.kyc, "f", made.kyc_candidates)]}
    elif task == "voc":
        gold = {"items": [written_voice(**pick) for pick in _picked(made.voc, "l", made.voc_candidates)]}
    return json.dumps(gold, ensure_ascii=False, separators=(",", ":"))


def _quoting(summary: Mapping[str, object]) -> dict[str, object]:
    """Each item of a section as it was said: the number of its utterance."""
    return {
        name: [_first(item) for item in value] if name in SECTIONS and isinstance(value, list) else value
        for name, value in summary.items()
    }


def _picked(
    found: Sequence[Mapping[str, object]], name: str, candidates: Sequence[tuple[int, str]]
) -> list[dict[str, Any]]:
    """Findings as picks: the candidate's number in the place of utterance and name, in the candidates' order."""
    numbers = {candidate: n for n, candidate in enumerate(candidates, start=1)}
    picks = [
        {"c": numbers[one["u"], one[name]]} | {key: value for key, value in one.items() if key not in ("u", name)}  # type: ignore[index]
        for one in found
    ]
    return sorted(picks, key=lambda pick: int(str(pick["c"])))
