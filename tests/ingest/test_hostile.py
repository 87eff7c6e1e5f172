"""Hostile files: each kind ends in a reason or in text, and the file after it is read as if nothing had been."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.drop import read_drop
from seatmate.ingest.isolate import Reader, open_reader
from seatmate.ingest.pieces import ReadDocument
from seatmate.testing.drops import RATE, drop
from seatmate.testing.hostile.kinds import KINDS, Kind, Outcome
from seatmate.testing.hostile.whole import TEXT

SEED = 7


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with open_reader() as one:
        yield one


def parametrized() -> list[object]:
    return [pytest.param(kind, id=kind.name, marks=[pytest.mark.slow] * kind.slow) for kind in KINDS]


@pytest.mark.parametrize("kind", parametrized())
def test_each_kind_ends_in_a_reason_or_in_text_and_harms_nothing(kind: Kind, reader: Reader, tmp_path: Path) -> None:
    file = kind.write(Random(f"{SEED}/{kind.name}"), tmp_path)
    document, reason = read_or_reason(reader, file)
    if document is None:
        assert kind.expected is not Outcome.TEXT, reason
        assert reason
    else:
        assert kind.expected is not Outcome.REFUSED, document.text[:200]
        assert_whole(document)
    assert reader.read_bytes(RATE.encode(), "honest.md").title == "存款利率"
    shutil.rmtree(tmp_path)


def read_or_reason(reader: Reader, file: Path) -> tuple[ReadDocument | None, str]:
    try:
        return reader.read(file), ""
    except UnreadableDocument as refused:
        return None, refused.detail


def assert_whole(document: ReadDocument) -> None:
    assert document.text
    assert "\n".join(document.text[b.start : b.end] for b in document.blocks) == document.text
    document.text.encode()  # no half characters


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("zip-bomb-of-many-parts", "parts"),
        ("zip-naming-one-part-again", "unpacks to"),
        ("zip-leading-out", "lead out of it"),
        ("zip-locked", "encrypted"),
        ("office-locked-docx", "encrypted"),
        ("macros-in-docx", "macros"),
        ("macros-in-xlsx", "macros"),
        ("macros-declared", "macros"),
        ("macros-by-name", "macros"),
        ("entities-in-docx", "entities"),
        ("entities-in-xlsx", "entities"),
        ("entities-in-utf16", "entities"),
        ("outer-entity-in-docx", "entities"),
        ("absurd-merge", "merges more than"),
        ("million-cells", "cells"),
        ("ten-million-fields-in-markdown", "columns"),
        ("formula-without-value", "no stored value"),
        ("pdf-locked", "encrypted"),
        ("half-a-gigabyte", "500 MB"),
        ("one-long-line", "characters of text"),
        ("blanks-alone", "empty"),
        ("link", "link"),
        ("folder", "folder"),
        ("pipe", "plain file"),
    ],
)
def test_the_reason_says_what_is_wrong(name: str, reason: str, reader: Reader, tmp_path: Path) -> None:
    [kind] = [kind for kind in KINDS if kind.name == name]
    with pytest.raises(UnreadableDocument, match=reason):
        reader.read(kind.write(Random(f"{SEED}/{name}"), tmp_path))


def test_what_nobody_sees_is_not_read(reader: Reader, tmp_path: Path) -> None:
    [kind] = [kind for kind in KINDS if kind.name == "invisible-characters"]
    hidden = reader.read(kind.write(Random(SEED), tmp_path)).text
    assert "每笔5元" in hidden
    assert not set(hidden) & set("\u200b\u200d\u202e\u202d\u2066\u2069\ufeff\u00ad\U000e0041")


def test_actions_of_a_pdf_are_read_as_nothing(reader: Reader, tmp_path: Path) -> None:
    [kind] = [kind for kind in KINDS if kind.name == "pdf-with-actions"]
    assert reader.read(kind.write(Random(SEED), tmp_path)).text == "Fee 5 yuan"


def test_hostile_files_of_a_drop_leave_the_others_whole(tmp_path: Path) -> None:
    quick = [kind for kind in KINDS if not kind.slow and kind.name not in ("folder", "pipe", "link", "half-a-gigabyte")]
    files: dict[str, str | bytes] = {}
    for number, kind in enumerate(Random(SEED).sample(quick, 12)):
        place = tmp_path / "made" / kind.name
        place.mkdir(parents=True)
        made = kind.write(Random(f"{SEED}/{kind.name}"), place)
        files[f"{number}{made.suffix}"] = made.read_bytes()
        files[f"honest{number}.md"] = TEXT
    read = read_drop(drop(tmp_path / "w1", files), (), {})
    honest = {d.text for d in read.documents if d.doc_id.startswith("honest")}
    assert len([d for d in read.documents if d.doc_id.startswith("honest")]) == 12
    assert len(honest) == 1
    assert {fault.path for fault in read.faults} | {d.path for d in read.documents} == set(files)


def test_there_are_kinds_enough() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 25
