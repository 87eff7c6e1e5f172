"""Writes corpus/rules/compliance/signs: which signs make a line a breach of a rule, and from what sum on.

    .venv/bin/python -m tests.bench.rule_signs [RULE …]

Learned of the single lines of finetune/talks, of the turns of the talks there (what nobody marked is none), of each
rule's own examples, and of the sample bank's documents, which agents read out and which breach nothing. A near miss
counts for three of the others: it was written to look like a breach. Lines of other rules, and turns where others are
marked, are left out: they may breach this one too. Of some thousand signs that three lines have, the 300 that matter
most are weighed anew.

The sum from which a line is a breach is 0.5 above the lowest from which .97 are breaches (but for one), of lines and
turns that made no weight (five parts). It keeps above the near misses of the rule's own examples, and above what is no
breach in the calls that rules may be tried on (seatmate_eval.metrics.compliance: old, development); those make no
weight.
"""

import argparse
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from seatmate.compliance.clauses import fold
from seatmate.compliance.pack import untried
from seatmate.compliance.rules import Rule, RulePack
from seatmate.compliance.signs import BEFORE, BIAS, BREACH, Piece, pieces, written
from seatmate.domain.calls import Conversation, Speaker
from seatmate.ingest.drop import read_drop
from seatmate.settings import HOME
from seatmate_eval.cases import CallCase, load_cases, load_conversations
from seatmate_eval.metrics.compliance import part_of
from seatmate_tune.talks import read_lines, read_talks

_PRECISE = 0.97
_MOST = 300
_FEWEST = 3
_SCREENED = 2000
_PARTS = 5
_RIDGE = 1.0
_NEAR_MISS = 3.0
_SLIPS = 1
"""Others that may be there beside: of several thousand turns a reader left some unmarked."""
_SAFE = 0.5
"""Log-odds beyond what was measured: calls of a bank are not the lines of writers."""
_CLEAR = 2
"""Tenths of log-odds by which a rule's near misses keep below that sum."""
_CHARACTERS = re.compile(r"[<«(#]")

Floats = NDArray[np.float64]
FOLDER = HOME / "corpus" / "rules" / "compliance"


@dataclass(frozen=True)
class Said:
    """Something said, what was said before it, and which rules it breaches. `lines_of` is the rule that a single line
    was written for; empty for a turn of a talk."""

    speaker: Speaker
    piece: Piece
    before: Piece
    breaches: frozenset[str]
    lines_of: str
    tried: bool = False
    """An example of a rule, or a turn of a call that rules may be tried on: what is known of it bounds the sums."""

    @property
    def part(self) -> int:
        return hashlib.sha256(self.piece.text.encode()).digest()[1] % _PARTS

    def may_tell_of(self, rule: str) -> bool:
        return self.lines_of in ("", rule) and (not self.breaches or rule in self.breaches)

    def signs(self, patterns: Mapping[str, re.Pattern[str]]) -> frozenset[str]:
        runs = {run for run in self.piece.runs if not _CHARACTERS.search(run)}
        before = {BEFORE + run for run in self.before.runs if 2 <= len(run) <= 3 and not _CHARACTERS.search(run)}
        words = {f"<{name}>" for name, pattern in patterns.items() if _has(pattern, self.piece.text)}
        earlier = {f"{BEFORE}<{name}>" for name, pattern in patterns.items() if _has(pattern, self.before.text)}
        return frozenset(runs | before | words | earlier)


@cache
def _has(pattern: re.Pattern[str], text: str) -> bool:
    """Most words are of all rules."""
    return pattern.search(text) is not None


_NOTHING = Piece(0, "")


def _last(pack: RulePack, said: Sequence[str]) -> Piece:
    return [_NOTHING, *pieces(pack.scopes.understood(fold(said[-1])))][-1] if said else _NOTHING


def _pieces(pack: RulePack, text: str) -> Iterator[Piece]:
    return pieces(pack.scopes.understood(fold(text)))


def all_said(pack: RulePack) -> list[Said]:
    speakers = {rule.id: rule.speaker for rule in pack.rules}
    found = []
    for line in read_lines(HOME / "finetune" / "talks"):
        before = _last(pack, [text for _, text in line.before])
        breaches = frozenset([line.rule] if line.breach else [])
        found += [Said(speakers[line.rule], p, before, breaches, line.rule) for p in _pieces(pack, line.text)]
    for talk in read_talks(HOME / "finetune" / "talks"):
        marks = [(mark.rule, talk.conversation.utterances[mark.place.turn].utt_id) for mark in talk.breaches]
        found += _turns(pack, talk.conversation, marks)
    for rule in pack.rules:
        found += _examples(pack, rule)
    found += [
        Said(Speaker.AGENT, piece, _NOTHING, frozenset(), "") for text in _documents() for piece in _pieces(pack, text)
    ]
    return found


