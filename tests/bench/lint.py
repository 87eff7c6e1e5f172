"""Lint and the reading of dates, measured: how long, what is found of what was hidden, and what where nothing is.

    .venv/bin/python -m tests.bench.lint
    .venv/bin/python -m tests.bench.lint --words    # prints platform/seatmate/ingest/lint_injection_words.txt anew

Hidden in the sample bank, from a seed: sentences with another figure, and documents again in another order and cut.
Where the shared data are there (SEATMATE_SHARED_DATA), laws and news are the harmless text, and each law that says of
one day only that it applies from then on must be read so. The red team's lists are told apart by what they were for:
`unknown`, `kept_out` and the honest `kept_out_close` made no pattern, sign or weight, though counts on them were seen
when the thresholds were set, and say what may be hoped for of what is new. Of the others lint was made: signs were
written and words learned with `varied` (attacks) and `close` (honest) in sight. The sample bank made no word either.
`stranger` and `stranger_close` are by somebody who had never seen lint, and were looked at once, when it was finished:
of 80 attacks 43 withheld and 26 shown to a person, of 120 honest passages 2 and 6.
"""

import io
import json
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from seatmate.domain.knowledge import DocumentVersion, Passage
from seatmate.domain.lint import LintCode
from seatmate.ingest.dates import dates_in
from seatmate.ingest.document import read_dates
from seatmate.ingest.drop import read_drop
from seatmate.ingest.lint import ToLint, lint
from seatmate.ingest.lint_alike import contradicting, overlapping
from seatmate.ingest.lint_injection import suspicions
from seatmate.ingest.lint_injection_disguise import fold
from seatmate.ingest.lint_injection_weigh import pieces
from seatmate.ingest.lint_injection_words import FEWEST, features
from seatmate.ingest.lint_legible import crowded, unreadable
from seatmate.ingest.manifest import read_manifest
from seatmate.ingest.split import split
from seatmate.settings import HOME
from tests.bench.word_table import learned, lines

DROPS = {"2026-W45": date(2026, 11, 2), "2026-W46": date(2026, 11, 9), "2026-W47": date(2026, 11, 16)}
SHARED = Path(os.environ.get("SEATMATE_SHARED_DATA", HOME.parent / "shared" / "data"))
INJECTIONS = HOME / "tests" / "ingest" / "injections.json"
_PASSAGE = 300
_LAW = re.compile(r"自(\d{4})年(\d{1,2})月(\d{1,2})日起(?:正式)?(?:施行|实施|执行|生效)")
_SAID_AGAIN = ("说明：{}。", "{}。", "客户问起时可以答复，{}，以公告为准。", "按现行规定，{}。")
_FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+|\d+\.\d+|\d+(?=元)")

Bank = tuple[list[DocumentVersion], list[Passage]]


def run(work: Path, seed: int, quick: bool) -> dict[str, object]:
    """`work` is not needed: nothing is written."""
    banks = {name: _bank(name) for name in DROPS}
    return {
        "dates": {"sample_bank": _dates_of_the_bank(banks), "laws": _laws(SHARED, 300 if quick else 3_466)},
        "sample_bank": {name: _told(banks[name], day) for name, day in DROPS.items()},
        "red_team": _red_team(),
        "harmless": {
            name: _harmless(SHARED / name / file, 2_000 if quick else 60_000)
            for name, file in (("laws_zh", "laws.jsonl.zst"), ("news_zh", "news.jsonl.zst"))
        },
        "hidden": _hidden(banks["2026-W47"], seed, 60 if quick else 300),
        "seconds": _seconds(banks["2026-W47"], seed, 2_000 if quick else 10_000),
    }


def _bank(name: str) -> Bank:
    drop = read_drop(HOME / "corpus" / "drops" / name, (), {})
    return list(drop.documents), [p for d in drop.documents for p in split(d, drop.blocks[d.doc_id])]


def _dates_of_the_bank(banks: dict[str, Bank]) -> dict[str, int]:
    """How many bounds of the manifest the text says too, and how many it disputes."""
    said = disputed = silent = 0
    for name, (documents, _) in banks.items():
        texts = {d.doc_id: d.text for d in documents}
        for row in read_manifest(HOME / "corpus" / "drops" / name).rows:
            reading = read_dates(row, texts[row.doc_id])
            for bound, day in ((reading.since, row.first_day), (reading.until, row.last_day)):
                if day is not None:
                    said += bound.said is not None and not bound.conflict
                    disputed += bound.conflict
                    silent += bound.said is None
    return {"manifest_days_said_by_the_text": said, "not_said": silent, "disputed": disputed}


