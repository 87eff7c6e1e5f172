"""Where the engine reads adapters: copies of our own, read-only, below a path that holds the hash of all they say.

    <var>/adapter-store/bank@39f7ede58e03/<sha256 over weights and configuration>/

The copy is what is checked last: what was checked is what is served, whatever happens to the source. A name has one
content for ever; the same weights with another configuration are refused, for releases and caches know the name alone.
Nothing is written outside of the store, and nothing half-written has a name. Starts and loads nothing.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from seatmate.domain.errors import BadInput, NotFound
from seatmate.serving.adapter_check import CONFIG, SERVED, WEIGHTS, BaseWeights, most_bytes, open_plain
from seatmate.serving.registry import AdapterFolder, is_adapter_name, read_adapter_as, read_base_weights
from seatmate.serving.safetensors import Malformed

_PIECE = 2**20
_HELD = ".held"


class AdapterRefused(BadInput):
    """An adapter that may not be served. The detail lists every reason that was found."""

    code = "ADAPTER_REFUSED"


class AdapterStore:
    """`base` and `max_rank` are what its adapters must fit."""

    def __init__(self, folder: Path, base: Path, max_rank: int) -> None:
        self._folder = folder
        self._base = base
        self._max_rank = max_rank

    def names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if is_adapter_name(path.name))

    def hold(self, name: str) -> None:
        """Remember, across restarts, that somebody wants it loaded although no release asks for it yet."""
        (self._folder / name / _HELD).touch()

    def let_go(self, name: str) -> None:
        if is_adapter_name(name):
            (self._folder / name / _HELD).unlink(missing_ok=True)

    def held(self) -> frozenset[str]:
        return frozenset(name for name in self.names() if (self._folder / name / _HELD).is_file())

    def adopt(self, source: Path) -> AdapterFolder:
        """Copy, check the copy, keep it. What is kept already is checked again. AdapterRefused, NotFound."""
        name = source.name
        if not is_adapter_name(name):
            raise AdapterRefused("its name is not task@ and twelve hex digits")
        if not source.is_dir():
            raise NotFound(f"there is no adapter {name}")
        self._folder.mkdir(parents=True, exist_ok=True)
        base = read_base_weights(self._base)
        # The source itself first: most bad folders are refused here, before a byte of them is copied.
        _refuse_faulty(read_adapter_as(name, source, base, self._max_rank))
        assert isinstance(base, BaseWeights), "a base that cannot be read is a fault"
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder))
        try:
            _copy(source, beside, most_bytes(base, self._max_rank))
            digest = _digest(beside)
            found = read_adapter_as(name, beside, base, self._max_rank)
            _refuse_faulty(found)
            return self._keep(name, beside, digest, base)
        finally:
            _remove(beside)

    def kept(self, name: str) -> AdapterFolder:
        """The copy under this name, checked again. NotFound; AdapterRefused when it is not what was kept."""
        if not is_adapter_name(name):
            raise AdapterRefused("its name is not task@ and twelve hex digits")
        return self._read(name, read_base_weights(self._base))

    def _read(self, name: str, base: BaseWeights | str) -> AdapterFolder:
        copies = self._copies(name)
        if not copies:
            raise NotFound(f"adapter {name} is not in the store")
        if len(copies) > 1:
            raise AdapterRefused(f"{name}: the store has {len(copies)} contents under one name")
        (copy,) = copies
        found = read_adapter_as(name, copy, base, self._max_rank)
        _refuse_faulty(found)
        if _digest(copy) != copy.name:
            raise AdapterRefused(f"{name}: what is in the store was changed after it was kept")
        return found

    def _keep(self, name: str, beside: Path, digest: str, base: BaseWeights | str) -> AdapterFolder:
        place = self._folder / name / digest
        others = [path for path in self._copies(name) if path.name != digest]
        if others:
            raise AdapterRefused(
                f"{name}: the same weights are kept with another configuration; train it anew, it needs another name"
            )
        place.parent.mkdir(exist_ok=True)
        with contextlib.suppress(OSError):  # it is there already: then that one is checked and used
            beside.rename(place)
            place.chmod(0o555)
        return self._read(name, base)

    def _copies(self, name: str) -> list[Path]:
        folder = self._folder / name
        return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def _refuse_faulty(found: AdapterFolder) -> None:
    if found.faults:
        raise AdapterRefused(f"{found.name}: {'; '.join(found.faults)}")


def _copy(source: Path, into: Path, limits: Mapping[str, int]) -> None:
    """The three served files, read-only, on the disk for good."""
    folder = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for name in SERVED:
            with open_plain(folder, name) as (file, size), (into / name).open("xb") as copy:
                left = min(size, limits[name])  # it may have grown since it was checked
                while left > 0 and (piece := file.read(min(left, _PIECE))):
                    copy.write(piece)
                    left -= len(piece)
                copy.flush()
                os.fsync(copy.fileno())
            (into / name).chmod(0o444)
    except (OSError, Malformed) as error:
        raise AdapterRefused(f"{source.name}: it changed while it was read: {error}") from error
    finally:
        os.close(folder)


def _digest(folder: Path) -> str:
    """One hash over what decides what the engine serves; a card may be written anew."""
    whole = hashlib.sha256()
    for name in (WEIGHTS, CONFIG):
        with (folder / name).open("rb") as file:
            whole.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def _remove(folder: Path) -> None:
    if folder.exists():
        folder.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
