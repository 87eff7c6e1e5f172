"""The sample bank's documents, published in the product's own stores: built once, copied for each run.

Building takes some ten seconds, so what was built is kept, by a hash of the drops, the encoder and the code. A run
works on a copy of its own: an index has one owner. A bank whose building was killed is made anew. Every drop is
published in its turn, so that any moment can be asked about. Knows no model and no release.
"""

import asyncio
import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.ports import Encoder
from seatmate.ingest.flow import Stores, build, publish
from seatmate.settings import Settings
from seatmate.wiring.knowledge import open_index
from seatmate.wiring.model import CODE
from seatmate_eval.sample_bank import drops_of

WHOLE = "whole"
"""The file that a built bank has and a half-built one has not."""
KEPT = 3
"""So many built banks stay on disk, the newest: every change of the platform's code makes another one."""

Told = Callable[[str], None]


@asynccontextmanager
async def open_copy(
    settings: Settings, encoder: Encoder, drops: Path, *, kept: Path, work: Path, told: Told = lambda step: None
) -> AsyncIterator[tuple[Engine, Stores]]:
    """The built bank in the folder `work`, which is gone afterwards."""
    await asyncio.to_thread(_prepare, work, kept)
    built = kept / _hash_of(settings, encoder, drops)
    with _alone(kept):
        if not (built / WHOLE).exists():
            await _build(settings, encoder, drops, built, told)
        os.utime(built / WHOLE)
        await asyncio.to_thread(shutil.copytree, built, work)
        _forget_old(kept)
    try:
        async with open_stores(settings.in_folder(work), encoder) as opened:
            yield opened
    finally:
        shutil.rmtree(work, ignore_errors=True)


@asynccontextmanager
async def open_stores(settings: Settings, encoder: Encoder) -> AsyncIterator[tuple[Engine, Stores]]:
    """Records and index of a folder, as the API opens them (seatmate.wiring.api)."""
    async with AsyncExitStack() as closing:
        engine = open_engine(settings.records.url)
        closing.callback(engine.dispose)
        await asyncio.to_thread(upgrade, engine)
        index = await asyncio.to_thread(open_index, settings.index, encoder)
        closing.push_async_callback(index.aclose)
        yield engine, Stores(SqlKnowledge(engine), index, encoder)


def _prepare(work: Path, kept: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    for folder in (work.parent, kept):
        folder.mkdir(parents=True, exist_ok=True)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _hash_of(settings: Settings, encoder: Encoder, drops: Path) -> str:
    digest = hashlib.sha256(f"{encoder.fingerprint}\n{CODE}\n{settings.index.kind}\n".encode())
    for drop in drops_of(drops):
        for path in sorted(path for path in drop.rglob("*") if path.is_file()):
            digest.update(f"{drop.name}/{path.relative_to(drop).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


async def _build(settings: Settings, encoder: Encoder, drops: Path, built: Path, told: Told) -> None:
    await asyncio.to_thread(_empty, built)
    async with open_stores(settings.in_folder(built), encoder) as (_, stores):
        for drop in drops_of(drops):
            told(f"publishing {drop.name}")
            report = await build(stores, drop)
            await publish(stores.ledger, report.snapshot)
    (built / WHOLE).touch()


def _forget_old(kept: Path) -> None:
    built = [folder for folder in kept.iterdir() if folder.is_dir()]
    built.sort(key=lambda folder: (folder / WHOLE).stat().st_mtime if (folder / WHOLE).exists() else 0.0)
    for folder in built[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time builds or copies here; the lock of a killed one is gone with it."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
