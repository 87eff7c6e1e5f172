"""What stands where a file should: links, folders, pipes, wrong endings, odd names and half a gigabyte of nothing."""

import os
from pathlib import Path
from random import Random

from seatmate.testing.hostile import whole

MB = 2**20


def sparse(random: Random, folder: Path) -> Path:
    file = folder / random.choice(["a.txt", "a.md", "a.html", "a.pdf", "a.xlsx"])
    with file.open("wb") as out:
        out.write(b" " * 4_096)
        out.truncate(500 * MB)
    return file


def link(random: Random, folder: Path) -> Path:
    file = folder / "a.md"
    file.symlink_to(random.choice(["/etc/passwd", "/dev/zero", "a.md", "../nowhere"]))
    return file


def folder(random: Random, folder: Path) -> Path:
    file = folder / random.choice(["x.pdf", "x.md", "x.docx"])
    file.mkdir()
    return file


def pipe(random: Random, folder: Path) -> Path:
    file = folder / "a.txt"
    os.mkfifo(file)
    return file


def no_permission(random: Random, folder: Path) -> Path:
    file = folder / "a.md"
    file.write_text(whole.TEXT)
    file.chmod(0)
    return file


_ODD_NAMES = (
    "收费 标准（2026）",
    "a\nb",
    "'; drop table --",
    "$(id)",
    "..%2f..",
    "\u202efdp",
    "-rf",
    "a" * 200,
    "💰",
    "a.pdf",
    "\udcff",
)


def odd_name(random: Random, folder: Path) -> Path:
    file = folder / f"{random.choice(_ODD_NAMES)}.md"
    file.write_text(whole.TEXT)
    return file


def as_another(random: Random, folder: Path) -> Path:
    """A whole file under the ending of another format."""
    name, other = random.sample(sorted(whole.WHOLE), 2)
    file = folder / (other if other != "a.html" else "a.xlsx" if name != "a.xlsx" else "a.pdf")
    file.write_bytes(whole.WHOLE[name](random))
    return file
