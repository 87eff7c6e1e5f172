"""Reading in a process of its own: what goes wrong with one file ends that file, and nothing else."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.isolate import Limits, open_reader, take
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Remark, Row, join
from seatmate.ingest.read import read
from seatmate.ingest.wire import document_of, framed, shape_of
from seatmate.testing.drops import FEE_V1, RATE, pdf, word, workbook

SLOW = b"<p>x</p>" * 190_000
"""Honest, and so long that it takes many seconds."""

TEXTS = st.text(max_size=30)
PLACES = st.one_of(st.none(), st.integers(1, 9)), st.one_of(st.none(), TEXTS)
PIECES = st.one_of(
    st.builds(Heading, TEXTS, st.integers(1, 6), *PLACES),
    st.builds(Paragraph, TEXTS, *PLACES),
    st.builds(
        Row, st.lists(TEXTS, max_size=4).map(tuple), st.lists(TEXTS, max_size=4).map(tuple), *PLACES, group=TEXTS
    ),
    st.builds(Remark, TEXTS),
)


def reading_processes() -> list[int]:
    """Those that this process has started, whichever of its threads did."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    children = {int(child) for task in tasks for child in task.read_text().split()}
    return [c for c in children if "seatmate.ingest.read_process" in Path(f"/proc/{c}/cmdline").read_text()]


def the_child() -> int:
    [pid] = reading_processes()
    return pid


@given(st.lists(PIECES, max_size=12))
def test_a_document_comes_back_as_it_was_read(pieces: list[Piece | Remark]) -> None:
    document = join(pieces)
    assert document_of(json.loads(json.dumps(shape_of(document)))) == document


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"text": "a", "headers": [], "blocks": [["p", None, None, "a", 0, 2]], "remarks": []},
        {"text": "a", "headers": [], "blocks": [["p", None, None, "a", 0, 1]], "remarks": [1]},
        {"text": "a", "headers": [], "blocks": [["x", None, None, "a", 0, 1]], "remarks": []},
        {"text": "a", "headers": [], "blocks": [["r", None, None, ["a"], 3, "", 0, 1]], "remarks": []},
        {"text": "a", "headers": [], "blocks": [["p", None, None, "a", -1, True]], "remarks": []},
        {"text": 5, "headers": [], "blocks": [], "remarks": []},
    ],
)
def test_what_is_no_document_is_refused(shape: dict[str, object]) -> None:
    with pytest.raises(UnreadableDocument, match="broken"):
        document_of(shape)


def test_every_format_reads_the_same_in_the_other_process() -> None:
    files = {
        "a.md": FEE_V1.encode(),
        "a.txt": RATE.encode("gb18030"),
        "a.docx": word(("Title", "限额"), table=[("渠道", "单笔"), ("柜面", "5万元")]),
        "a.xlsx": workbook({"限额": [("渠道", "单笔"), ("柜面", 50000)]}),
        "a.pdf": pdf([(50, "限额"), (50, "每日五万元。")]),
        "a.html": b"<h1>x</h1><p>y</p>",
    }
    with open_reader() as reader:
        for name, data in files.items():
            assert reader.read_bytes(data, name) == read(data, name)


def test_one_process_reads_file_after_file_and_is_replaced_after_its_number() -> None:
    with open_reader(Limits(files=2)) as reader:
        pids = []
        for _ in range(5):
            reader.read_bytes(RATE.encode(), "a.md")
            pids.append(the_child())
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]


def test_nothing_starts_before_a_file_and_nothing_stays_after() -> None:
    with open_reader() as reader:
        assert not reading_processes()
        reader.read_bytes(RATE.encode(), "a.md")
        pid = the_child()
    assert not Path(f"/proc/{pid}").exists()


def test_a_file_that_takes_too_long_ends_alone() -> None:
    with open_reader(Limits(seconds=0.7)) as reader:
        reader.read_bytes(RATE.encode(), "first.md")
        started = time.monotonic()
        with pytest.raises(UnreadableDocument, match=r"longer than 0\.7 s"):
            reader.read_bytes(SLOW, "slow.html")
        assert time.monotonic() - started < 5
        assert reader.read_bytes(RATE.encode(), "next.md").title == "存款利率"