def _turns(
    pack: RulePack, conversation: Conversation, marks: Iterable[tuple[str, str]], *, tried: bool = False
) -> Iterator[Said]:
    marked, before = set(marks), _NOTHING
    for one in conversation.utterances:
        breaches = frozenset(rule for rule, utt_id in marked if utt_id == one.utt_id)
        for piece in _pieces(pack, one.text):
            yield Said(one.speaker, piece, before, breaches, "", tried)
        before = _last(pack, [one.text])


def tried_calls(pack: RulePack) -> Iterator[Said]:
    calls = load_conversations(HOME / "corpus" / "calls")
    for path in sorted((HOME / "eval" / "suites").glob("aftercall-*.jsonl")):
        for case in load_cases(path, CallCase):
            if part_of(case.conversation_id) != "held_out":
                gold = [(hit.rule, hit.utt) for hit in case.compliance]
                yield from _turns(pack, calls[case.conversation_id], gold, tried=True)


def _documents() -> Iterator[str]:
    """Each sentence once."""
    seen = set[str]()
    for folder in sorted((HOME / "corpus" / "drops").glob("20*")):
        for document in read_drop(folder, (), {}).documents:
            seen.update(re.findall(r"[^。！？\n]{4,}[。！？]?", document.text))
    return iter(sorted(seen))


def _examples(pack: RulePack, rule: Rule) -> Iterator[Said]:
    for examples, breaches in ((rule.positive, frozenset([rule.id])), (rule.near_miss, frozenset[str]())):
        for example in examples:
            lines = [re.sub(r"^(?:坐席|客户|系统)：", "", line) for line in example.said]
            speaker = Speaker.CUSTOMER if example.said[-1].startswith("客户：") else rule.speaker
            if speaker is rule.speaker:
                before = _last(pack, lines[:-1])
                for piece in _pieces(pack, lines[-1]):
                    yield Said(speaker, piece, before, breaches, rule.id, tried=True)


# ── weights ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Rows:
    """Signs of each row by their place in `names`."""

    names: Sequence[str]
    places: Sequence[NDArray[np.int64]]
    right: Floats
    counts: Floats

    def only(self, names: Sequence[str]) -> "Rows":
        moved = np.full(len(self.names) + 1, -1)
        old = {name: place for place, name in enumerate(self.names)}
        moved[[old[name] for name in names]] = np.arange(len(names))
        kept = [places[places >= 0] for places in (moved[places] for places in self.places)]
        return Rows(names, kept, self.right, self.counts)

    def of(self, chosen: NDArray[np.bool_]) -> "Rows":
        places = [one for one, keep in zip(self.places, chosen, strict=True) if keep]
        return Rows(self.names, places, self.right[chosen], self.counts[chosen])


def rows_of(rule: Rule, said: Sequence[Said], signs: Sequence[frozenset[str]]) -> Rows:
    own = [s for one, s in zip(said, signs, strict=True) if one.lines_of == rule.id or rule.id in one.breaches]
    often = Counter(sign for one in own for sign in one)
    names = sorted(sign for sign, count in often.items() if count >= _FEWEST)
    place = {name: at for at, name in enumerate(names)}
    places = [np.array(sorted(place[sign] for sign in one if sign in place), np.int64) for one in signs]
    right = np.array([float(rule.id in one.breaches) for one in said])
    counts = np.array([_NEAR_MISS if one.lines_of and rule.id not in one.breaches else 1.0 for one in said])
    return Rows(names, places, right, counts)


def fitted(rows: Rows) -> dict[str, float]:
    """Weights of the signs that matter most, and the bias, in log-odds."""
    screened = rows.only(_first(rows.names, np.abs(_leaning(rows)), _SCREENED))
    weights = descended(screened)
    seen = np.bincount(np.concatenate(screened.places), minlength=len(screened.names))
    heavy = np.abs(weights[:-1]) * np.sqrt(np.minimum(seen, 60))
    chosen = screened.only(_first(screened.names, heavy, _MOST))
    return dict(zip([*chosen.names, BIAS], map(float, descended(chosen)), strict=True))


def _first(names: Sequence[str], worth: Floats, most: int) -> list[str]:
    return [names[at] for at in sorted(np.argsort(-worth, kind="stable")[:most])]


def _leaning(rows: Rows) -> Floats:
    """How far from chance each sign stands by breaches or by what is none."""
    with_it = [
        np.bincount(
            np.concatenate(rows.places),
            weights=np.repeat(rows.counts * kind, [len(places) for places in rows.places]),
            minlength=len(rows.names),
        )
        for kind in (rows.right, 1 - rows.right)
    ]
    share = float(np.sum(rows.counts * rows.right) / np.sum(rows.counts))
    all_ = with_it[0] + with_it[1]
    return np.asarray((with_it[0] - share * all_) / np.sqrt(share * (1 - share) * all_ + 1e-9))