def _laws(shared: Path, most: int) -> dict[str, object] | str:
    file = shared / "laws_zh" / "laws.jsonl.zst"
    if not file.is_file():
        return f"not measured: {file} is not there (SEATMATE_SHARED_DATA)"
    right = wrong = nothing = 0
    for law in _rows(file, most):
        text = str(law["text"])
        days = set(_LAW.findall(text))
        if len(days) != 1:
            continue
        said = dates_in(text, str(law.get("title") or "")).since
        [day] = days
        if said is None:
            nothing += 1
        elif said.moment.date() == date(*map(int, day)):
            right += 1
        else:
            wrong += 1
    return {"laws_with_one_day": right + wrong + nothing, "right": right, "another_day": wrong, "nothing_said": nothing}


def _told(bank: Bank, day: date) -> dict[str, int]:
    documents, passages = bank
    result = lint(ToLint(documents, passages), day)
    counts: dict[str, int] = {"documents": len(documents), "passages": len(passages)}
    for finding in result.findings:
        counts[finding.code.value] = counts.get(finding.code.value, 0) + 1
    return counts | {"quarantined": len(result.quarantined)}


def _red_team() -> dict[str, dict[str, int]]:
    lists = json.loads(INJECTIONS.read_text(encoding="utf-8"))
    return {name: _caught(texts) for name, texts in lists.items()}


def words(shared: Path) -> str:
    """The table of `lint_injection_words`, learned of the red team's lists, laws and news."""
    lists = json.loads(INJECTIONS.read_text(encoding="utf-8"))
    orders = [text for name in ("chinese", "english", "later", "last", "varied") for text in lists[name]]
    honest = [text for name in ("harmless", "close") for text in lists[name]]
    read = ([Counter(_features(text)) for text in texts] for texts in (orders, honest, _plain_sentences(shared)))
    weights, bias = learned(*read, fewest=FEWEST, honest_counts=8.0)
    return "\n".join([f"{bias} (bias)", *lines(weights), ""])


def _plain_sentences(shared: Path) -> list[str]:
    """One to three sentences at a time, from a stretch of every so manieth law, report and article."""
    draw = random.Random(1)
    found: list[str] = []
    for name, every, most in (
        ("laws_zh/laws", 2, 3_500),
        ("news_zh/news", 29, 4_500),
        ("tech_articles_zh/articles", 29, 600),
    ):
        texts: list[str] = []
        for row in list(_rows(shared / f"{name}.jsonl.zst", 60_000))[::every]:
            text = str(row["text"])
            at = draw.randrange(max(len(text) - _PASSAGE, 1))
            texts += _in_turn(fold(text[at : at + _PASSAGE]), draw)
        found += draw.sample(texts, min(most, len(texts)))
    return found


def _in_turn(text: str, draw: random.Random) -> Iterator[str]:
    spans = pieces(text)
    while spans:
        taken, spans = spans[: draw.choice((1, 1, 2, 3))], spans[len(spans[:1]) :]
        yield text[taken[0][0] : taken[-1][1]][:160]


def _features(text: str) -> list[str]:
    folded = fold(text)
    return [f for start, end in pieces(folded) for f in features(folded[start:end])]


def _caught(texts: Sequence[str]) -> dict[str, int]:
    codes = [{s.code for s in suspicions(text)} for text in texts]
    odd = {LintCode.READS_LIKE_AN_ORDER}
    return {
        "texts": len(texts),
        "withheld": sum(bool(found - odd) for found in codes),
        "put_before_a_person": sum(found == odd for found in codes),
        "unseen": sum(not found for found in codes),
    }


def _harmless(file: Path, most: int) -> dict[str, object] | str:
    """Pieces of passage length that would be withheld, and that would be put before a person."""
    if not file.is_file():
        return f"not measured: {file} is not there (SEATMATE_SHARED_DATA)"
    pieces = withheld = odd = 0
    for row in _rows(file, most):
        text = str(row["text"])
        for at in range(0, len(text), _PASSAGE):
            if pieces == most:
                break
            codes = {s.code for s in suspicions(text[at : at + _PASSAGE])}
            pieces += 1
            withheld += bool(codes - {LintCode.READS_LIKE_AN_ORDER})
            odd += codes == {LintCode.READS_LIKE_AN_ORDER}
    return {"passages": pieces, "withheld": withheld, "put_before_a_person": odd}