def test_a_file_that_needs_too_much_memory_ends_alone() -> None:
    with open_reader(Limits(memory_mb=200)) as reader, pytest.raises(UnreadableDocument, match="200 MB of memory"):
        reader.read_bytes(b"<p>x</p>" * 190_000, "large.html")
    with open_reader(Limits(memory_mb=200)) as reader:
        assert reader.read_bytes(RATE.encode(), "next.md").title == "存款利率"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_a_reader_that_dies_is_replaced(how: signal.Signals) -> None:
    with open_reader() as reader:
        reader.read_bytes(RATE.encode(), "first.md")
        os.kill(the_child(), how)
        time.sleep(0.1)
        with pytest.raises(UnreadableDocument, match=r"crashed|killed"):
            reader.read_bytes(RATE.encode(), "unlucky.md")
        assert reader.read_bytes(RATE.encode(), "next.md").title == "存款利率"


def test_readers_in_threads_do_not_disturb_each_other() -> None:
    def read_some(number: int) -> list[str | None]:
        with open_reader() as reader:
            return [reader.read_bytes(f"# 第{number}份\n\n文。\n".encode(), "a.md").title for _ in range(5)]

    stop = threading.Event()
    busy = threading.Thread(target=stop.wait)
    busy.start()
    with ThreadPoolExecutor(4) as pool:
        titles = list(pool.map(read_some, range(4)))
    stop.set()
    busy.join()
    assert titles == [[f"第{number}份"] * 5 for number in range(4)]


def test_the_process_ends_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "pid")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    written = tmp_path / "pid"
    deadline = time.monotonic() + 20
    while not (written.exists() and written.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    child = int(written.read_text())
    parent.kill()
    parent.wait()
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


_PARENT = """
import sys, threading
from pathlib import Path
from seatmate.ingest.isolate import Limits, open_reader

def tell():
    import os, time
    while True:
        time.sleep(0.05)
        for c in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
            for child in c.read_text().split():
                Path(sys.argv[1]).write_text(child)

threading.Thread(target=tell, daemon=True).start()
with open_reader(Limits(seconds=60)) as reader:
    reader.read_bytes(b"<p>x</p>" * 190_000, "slow.html")
"""


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_process_holds_no_other_part_of_the_platform_and_opens_no_network() -> None:
    code = (
        "import sys, seatmate.ingest.read_process as p\n"
        "heavy = {'llama_index', 'numpy', 'sqlalchemy', 'qdrant_edge', 'openai', 'fastapi', 'jieba', 'pydantic'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "p._confine(512)\n"
        "import socket\n"
        "for act in (lambda: socket.socket(), lambda: open('x', 'w'), lambda: __import__('os').system('true')):\n"
        "    try:\n"
        "        act()\n"
        "    except p.UnreadableDocument as error:\n"
        "        print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.count("it is hostile") == 3


def test_a_frame_is_its_length_and_its_bytes() -> None:
    assert framed(b"abc") == b"\x00\x00\x00\x00\x00\x00\x00\x03abc"


def test_only_plain_files_of_fitting_size_are_taken(tmp_path: Path) -> None:
    plain = tmp_path / "a.md"
    plain.write_bytes(b"x")
    (tmp_path / "link.md").symlink_to(plain)
    (tmp_path / "folder.pdf").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    with (tmp_path / "spaces.txt").open("wb") as file:
        file.truncate(500 * 2**20)
    assert take(plain) == b"x"
    for name, reason in [
        ("link.md", "link"),
        ("folder.pdf", "folder"),
        ("pipe.txt", "plain file"),
        ("spaces.txt", "500 MB"),
        ("gone.md", "gone"),
    ]:
        with pytest.raises(UnreadableDocument, match=reason):
            take(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(b"x")
    file.chmod(0)
    with pytest.raises(UnreadableDocument, match="permission"):
        take(file)
