"""Prints corpus/rules/certain.yaml: how sure words are of what they told, sign by sign.

    .venv/bin/python -m tests.bench.certain > corpus/rules/certain.yaml
    .venv/bin/python -m tests.bench.certain --measured

Learned of the training talks (finetune/talks) alone. Every number is of talks that its weights were not fitted on: ten
parts of the talks, five times over. Confidence is the share that the talks' one reader marked where the words were new:
for facts on every fourth talk, which was held back while most of their words were written (they find .52 of the facts
there and .79 elsewhere); for voices around the .59 (17 of 29) that their first words reached on those talks, since the
later ones were written on all. The threshold is the lowest confidence above which it is on the average what issue 4
asks for.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from seatmate.aftercall.certainty import Counts, Weights, strength
from seatmate.aftercall.fields import Catalogue, load_catalogue
from seatmate.aftercall.telling import Claim, F, Telling, claim_of
from seatmate.aftercall.told import fact_tellings, voice_tellings
from seatmate.aftercall.told_signs import Beside, key_of, signs_of
from seatmate.settings import HOME
from seatmate_tune.talks import Place, Talk, read_talks

_PRECISE = {"kyc": 0.9, "voc": 0.85}
"""Issue 4."""
_VOICES_AT_FIRST = 17 / 29
_RIDGE = 10.0
_FEWEST = 5
"""Findings that must have a sign, and that must not."""
_PARTS = 10
_ROUNDS = 5
_HELD_BACK = 4
_LEAST = 3
"""Hundredths that are worth a line."""

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

Seen = Mapping[tuple[str, str], tuple[frozenset[str], frozenset[str]]]
"""Field or label, and entry → the talks in which it was right, and in which it was false."""


@dataclass(frozen=True)
class Row:
    """One telling. `claim` is what it is put together by: it is right when one telling of the claim is marked, and of
    several the surest counts."""

    talk: str
    name: str
    entry: str
    claim: Claim
    signs: frozenset[str]
    right: bool

    @property
    def held_back(self) -> bool:
        return int(self.talk.split("-")[1]) % _HELD_BACK == 0


@dataclass(frozen=True)
class Curve:
    """Claims with their log-odds, the surest first."""

    score: Floats
    right: Booleans

    def threshold(self, share: float) -> float:
        """The lowest confidence above which it is so much on the average."""
        sure = 1 / (1 + np.exp(-self.score))
        enough = int(np.sum(np.cumsum(sure) / np.arange(1, len(sure) + 1) >= share))
        return float(sure[enough - 1]) if enough else 1.0

    def above(self, threshold: float) -> tuple[int, int]:
        """Right ones, and all."""
        kept = 1 / (1 + np.exp(-self.score)) >= threshold
        return int(np.sum(self.right[kept])), int(np.sum(kept))


# ── tellings of the talks ──────────────────────────────────────────────────────────────────────────────────────────


def fact_rows(talks: Iterable[Talk], catalogue: Catalogue) -> list[Row]:
    rows = []
    for talk in talks:
        marks = [(mark.field, mark.place) for mark in talk.facts]
        rows += _rows(talk, fact_tellings(talk.conversation, catalogue), marks, catalogue)
    return rows


def voice_rows(talks: Iterable[Talk], catalogue: Catalogue) -> list[Row]:
    rows = []
    for talk in talks:
        marks = [(f"{mark.polarity.value} {mark.label}", mark.place) for mark in talk.voices]
        rows += _rows(talk, voice_tellings(talk.conversation, catalogue), marks, catalogue)
    return rows


def _rows(
    talk: Talk, tellings: Sequence[Telling[F]], marks: Sequence[tuple[str, Place]], catalogue: Catalogue
) -> list[Row]:
    conversation, beside = talk.conversation, Beside.of(tellings)
    turns = {utterance.utt_id: number for number, utterance in enumerate(conversation.utterances)}

    def is_marked(one: Telling[F]) -> bool:
        (start, end), turn = one.match.clause, turns[one.match.turn.utterance.utt_id]
        return any(
            name == one.name and place.turn == turn and start < place.end and place.start < end for name, place in marks
        )

    right = {claim_of(one.finding) for one in tellings if is_marked(one)}
    return [
        Row(
            talk=conversation.conversation_id,
            name=one.name,
            entry=key_of(one),
            claim=claim_of(one.finding),
            signs=signs_of(one, beside, conversation, catalogue),
            right=claim_of(one.finding) in right,
        )
        for one in tellings
    ]


# ── weights ────────────────────────────────────────────────────────────────────────────────────────────────────────


def seen_in(rows: Iterable[Row]) -> Seen:
    seen: dict[tuple[str, str], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for row in rows:
        seen[row.name, row.entry][0 if row.right else 1].add(row.talk)
    return {key: (frozenset(right), frozenset(false)) for key, (right, false) in seen.items()}


def with_strength(rows: Iterable[Row], seen: Seen) -> list[frozenset[str]]:
    """The signs of each row; of how its entry did, what other talks say."""
    nothing = (frozenset[str](), frozenset[str]())
    return [row.signs | set(strength(_others(seen.get((row.name, row.entry), nothing), row.talk))) for row in rows]


def _others(talks: tuple[frozenset[str], frozenset[str]], own: str) -> Counts:
    right, false = talks
    return len(right - {own}), len(false - {own})


@dataclass(frozen=True)
class Learned:
    """Log-odds."""

    signs: Mapping[str, float]
    bias: float

    def score(self, signs: frozenset[str]) -> float:
        return self.bias + sum(self.signs.get(sign, 0.0) for sign in signs)


def learned(signs: Sequence[frozenset[str]], right: Sequence[bool]) -> Learned:
    """Of the signs that are neither too rare nor everywhere."""
    often = Counter(sign for one in signs for sign in one)
    names = sorted(sign for sign, count in often.items() if _FEWEST <= count <= len(signs) - _FEWEST)
    rows = np.array([[sign in one for sign in names] for one in signs], float)
    weights = regression(rows, np.array(right, float), _RIDGE)
    return Learned(dict(zip(names, map(float, weights), strict=False)), float(weights[-1]))


def regression(rows: Floats, right: Floats, ridge: float) -> Floats:
    """Logistic, by Newton's steps; the last weight is the bias."""
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    ridges = np.array([ridge] * (rows.shape[1] - 1) + [0.01])
    weights = np.zeros(rows.shape[1])
    for _ in range(15):
        guess = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (guess - right) + ridges * weights
        curve = (rows * (guess * (1 - guess))[:, None]).T @ rows + np.diag(ridges)
        weights -= np.linalg.solve(curve, slope)
    return weights


