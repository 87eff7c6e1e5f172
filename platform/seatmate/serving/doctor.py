"""Looks at a machine and its settings before anything is started: what is right, what is not, what to do about it.

Reads and tries only: it writes no file but a probe that it removes, and starts nothing. Does not know whether answers
are good; seatmate-eval does. Run: `seatmate doctor`.

    for finding in examine(settings): print(finding.level, finding.text, finding.remedy)
"""

import fcntl
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from seatmate.domain.errors import Misconfigured
from seatmate.prompts import Prompts
from seatmate.serving.engine import is_merged
from seatmate.serving.hardware import available_memory_gib, cpu_flags
from seatmate.serving.registry import list_adapters, newest_adapter, read_base
from seatmate.settings import EngineSettings, IndexSettings, RecordSettings, Settings

_MEMORY_GIB = 4.0
_DISK_GIB = 5.0
_CONNECT_S = 3


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One sentence about one thing, and what to do; the remedy is empty when nothing needs doing."""

    level: Level
    text: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Everything, in the order in which one would mend it."""
    return [
        *_python(sys.version_info[:3]),
        *_disk(settings.var),
        *_prompts(settings.prompts),
        *_records(settings.records),
        *_index(settings.index),
        *_port("API", settings.api.host, settings.api.port, "SEATMATE_API__PORT"),
        *(
            _own_engine(settings.engine, settings.var)
            if settings.engine.base_url is None
            else _running_engine(settings.engine)
        ),
    ]


def _ok(text: str) -> Finding:
    return Finding(Level.OK, text)


def _warning(text: str, remedy: str) -> Finding:
    return Finding(Level.WARNING, text, remedy)


def _fault(text: str, remedy: str) -> Finding:
    return Finding(Level.FAULT, text, remedy)


def _python(version: Sequence[int]) -> Iterator[Finding]:
    shown = ".".join(map(str, version))
    if tuple(version) < (3, 11):
        yield _fault(f"Python {shown} is too old.", "Use Python 3.11 or newer.")
    else:
        yield _ok(f"Python {shown}.")


