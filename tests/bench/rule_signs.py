"""Writes corpus/rules/compliance/signs: which signs make a turn a breach of a rule, and from what sum on.

    .venv/bin/python -m tests.bench.rule_signs [RULE …]

Learned of the single lines of finetune/talks, of the turns of the talks there (what nobody marked is none), of each
rule's own examples, and of the sample bank's documents, which agents read out and which breach nothing. Talks are at
their natural frequency: some forty thousand turns, a breach in fifty. A near miss counts for three of the others: it
was written to look like a breach. A breach of another rule is none of this one, or one line would be a breach of many.
No call of a suite makes a weight; those that rules may be tried on (seatmate_eval.metrics.compliance: old, development)
bound the two sums, as the rule's own examples do.

Every sign that three of the rule's own lines have is weighed, under a strong ridge: with the 300 that matter most,
whole calls lost a sixth of what is found. Where a breach begins and where a pattern's find is doubtful (`_BREACH`,
`_DOUBT`) are the same for all rules, chosen on talks that made no weight; a table has it otherwise where the rule's own
examples say so.

Prints for each rule, and for all, what patterns and tables together find in the talks by weights that the talk did not
make (three parts, a talk wholly in one): the honest figure for whole calls, but that patterns were mended on some.
"""

import argparse
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse, special

from seatmate.compliance.clauses import fold
from seatmate.compliance.match import find_hits
from seatmate.compliance.pack import untried
from seatmate.compliance.rules import Learned, Rule, RulePack
from seatmate.compliance.signs import BEFORE, BIAS, BREACH, DOUBT, SCALE, Piece, pieces, written
from seatmate.domain.calls import Conversation, Speaker
from seatmate.ingest.drop import read_drop
from seatmate.settings import HOME
from seatmate_eval.cases import CallCase, load_cases, load_conversations
from seatmate_eval.metrics.compliance import Counts, part_of, places_of
from seatmate_tune.talks import read_lines, read_talks
from tests.bench.compliance import are_neighbours

_BREACH = 0.0
_DOUBT = -2.0
_FEWEST = 3
_PARTS = 3
_RIDGE = 3.0
_NEAR_MISS = 3.0
_CLEAR = 0.2
"""Log-odds by which a rule's examples, and the calls it may be tried on, keep off those sums."""
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
    talk: str
    """Whose turn it is, or what a line is a contrast to: wholly in one part."""
    found: frozenset[str] = frozenset()
    """Rules whose patterns fire on it."""
    tried: bool = False
    """A rule's example, or a turn of a call that rules may be tried on: what is known of it bounds the sums."""

    @property
    def part(self) -> int:
        return hashlib.sha256(self.talk.encode()).digest()[1] % _PARTS

    @property
    def makes_weights(self) -> bool:
        """No call of a suite does."""
        return not self.tried or self.lines_of != ""

    @property
    def is_of_a_talk(self) -> bool:
        return not self.lines_of and not self.tried and self.talk != ""

    def may_tell_of(self, rule: str) -> bool:
        return self.lines_of in ("", rule) or bool(self.breaches)

    @property
    def runs(self) -> frozenset[str]:
        runs = {run for run in self.piece.runs if not _CHARACTERS.search(run)}
        before = {BEFORE + run for run in self.before.runs if 2 <= len(run) <= 3 and not _CHARACTERS.search(run)}
        return frozenset(runs | before)


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
        contrast = before.text or line.text
        found += [Said(speakers[line.rule], p, before, breaches, line.rule, contrast) for p in _pieces(pack, line.text)]
    for talk in read_talks(HOME / "finetune" / "talks"):
        marks = [(mark.rule, talk.conversation.utterances[mark.place.turn].utt_id) for mark in talk.breaches]
        found += _turns(pack, talk.conversation, marks)
    for rule in pack.rules:
        found += _examples(pack, rule)
    found += [
        Said(Speaker.AGENT, piece, _NOTHING, frozenset(), "", "")
        for text in _documents()
        for piece in _pieces(pack, text)
    ]
    return [*found, *_tried_calls(pack)]