# ── how sure, measured on talks that made no weight ────────────────────────────────────────────────────────────────


def curve_of(rows: Sequence[Row], *, held_back: bool) -> Curve:
    """All rounds as one."""
    found: list[tuple[float, bool]] = []
    talks = sorted({row.talk for row in rows})
    for round_ in range(_ROUNDS):
        order = np.random.RandomState(round_).permutation(talks)
        claims: dict[tuple[str, Claim], tuple[float, bool]] = {}
        for part in range(_PARTS):
            out = set(order[part::_PARTS])
            inner = [row for row in rows if row.talk not in out]
            outer = [row for row in rows if row.talk in out and (row.held_back or not held_back)]
            seen = seen_in(inner)
            made = learned(with_strength(inner, seen), [row.right for row in inner])
            for row, its in zip(outer, with_strength(outer, seen), strict=True):
                key, score = (row.talk, row.claim), made.score(its)
                before, was_right = claims.get(key, (score, False))
                claims[key] = max(before, score), was_right or row.right
        found += claims.values()
    found.sort(key=lambda one: -one[0])
    return Curve(np.array([score for score, _ in found]), np.array([right for _, right in found]))


def table(name: str, rows: Sequence[Row]) -> tuple[Weights, Curve]:
    """The weights with their threshold, and what it rests on."""
    held_back = name == "kyc"
    curve = curve_of(rows, held_back=held_back)
    slope, bias = map(float, regression(curve.score[:, None], curve.right.astype(float), 0.01))
    if not held_back:
        bias += _odds(_VOICES_AT_FIRST) - _odds(float(np.mean(curve.right)))
    curve = Curve(curve.score * slope + bias, curve.right)
    seen = seen_in(rows)
    made = learned(with_strength(rows, seen), [row.right for row in rows])
    hundredths = {sign: round(100 * slope * weight) for sign, weight in made.signs.items()}
    weights = Weights(
        certain_from=round(curve.threshold(_PRECISE[name]), 2),
        bias=round(100 * (slope * made.bias + bias)),
        signs={sign: weight for sign, weight in hundredths.items() if abs(weight) >= _LEAST},
        seen=_counts(seen),
    )
    return weights, curve


def _counts(seen: Seen) -> dict[str, dict[str, Counts]]:
    counts: dict[str, dict[str, Counts]] = defaultdict(dict)
    for (name, entry), (right, false) in sorted(seen.items()):
        counts[name][entry] = len(right), len(false)
    return counts


def _odds(share: float) -> float:
    return log(share / (1 - share))


# ── the file ───────────────────────────────────────────────────────────────────────────────────────────────────────

_HEAD = """\
# How sure words are of what they told (aftercall/certainty.py): made by tests/bench/certain.py, of finetune/talks.
# certain_from: what is less sure stays in the record to be confirmed. signs: hundredths of log-odds, what speaks for a
# finding first. seen: field or voice → entry, by the hash of its words → [talks where right, talks where false].
"""


def written(tables: Mapping[str, Weights]) -> str:
    lines = [_HEAD.rstrip()]
    for name, weights in tables.items():
        lines += [f"{name}:", f"  certain_from: {weights.certain_from}", f"  bias: {weights.bias}", "  signs:"]
        ordered = sorted(weights.signs.items(), key=lambda one: (-one[1], one[0]))
        lines += [f"    '{sign}': {weight}" for sign, weight in ordered]
        lines += ["  seen:"]
        for of, entries in weights.seen.items():
            counts = ", ".join(f"'{entry}': [{right}, {false}]" for entry, (right, false) in entries.items())
            lines.append(f"    {of}: {{{counts}}}")
    return "\n".join([*lines, ""])


def measured(name: str, weights: Weights, curve: Curve) -> str:
    right, kept = curve.above(weights.certain_from)
    of, all_ = curve.above(0)
    return (
        f"{name}: certain from {weights.certain_from}: {right / max(kept, 1):.2f} of them marked ({right}/{kept}), "
        f"{right / of:.2f} of what is marked; of all {of / all_:.2f} ({of}/{all_}); {_ROUNDS} rounds of {_PARTS} parts"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--measured", action="store_true", help="print what the thresholds rest on")
    asked = options.parse_args()
    talks = read_talks(HOME / "finetune" / "talks")
    catalogue = load_catalogue(HOME / "corpus" / "rules")
    kyc, voc = table("kyc", fact_rows(talks, catalogue)), table("voc", voice_rows(talks, catalogue))
    if asked.measured:
        print(measured("kyc, on the talks held back", *kyc), measured("voc", *voc), sep="\n")
    else:
        print(written({"kyc": kyc[0], "voc": voc[0]}), end="")


if __name__ == "__main__":
    main()
