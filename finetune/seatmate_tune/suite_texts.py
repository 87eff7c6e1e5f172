"""What the cases of eval/suites say, so that no dataset has any of it. Read as data: training imports no evaluation.

A case's words are its question, its query, its line, its talk, and the sample call that it names: the same words that
the suites themselves are held against training material with.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seatmate.domain.calls import Conversation
from seatmate.domain.errors import Misconfigured
from seatmate.domain.overlap import WINDOW, Windows, folded, is_prescribed

_WORDS = ("question", "query", "text")
_CALLS_OF_A_SET_PHRASE = 4
_TURNS = {"history": "content", "talk": "text"}


@dataclass(frozen=True)
class Shared:
    """A run of letters that a text shares with a suite."""

    suite: str
    run: str


@dataclass(frozen=True)
class Suites:
    """The windows of every suite, the calls that they name, and which files they were."""

    windows: Mapping[str, Windows]
    anywhere: Windows
    """Those of all suites, to ask once of what is in none."""
    calls: frozenset[str]
    sha256: Mapping[str, str]
    talks: Mapping[str, Sequence[str]]
    """What is said in each call that a suite names."""

    @cached_property
    def set_phrases(self) -> "SetPhrases":
        """What so many of the suites' own calls say that it tells none of them."""
        return SetPhrases(self, self.talks.items(), _CALLS_OF_A_SET_PHRASE)

    def shared_with(self, text: str, set_phrases: "SetPhrases | None" = None, least: int = 0) -> Shared | None:
        """The longest run that a text shares with a suite, of `least` letters; set phrases aside."""
        runs = (run for run in self.runs(text) if len(run.run) >= least)
        own = [run for run in runs if set_phrases is None or not set_phrases.has(run.run)]
        return max(own, key=lambda shared: len(shared.run), default=None)

    def runs(self, text: str) -> list[Shared]:
        """Every such run, the longest of each piece first; what regulation prescribes is none."""
        found: list[Shared] = []
        if not self.anywhere.shared_with(text):
            return found
        for suite, windows in self.windows.items():
            pieces = [folded(text)]
            while pieces:
                piece = pieces.pop()
                run = windows.shared_with(piece)
                if not run:
                    continue
                if not is_prescribed(run):
                    found.append(Shared(suite, run))
                pieces += [rest for rest in piece.split(run) if len(rest) >= WINDOW]
        return found


class SetPhrases:
    """What was said to, or by, so many customers that it tells nothing of where a text comes from.

    A bank's greeting stands in its suites and in every call. GPT-3 set frequent n-grams aside in the same way (Brown et
    al. 2020, appendix C). Only what the suites share is counted, so that a million calls fit in memory.
    """

    def __init__(self, suites: Suites, said: Iterable[tuple[str, Sequence[str]]], customers: int) -> None:
        """`said` are customers and what stands in one of their calls."""
        self._customers = customers
        self._by: dict[str, set[str]] = {}
        for customer, texts in said:
            for text in texts:
                for shared in suites.runs(text):
                    for window in _windows(shared.run):
                        self._by.setdefault(window, set()).add(customer)

    def has(self, run: str) -> bool:
        return all(len(self._by.get(window, ())) >= self._customers for window in _windows(run))


def _windows(run: str) -> list[str]:
    return [run[at : at + WINDOW] for at in range(max(1, len(run) - WINDOW + 1))]


def read_suites(suites: Path, calls: Path) -> Suites:
    """Every suite below a folder. Misconfigured without one: a dataset that was held against nothing is not clean."""
    files = sorted(suites.glob("*.jsonl"))
    if not files:
        raise Misconfigured(f"no suite in {suites}: a dataset must be held against every suite before it is trained on")
    conversations = {path.stem: path for path in sorted(calls.glob("*.json"))}
    texts: dict[str, list[str]] = {}
    talks: dict[str, list[str]] = {}
    named: set[str] = set()
    for file in files:
        cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        texts[file.stem] = [text for case in cases for text in words_of(case)]
        own = {str(case["conversation_id"]) for case in cases if case.get("conversation_id")}
        talks |= {call: _utterances(conversations[call]) for call in own & conversations.keys() - talks.keys()}
        texts[file.stem] += [text for call in sorted(own & conversations.keys()) for text in talks[call]]
        named |= own
    hashes = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    windows = {suite: Windows(said) for suite, said in texts.items()}
    anywhere = Windows(text for said in texts.values() for text in said)
    return Suites(windows, anywhere, frozenset(named), hashes, talks)


def words_of(case: Mapping[str, Any]) -> list[str]:
    """What somebody says in a case, the call that it names aside."""
    said = [str(case[key]) for key in _WORDS if case.get(key)]
    for key, word in _TURNS.items():
        said += [str(turn[word]) for turn in case.get(key, ())]
    return said


def _utterances(path: Path) -> list[str]:
    return [u.text for u in Conversation.model_validate_json(path.read_bytes()).utterances]