def _without_tables(pack: RulePack) -> RulePack:
    rules = (
        rule.model_copy(update={"detectors": tuple(one for one in rule.detectors if not isinstance(one, Learned))})
        for rule in pack.rules
    )
    return replace(pack, rules=tuple(rules))


def _turns(
    pack: RulePack, conversation: Conversation, marks: Iterable[tuple[str, str]], *, tried: bool = False
) -> Iterator[Said]:
    marked, before = set(marks), _NOTHING
    places = places_of(find_hits(_without_tables(pack), conversation))
    for one in conversation.utterances:
        breaches, found = (frozenset(rule for rule, utt in where if utt == one.utt_id) for where in (marked, places))
        for piece in _pieces(pack, one.text):
            yield Said(one.speaker, piece, before, breaches, "", conversation.conversation_id, found, tried)
        before = _last(pack, [one.text])


def _tried_calls(pack: RulePack) -> Iterator[Said]:
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
                    yield Said(speaker, piece, before, breaches, rule.id, before.text or piece.text, tried=True)


# ── weights ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Rows:
    """Which row has which of the signs `names`."""

    names: Sequence[str]
    has: sparse.csr_array
    right: Floats
    counts: Floats

    def of(self, chosen: NDArray[np.bool_]) -> "Rows":
        return Rows(self.names, self.has[chosen], self.right[chosen], self.counts[chosen])

    def sums(self, weights: Floats) -> Floats:
        """The last weight is the bias."""
        return np.asarray(self.has @ weights[:-1] + weights[-1])


class Signs:
    """The runs of everything said, once for all rules."""

    def __init__(self, said: Sequence[Said]) -> None:
        self._said = said
        runs = [one.runs for one in said]
        often = Counter(run for one in runs for run in one)
        self._names = sorted(run for run, count in often.items() if count >= _FEWEST)
        place = {name: at for at, name in enumerate(self._names)}
        self._runs = _matrix([[place[run] for run in one if run in place] for one in runs], len(place))
        self._texts = sorted({text for one in said for text in (one.piece.text, one.before.text)})
        at = {text: place for place, text in enumerate(self._texts)}
        self._where = [
            np.array([at[t] for t in texts])
            for texts in zip(*((o.piece.text, o.before.text) for o in said), strict=True)
        ]
        self._had: dict[str, NDArray[np.bool_]] = {}

    def rows(self, rule: Rule, patterns: Mapping[str, re.Pattern[str]]) -> tuple[Rows, list[Said]]:
        told = np.array([one.speaker is rule.speaker and one.may_tell_of(rule.id) for one in self._said])
        said = [one for one, keep in zip(self._said, told, strict=True) if keep]
        names = [*self._names, *(mark + f"<{name}>" for mark in ("", BEFORE) for name in patterns)]
        words = np.array([self._having(word.pattern) for word in patterns.values()], float).T
        has = sparse.hstack([self._runs[told], *(words[where][told] for where in self._where)], format="csr")
        own = np.array([one.makes_weights and (one.lines_of == rule.id or rule.id in one.breaches) for one in said])
        chosen = np.flatnonzero(np.asarray(has[own].sum(axis=0)).ravel() >= _FEWEST)
        right = np.array([float(rule.id in one.breaches) for one in said])
        near = np.array([one.lines_of == rule.id and not one.breaches for one in said])
        return Rows([names[at] for at in chosen], has[:, chosen], right, np.where(near, _NEAR_MISS, 1.0)), said

    def _having(self, word: str) -> NDArray[np.bool_]:
        """Which of the texts have it; most words are of all rules."""
        if word not in self._had:
            looked_for = re.compile(word)
            self._had[word] = np.array([looked_for.search(text) is not None for text in self._texts])
        return self._had[word]


def _matrix(rows: Sequence[Sequence[int]], width: int) -> sparse.csr_array:
    starts = np.cumsum([0, *map(len, rows)])
    places = np.array([at for row in rows for at in sorted(row)], np.int64)
    return sparse.csr_array((np.ones(len(places)), places, starts), shape=(len(rows), width))