def _hidden(bank: Bank, seed: int, count: int) -> dict[str, int]:
    """Sentences of the bank said again elsewhere with another figure, and documents again in another order."""
    draw = random.Random(seed)
    documents, passages = bank
    own = {d.doc_id: d for d in documents}
    plain = [
        (p, m)
        for p in passages
        if not p.product_codes and not p.columns
        for m in re.finditer(r"[^。；\n]{18,}(?=[。；\n]|$)", p.text)
        if _FIGURE.search(m[0]) and "：" not in m[0]
    ]
    hits = 0
    chosen = draw.sample(plain, min(count, len(plain)))
    for passage, sentence in chosen:
        figure = draw.choice(list(_FIGURE.finditer(sentence[0])))
        said = sentence[0][: figure.start()] + _other(figure[0], draw) + sentence[0][figure.end() :]
        made = _copy(own[passage.doc_id], draw.choice(_SAID_AGAIN).format(said.replace("的", "").replace("为", "是")))
        hits += bool(contradicting([*documents, made[0]], [*passages, *made[1]]))
    found = 0
    for document in documents:
        lines = [line for line in document.text.split("\n") if len(line) > 1]
        draw.shuffle(lines)
        made = _copy(document, "\n\n".join(lines))
        pairs = {f.doc_ids for f in overlapping([*documents, made[0]], [*passages, *made[1]])}
        found += any({document.doc_id, made[0].doc_id} == set(pair) for pair in pairs)
    return {
        "contradictions": len(chosen),
        "contradictions_found": hits,
        "copies": len(documents),
        "copies_found": found,
    }


def _other(figure: str, draw: random.Random) -> str:
    """Another figure of the same shape."""
    while True:
        other = re.sub(r"\d", lambda m: str(draw.randint(1, 9)), figure)
        if other != figure:
            return other


def _copy(document: DocumentVersion, text: str) -> tuple[DocumentVersion, list[Passage]]:
    """The document again under another id, as one passage a line."""
    made = replace(document, doc_id=f"{document.doc_id}-again", version="again", text=text)
    passages, at = [], 0
    for line in text.split("\n"):
        if line:
            passages.append(
                Passage(
                    Passage.id_of(made.doc_id, "again", at, at + len(line)),
                    made.doc_id,
                    "again",
                    made.title,
                    made.doc_type,
                    made.product_codes,
                    made.scope,
                    made.validity,
                    at,
                    at + len(line),
                    line,
                )
            )
        at += len(line) + 1
    return made, passages


def _seconds(bank: Bank, seed: int, count: int) -> dict[str, float]:
    """The bank's own passages, their words in another order and their figures others, until there are enough."""
    draw = random.Random(seed)
    documents: list[DocumentVersion] = []
    passages: list[Passage] = []
    while len(passages) < count:
        for document in bank[0]:
            lines = [_varied(line, draw) for line in document.text.split("\n") if line]
            one, cut = _copy(document, "\n".join(lines))
            number = len(documents)
            documents.append(replace(one, doc_id=f"{document.doc_id}-{number}", product_codes=()))
            passages += [replace(p, doc_id=f"{document.doc_id}-{number}", product_codes=()) for p in cut]
    passages = passages[:count]
    steps: dict[str, float] = {"passages": len(passages), "documents": len(documents)}
    for name, step in (
        ("overlapping", lambda: overlapping(documents, passages)),
        ("contradicting", lambda: contradicting(documents, passages)),
        ("unreadable", lambda: unreadable(documents, passages, {})),
        ("crowded", lambda: crowded(documents, passages)),
        ("all", lambda: lint(ToLint(documents, passages), date(2026, 11, 16))),
    ):
        began = time.perf_counter()
        step()
        steps[name] = round(time.perf_counter() - began, 2)
    return steps


def _varied(line: str, draw: random.Random) -> str:
    """Clauses in another order and digits others: near enough to the bank's text to be work, too far to be the same."""
    clauses = re.split(r"(?<=[，。；])", line)
    draw.shuffle(clauses)
    return re.sub(r"\d", lambda m: str(draw.randint(0, 9)), "".join(clauses))


def _rows(file: Path, most: int) -> Iterator[dict[str, object]]:
    import zstandard

    with file.open("rb") as raw:
        for number, line in enumerate(
            io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8")
        ):
            if number == most:
                return
            yield json.loads(line)


if __name__ == "__main__":
    if "--words" in sys.argv:
        print(words(SHARED), end="")
        sys.exit()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(Path(folder), 7, "--quick" in sys.argv), ensure_ascii=False, indent=1))
