"""Files that nobody should be able to hurt the reading with: bombs, wrecks, traps and honest-looking lies, by seed.

Each kind writes one file into an empty folder and says what must come of it: a reason, text, or one of the two. The
bytes are made here, from nothing but the formats; no file of anybody's is in them.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random

from seatmate.testing.hostile import packages, pdfs, places, texts, whole


class Outcome(StrEnum):
    REFUSED = "refused"
    TEXT = "text"
    EITHER = "either"
    """It depends on where the damage fell: whatever comes, it is a reason or text."""


@dataclass(frozen=True)
class Kind:
    name: str
    expected: Outcome
    write: Callable[[Random, Path], Path]
    """Writes one file into a folder and gives its path."""
    slow: bool = False
    """It may take the reader seconds, or its making does."""


def hostile_files(seed: int, folder: Path, least: int) -> Iterator[tuple[Kind, Path]]:
    """At least so many files, every kind alike but that a slow one comes twice at the most; each in its own folder."""
    quick = [kind for kind in KINDS if not kind.slow]
    rounds = -(-max(0, least - 2 * (len(KINDS) - len(quick))) // len(quick))
    for number in range(max(1, rounds)):
        for kind in KINDS:
            if kind.slow and number > 1:
                continue
            place = folder / f"{kind.name}-{number}"
            place.mkdir(parents=True)
            yield kind, kind.write(Random(f"{seed}/{kind.name}/{number}"), place)


def _bytes(name: str, make: Callable[[Random], bytes]) -> Callable[[Random, Path], Path]:
    def write(random: Random, folder: Path) -> Path:
        file = folder / name
        file.write_bytes(make(random))
        return file

    return write


def _truncated(name: str) -> Kind:
    def make(random: Random) -> bytes:
        data = whole.WHOLE[name](random)
        return data[: random.randint(1, len(data) - 1)]

    return Kind(f"truncated-{name[2:]}", Outcome.EITHER, _bytes(name, make))


def _flipped(name: str) -> Kind:
    def make(random: Random) -> bytes:
        data = bytearray(whole.WHOLE[name](random))
        for _ in range(random.randint(1, 40)):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        return bytes(data)

    return Kind(f"flipped-{name[2:]}", Outcome.EITHER, _bytes(name, make))


def _shuffled(name: str) -> Kind:
    """A stretch of the file cut out and put somewhere else."""

    def make(random: Random) -> bytes:
        data = whole.WHOLE[name](random)
        a, b = sorted(random.sample(range(len(data)), 2))
        rest, at = data[:a] + data[b:], random.randrange(len(data) - (b - a) + 1)
        return rest[:at] + data[a:b] + rest[at:]

    return Kind(f"shuffled-{name[2:]}", Outcome.EITHER, _bytes(name, make))


R, T, E = Outcome.REFUSED, Outcome.TEXT, Outcome.EITHER

KINDS: tuple[Kind, ...] = (
    *map(_truncated, whole.WHOLE),
    *map(_flipped, whole.WHOLE),
    *map(_shuffled, whole.WHOLE),
    Kind("zip-bomb-by-ratio", R, _bytes("a.docx", packages.ratio_bomb), slow=True),
    Kind("zip-bomb-of-many-parts", R, _bytes("a.docx", packages.many_parts)),
    Kind("zip-bomb-nested", T, _bytes("a.docx", packages.nested_zip)),
    Kind("zip-with-lying-sizes", R, _bytes("a.docx", packages.lying_sizes)),
    Kind("zip-naming-one-part-again", R, _bytes("a.docx", packages.same_part_again)),
    Kind("zip-leading-out", R, _bytes("a.docx", packages.traversal)),
    Kind("zip-locked", R, _bytes("a.docx", packages.locked_zip)),
    Kind("office-locked-docx", R, _bytes("a.docx", packages.locked_office)),
    Kind("office-locked-xlsx", R, _bytes("a.xlsx", packages.locked_office)),
    Kind("macros-in-docx", R, _bytes("a.docx", packages.macros("a.docx"))),
    Kind("macros-in-xlsx", R, _bytes("a.xlsx", packages.macros("a.xlsx"))),
    Kind("macros-declared", R, _bytes("a.docx", packages.declared_macros)),
    Kind("macros-by-name", R, _bytes("a.docm", whole.docx)),
    Kind("template-from-afar", T, _bytes("a.docx", packages.template_from_afar)),
    Kind(
        "entities-in-docx",
        R,
        _bytes(
            "a.docx",
            lambda r: packages.repacked(
                whole.docx(r), word__document_xml=packages.bomb_of_entities("w:document", "", r)
            ),
        ),
    ),
    Kind(
        "entities-in-xlsx",
        R,
        _bytes(
            "a.xlsx",
            lambda r: packages.repacked(whole.xlsx(r), xl__sharedStrings_xml=packages.bomb_of_entities("sst", "", r)),
        ),
    ),
    Kind("entities-in-utf16", R, _bytes("a.docx", packages.utf16_entities)),
    Kind("entities-in-html", T, _bytes("a.html", texts.html_entities)),
    Kind(
        "outer-entity-in-docx",
        R,
        _bytes(
            "a.docx",
            lambda r: packages.repacked(whole.docx(r), word__document_xml=packages.outer_entity("w:document", r)),
        ),
    ),
    Kind(
        "outer-entity-in-xlsx",
        R,
        _bytes(
            "a.xlsx", lambda r: packages.repacked(whole.xlsx(r), xl__workbook_xml=packages.outer_entity("workbook", r))
        ),
    ),
    Kind("deep-docx", R, _bytes("a.docx", packages.deep_docx)),
    Kind("wide-spans-in-docx", T, _bytes("a.docx", packages.wide_spans)),
    Kind("circle-of-styles", T, _bytes("a.docx", packages.style_circle)),
    Kind("absurd-size-of-sheet", T, _bytes("a.xlsx", packages.absurd_size)),
    Kind("absurd-merge", R, _bytes("a.xlsx", packages.absurd_merge)),
    Kind("ten-million-cells", R, _bytes("a.xlsx", packages.many_cells), slow=True),
    Kind("million-cells", R, _bytes("a.xlsx", packages.million_cells)),
    Kind("bad-number-formats", T, _bytes("a.xlsx", packages.bad_formats)),
    Kind("formula-without-value", R, _bytes("a.xlsx", packages.uncomputed)),
    Kind("sheet-of-noise", R, _bytes("a.xlsx", packages.wrong_part)),
    Kind("pdf-locked", R, _bytes("a.pdf", pdfs.locked_pdf)),
    Kind("pdf-stream-bomb", R, _bytes("a.pdf", pdfs.stream_bomb), slow=True),
    Kind("pdf-plain-stream-bomb", R, _bytes("a.pdf", pdfs.plain_stream_bomb), slow=True),
    Kind("pdf-object-loop", R, _bytes("a.pdf", pdfs.object_loop), slow=True),
    Kind("pdf-page-tree-loop", R, _bytes("a.pdf", pdfs.page_tree_loop)),
    Kind("pdf-form-loop", E, _bytes("a.pdf", pdfs.form_loop)),
    Kind("pdf-xref-loop", E, _bytes("a.pdf", pdfs.xref_loop)),
    Kind("pdf-deep-arrays", E, _bytes("a.pdf", pdfs.deep_arrays)),
    Kind("pdf-huge-counts", E, _bytes("a.pdf", pdfs.huge_counts)),
    Kind("pdf-with-actions", T, _bytes("a.pdf", pdfs.active)),
    Kind("pdf-of-strokes", E, _bytes("a.pdf", pdfs.many_lines), slow=True),
    Kind("pdf-of-many-pages", E, _bytes("a.pdf", pdfs.many_pages), slow=True),
    Kind("pdf-giant-numbers", E, _bytes("a.pdf", pdfs.giant_numbers)),
    Kind("invisible-characters", T, _bytes("a.md", texts.invisible)),
    Kind("nul-bytes", R, _bytes("a.txt", texts.nul_bytes)),
    Kind("invalid-text", R, _bytes("a.txt", texts.invalid_text)),
    Kind("noise-as-text", E, _bytes("a.txt", texts.noise)),
    Kind("noise-as-html", E, _bytes("a.html", texts.noise)),
    Kind("deep-html", E, _bytes("a.html", texts.deep_html)),
    Kind("wide-html", E, _bytes("a.html", texts.wide_html)),
    Kind("tags-without-end", R, _bytes("a.html", texts.tags_without_end)),
    Kind("heavy-html", E, _bytes("a.html", texts.heavy_html), slow=True),
    Kind("traps-in-markdown", E, _bytes("a.md", texts.trap_markdown)),
    Kind("endless-comment", E, _bytes("a.md", texts.endless_comment)),
    Kind("ten-million-fields-in-markdown", R, _bytes("a.md", texts.wide_markdown)),
    Kind("one-long-line", R, _bytes("a.txt", texts.long_line)),
    Kind("empty", R, _bytes("a.md", lambda r: b"")),
    Kind("byte-order-mark-alone", R, _bytes("a.txt", texts.bom)),
    Kind("blanks-alone", R, _bytes("a.txt", lambda r: r.choice([b" ", b"\n", b"\t"]) * r.randint(1, 19 * packages.MB))),
    Kind("another-format-pdf", R, _bytes("a.pdf", texts.other_bytes)),
    Kind("another-format-docx", R, _bytes("a.docx", texts.other_bytes)),
    Kind("another-ending", R, places.as_another),
    Kind("unknown-ending", R, _bytes("a.exe", texts.noise)),
    Kind("half-a-gigabyte", R, places.sparse),
    Kind("link", R, places.link),
    Kind("folder", R, places.folder),
    Kind("pipe", R, places.pipe),
    Kind("odd-name", T, places.odd_name),
    *(() if os.geteuid() == 0 else (Kind("no-permission", R, places.no_permission),)),
)