def descended(rows: Rows) -> Floats:
    """Logistic regression with a ridge, by steps along the slope; the last weight is the bias."""
    lengths = [len(places) + 1 for places in rows.places]
    at = np.concatenate([np.append(places, len(rows.names)) for places in rows.places])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    weights, pace, spread = (np.zeros(len(rows.names) + 1) for _ in range(3))
    ridges = np.array([_RIDGE] * len(rows.names) + [0.01])
    for step in range(1, 121):
        guess = 1 / (1 + np.exp(-np.add.reduceat(weights[at], starts)))
        off = np.repeat(rows.counts * (guess - rows.right), lengths)
        slope = np.bincount(at, weights=off, minlength=len(weights)) + ridges * weights
        pace, spread = 0.9 * pace + 0.1 * slope, 0.999 * spread + 0.001 * slope**2
        weights -= 0.05 * (pace / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.999**step)) + 1e-8)
    return weights


def scores(weights: Mapping[str, int] | Mapping[str, float], signs: Iterable[frozenset[str]]) -> Floats:
    return np.array([weights[BIAS] + sum(weights.get(sign, 0.0) for sign in one) for one in signs])


# ── where a breach begins ──────────────────────────────────────────────────────────────────────────────────────────


def parted(rows: Rows, said: Sequence[Said], signs: Sequence[frozenset[str]]) -> Floats:
    """Scores by weights that the row did not make."""
    parts = np.array([one.part for one in said])
    found = np.zeros(len(said))
    for part in range(_PARTS):
        made = fitted(rows.of(parts != part))
        found[parts == part] = scores(made, (one for one, p in zip(signs, parts, strict=True) if p == part))
    return found


def begins(rule: Rule, said: Sequence[Said], score: Floats) -> tuple[float, int, int, int]:
    """From what score on, and how many breaches there are from there on, how many others, and breaches in all."""
    counted = [(float(s), rule.id in one.breaches) for s, one in zip(score, said, strict=True) if not one.tried]
    counted.sort(key=lambda one: -one[0])
    least, right = counted[0][0], 0
    for count, (at, breach) in enumerate(counted, start=1):
        right += breach
        if breach and count - right - _SLIPS <= (1 - _PRECISE) * count:
            least = at
    least += _SAFE
    above = [breach for at, breach in counted if at >= least]
    return least, sum(above), len(above) - sum(above), sum(breach for _, breach in counted)


def table(
    rule: Rule, said: Sequence[Said], calls: Sequence[Said], patterns: Mapping[str, re.Pattern[str]]
) -> tuple[dict[str, int], str]:
    of_rule = [one for one in said if one.speaker is rule.speaker and one.may_tell_of(rule.id)]
    signs = [one.signs(patterns) for one in of_rule]
    rows = rows_of(rule, of_rule, signs)
    least, right, false, all_ = begins(rule, of_rule, parted(rows, of_rule, signs))
    tenths = {sign: round(10 * weight) for sign, weight in fitted(rows).items()}
    tried = [one for one in (*of_rule, *calls) if one.tried and one.speaker is rule.speaker]
    known = list(zip(scores(tenths, (one.signs(patterns) for one in tried)), tried, strict=True))
    others = [round(score) + _CLEAR for score, one in known if rule.id not in one.breaches]
    tenths[BREACH] = max([round(10 * least), *others])
    told = f"{right} of {all_} breaches from {least:+.1f} on, and {false} others"
    return {sign: weight for sign, weight in tenths.items() if weight or sign.startswith("(")}, told


_HEAD = """\
# Signs of {rule} in tenths of log-odds (compliance/signs.py): made by tests/bench/rule_signs.py, not to be edited.
# On lines and turns that made no weight: {told}.
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("rules", nargs="*")
    asked = options.parse_args()
    pack, words = untried(FOLDER)
    said, calls = all_said(pack), list(tried_calls(pack))
    for rule in pack.rules:
        if asked.rules and rule.id not in asked.rules:
            continue
        patterns = {name: re.compile(pattern) for name, pattern in words[rule.id].items()}
        signs, told = table(rule, said, calls, patterns)
        text = "\n".join([_HEAD.format(rule=rule.id, told=told).rstrip(), *written(signs), ""])
        (FOLDER / "signs" / f"{rule.id}.txt").write_text(text, encoding="utf-8")
        print(f"{rule.id}: {told}")


if __name__ == "__main__":
    main()
