"""The manifest: tolerant of what is missing, plain about what is wrong."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from seatmate.domain.errors import BadInput
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.ingest.manifest import Manifest, read_manifest
from seatmate.testing.drops import drop

Row = Mapping[str, str]


def manifest(folder: Path, *rows: Row, files: tuple[str, ...] = ("a.md", "b.md"), encoding: str = "utf-8") -> Manifest:
    return read_manifest(drop(folder / "drop", dict.fromkeys(files, "x"), rows, encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_full_row_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    row = {
        "path": "a.md",
        "doc_id": "fee",
        "title": "转账收费",
        "doc_type": "费率表",
        "product_codes": "A1; B2；A1",
        "scope": "retail;supervisor",
        "valid_from": "2026/11/9",
        "valid_to": "2026-11-30",
        "published_at": "2026-11-09T09:00:00",
        "supersedes": "old",
        "责任部门": "运营部",
    }
    [found] = manifest(tmp_path, row, files=("a.md",), encoding=encoding).rows
    assert (found.doc_id, found.title, found.product_codes) == ("fee", "转账收费", ("A1", "B2"))
    assert found.scope == ("retail", "supervisor")
    assert (found.first_day, found.last_day) == (date(2026, 11, 9), date(2026, 11, 30))
    assert found.published_at is not None
    assert found.published_at.utcoffset() == found.published_at.astimezone(BANK_ZONE).utcoffset()
    assert (found.supersedes, found.extra) == ("old", (("责任部门", "运营部"),))


def test_path_alone_is_enough(tmp_path: Path) -> None:
    found = manifest(tmp_path, {"path": "a.md"}, files=("a.md",))
    assert found.faults == ()
    [row] = found.rows
    assert (row.doc_id, row.title, row.scope, row.first_day, row.supersedes) == ("a", "", (), None, None)


def test_a_row_without_a_file_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = manifest(tmp_path, {"path": "a.md"}, {"path": "gone.md"}, files=("a.md",))
    assert [row.doc_id for row in found.rows] == ["a"]
    assert [(f.path, f.reason) for f in found.faults] == [("gone.md", "the row has no file")]
    assert found.refused == {"gone"}


def test_a_file_without_a_row_is_listed_and_not_taken(tmp_path: Path) -> None:
    found = manifest(tmp_path, {"path": "a.md"}, files=("a.md", "b.md", ".DS_Store", "~$a.docx"))
    assert [row.doc_id for row in found.rows] == ["a"]
    assert [f.path for f in found.faults] == ["b.md"]
    assert found.refused == frozenset()


@pytest.mark.parametrize("key", ["doc_id", "path"])
def test_two_rows_with_one_name_are_both_refused(tmp_path: Path, key: str) -> None:
    rows = [{"path": "a.md", "doc_id": "one"}, {"path": "b.md", "doc_id": "two"}]
    rows[1][key] = rows[0][key]
    found = manifest(tmp_path, *rows)
    assert found.rows == ()
    assert sum("2 rows" in fault.reason for fault in found.faults) == 2


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"valid_from": "下个月"}, "valid_from: '下个月' is no date"),
        ({"valid_to": "2026-02-30"}, "valid_to"),
        ({"published_at": "soon"}, "published_at"),
        ({"valid_from": "2026-11-09", "valid_to": "2026-11-08"}, "before valid_from"),
        ({"path": "../a.md"}, "leads out"),
        ({"path": "/etc/hostname"}, "leads out"),
        ({"path": ""}, "no path"),
        ({"path": "link.md"}, "over a link"),
        ({"path": "folder/a.md"}, "over a link"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(tmp_path: Path, cells: Row, reason: str) -> None:
    folder = drop(tmp_path / "drop", {"a.md": "x"}, [{"path": "a.md", "doc_id": "d"} | dict(cells)])
    (folder / "link.md").symlink_to(folder / "a.md")
    (folder / "folder").symlink_to(folder)
    found = read_manifest(folder)
    assert found.rows == ()
    assert found.refused == {"d"}
    assert reason in found.faults[0].reason


@pytest.mark.parametrize("content", [None, b"", b"title\nx\n"])
def test_without_a_usable_manifest_nothing_is_read(tmp_path: Path, content: bytes | None) -> None:
    folder = drop(tmp_path / "drop", {"a.md": "x"})
    (folder / "manifest.csv").unlink() if content is None else (folder / "manifest.csv").write_bytes(content)
    with pytest.raises(BadInput):
        read_manifest(folder)