def _disk(var: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(_nearest(var)).free / 2**30
    if free < _DISK_GIB:
        yield _warning(
            f"{free:.1f} GiB of disk are free for {var}.", f"Make room: {_DISK_GIB:.0f} GiB is a good start."
        )
    else:
        yield _ok(f"{free:.0f} GiB of disk are free for {var}.")


def _nearest(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())


def _prompts(folder: Path) -> Iterator[Finding]:
    try:
        prompts = Prompts.load(folder)
    except (Misconfigured, OSError, ValueError) as error:
        yield _fault(f"The prompts cannot be loaded: {error}.", f"Restore {folder} from the release.")
    else:
        yield _ok(f"{len(list(prompts))} prompts load.")


def _records(settings: RecordSettings) -> Iterator[Finding]:
    try:
        url = make_url(settings.url)
        shown = url.render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        yield _fault("The records' URL is not one.", "Set SEATMATE_RECORDS__URL, such as sqlite:///var/seatmate.db.")
        return
    if url.get_backend_name() == "sqlite":
        # Opening it would create it.
        yield _writable(Path(url.database or "").parent, f"records in {shown}", "SEATMATE_RECORDS__URL")
        return
    engine = create_engine(url, connect_args={"connect_timeout": _CONNECT_S})
    try:
        with engine.connect():
            yield _ok(f"The records answer at {shown}.")
    except SQLAlchemyError as error:
        why = type(error).__name__
        yield _fault(
            f"The records do not answer at {shown} ({why}).", "Start the database or mend SEATMATE_RECORDS__URL."
        )
    finally:
        engine.dispose()


def _index(settings: IndexSettings) -> Iterator[Finding]:
    if settings.kind == "server":
        url = make_url(str(settings.url).replace("https://", "http://"))
        if _accepts(url.host or "", url.port or 6333):
            yield _ok(f"The index server answers at {settings.url}.")
        else:
            yield _fault(
                f"The index server does not answer at {settings.url}.", "Start it or mend SEATMATE_INDEX__URL."
            )
        return
    yield _writable(settings.path, f"index in {settings.path}", "SEATMATE_INDEX__PATH")
    if any(_locked(wal) for wal in settings.path.glob("*/wal")):
        yield _warning(
            f"The index in {settings.path} is open in another process.",
            "Nothing to do if Seatmate is running; otherwise stop that process.",
        )


def _writable(folder: Path, what: str, setting: str) -> Finding:
    nearest = _nearest(folder)
    try:
        # Asked by doing: the permission bits do not know of read-only disks.
        with tempfile.TemporaryFile(dir=nearest):
            return _ok(f"The {what} can be written.")
    except OSError as error:
        return _fault(f"The {what} cannot be written: {error.strerror}.", f"Give this user {nearest} or set {setting}.")


def _locked(wal: Path) -> bool:
    """Qdrant Edge holds an flock on the folder of its write-ahead log."""
    folder = os.open(wal, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(folder)
    return False


def _port(what: str, host: str, port: int, setting: str) -> Iterator[Finding]:
    if _accepts(host, port):
        yield _warning(
            f"Port {port}, which the {what} wants, is taken.",
            f"Nothing to do if Seatmate is running; otherwise set {setting}.",
        )
    else:
        yield _ok(f"Port {port} is free for the {what}.")


def _accepts(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_S):
            return True
    except OSError:
        return False


def _running_engine(settings: EngineSettings) -> Iterator[Finding]:
    url = make_url(str(settings.base_url).replace("https://", "http://"))
    default = 443 if str(settings.base_url).startswith("https://") else 80
    if _accepts(url.host or "", url.port or default):
        yield _ok(f"The model server answers at {settings.base_url}.")
    else:
        yield _fault(
            f"No model server answers at {settings.base_url}.",
            "Start it, or unset SEATMATE_ENGINE__BASE_URL for our own.",
        )


def _own_engine(settings: EngineSettings, var: Path) -> Iterator[Finding]:
    yield from _memory()
    yield from _cpu()
    if os.access(settings.python, os.X_OK):
        yield _ok("The engine environment is there.")
    else:
        yield _fault(f"There is no engine environment at {settings.python}.", "Run docker/setup.sh.")
    yield from _models(settings, var)
    yield from _port("engine", "127.0.0.1", settings.port, "SEATMATE_ENGINE__PORT")


def _memory() -> Iterator[Finding]:
    available = available_memory_gib()
    if available is None:
        yield _warning(
            "How much memory is available is unknown on this system.", f"See that {_MEMORY_GIB:.0f} GiB are."
        )
    elif available < _MEMORY_GIB:
        yield _fault(
            f"{available:.1f} GiB of memory are available, the engine and its platform want {_MEMORY_GIB:.0f}.",
            "Stop something, or point SEATMATE_ENGINE__BASE_URL to a model server elsewhere.",
        )
    else:
        yield _ok(f"{available:.0f} GiB of memory are available.")


def _cpu() -> Iterator[Finding]:
    flags = cpu_flags()
    if not flags:
        yield _warning("What this CPU can do is unknown.", "The engine wants AVX2 or AVX-512.")
    elif "avx2" not in flags:
        yield _fault(
            "This CPU has no AVX2, which the engine needs.", "Use another machine or a model server elsewhere."
        )
    else:
        yield _ok("The CPU can run the engine.")


def _models(settings: EngineSettings, var: Path) -> Iterator[Finding]:
    base = read_base(settings.model)
    for fault in base.faults:
        yield _fault(f"Base model {settings.model.name}: {fault}.", f"Restore {settings.model} from the release.")
    if not base.faults:
        yield _ok(f"Base model {settings.model.name} is whole.")
    adapters = list_adapters(settings.adapters, settings.model, settings.max_lora_rank)
    for adapter in adapters:
        for fault in adapter.faults:
            yield _fault(f"Adapter {adapter.name}: {fault}.", f"Restore or remove {adapter.path}.")
    newest = newest_adapter(adapters, "bank")
    if newest is not None and is_merged(settings, newest, var):
        yield _ok(
            f"Adapter {newest.name} can be served, merged into the base: no other one can be loaded while it runs "
            "(SEATMATE_ENGINE__MERGED=false for that)."
        )
    elif newest is not None:
        yield _ok(f"Adapter {newest.name} can be served.")
    elif not adapters:
        yield _warning(
            f"There are no adapters in {settings.adapters}: the base model would answer alone.",
            "Train one with seatmate-tune, or restore the folder.",
        )