def fitted(rows: Rows) -> Floats:
    """Logistic regression with a ridge; the last weight is the bias."""
    ridges = np.array([_RIDGE] * len(rows.names) + [0.01])

    def loss(weights: Floats) -> tuple[float, Floats]:
        sums = rows.sums(weights)
        off = rows.counts * (special.expit(sums) - rows.right)
        slope = np.append(rows.has.T @ off, off.sum()) + ridges * weights
        value = rows.counts @ (np.logaddexp(0, sums) - rows.right * sums) + ridges @ weights**2 / 2
        return float(value), slope

    start = np.zeros(len(rows.names) + 1)
    return np.asarray(optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-5}).x)


def _learned_of(said: Sequence[Said]) -> NDArray[np.bool_]:
    return np.array([one.makes_weights for one in said])


def parted(rows: Rows, said: Sequence[Said]) -> Floats:
    """Sums by weights that the row did not make."""
    parts, learns = np.array([one.part for one in said]), _learned_of(said)
    sums = np.zeros(len(said))
    for part in range(_PARTS):
        sums[parts == part] = rows.of(parts == part).sums(fitted(rows.of((parts != part) & learns)))
    return sums


# ── where a breach begins ──────────────────────────────────────────────────────────────────────────────────────────


def table(rule: Rule, rows: Rows, said: Sequence[Said]) -> dict[str, int]:
    """Weights in hundredths of log-odds, and the two sums, off which the rule's examples and the calls keep."""
    weights = np.round(SCALE * fitted(rows.of(_learned_of(said))))
    known = [(float(at), one) for at, one in zip(rows.sums(weights), said, strict=True) if one.tried]
    others = [at + SCALE * _CLEAR for at, one in known if rule.id not in one.breaches]
    breaches = [at - SCALE * _CLEAR for at, one in known if rule.id in one.breaches]
    signs = {sign: int(weight) for sign, weight in zip(rows.names, weights, strict=False) if weight}
    signs[BIAS] = int(weights[-1])
    signs[BREACH] = round(max([SCALE * _BREACH, *others]))
    signs[DOUBT] = round(min([SCALE * _DOUBT, *breaches]))
    return signs


def counted(rule: Rule, said: Sequence[Said], sums: Floats) -> tuple[Counts, Counts]:
    """What is found in the talks; secondly without what falls on a breach of a neighbour, which may be both."""
    found, alone = Counts(), Counts()
    for at, one in zip(sums, said, strict=True):
        if one.is_of_a_talk:
            fires = at >= _BREACH or (rule.id in one.found and at >= _DOUBT)
            breach = rule.id in one.breaches
            count = Counts(int(breach and fires), int(fires and not breach), int(breach and not fires))
            found += count
            if not (count.false and any(are_neighbours(rule.id, other) for other in one.breaches)):
                alone += count
    return found, alone


_HEAD = "# Signs of {} in hundredths of log-odds (compliance/signs.py): made by tests/bench/rule_signs.py, not to edit."


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("rules", nargs="*")
    asked = options.parse_args()
    pack, words = untried(FOLDER)
    signs, totals = Signs(all_said(pack)), defaultdict[str, Counts](Counts)
    for rule in pack.rules:
        if asked.rules and rule.id not in asked.rules:
            continue
        patterns = {name: re.compile(pattern) for name, pattern in words[rule.id].items()}
        rows, said = signs.rows(rule, patterns)
        found, alone = counted(rule, said, parted(rows, said))
        lines = written(table(rule, rows, said))
        text = "\n".join([_HEAD.format(rule.id), *lines, ""])
        (FOLDER / "signs" / f"{rule.id}.txt").write_text(text, encoding="utf-8")
        print(f"{rule.id}: {found}", flush=True)
        totals["all rules"] += found
        totals["all rules, but for neighbours"] += alone
    for name, counts in totals.items():
        print(f"{name}: {counts}")


if __name__ == "__main__":
    main()
