"""The rendered rows of a run as a Hugging Face dataset: mapped from disk a batch at a time, however many they are.

Python's own lists take about forty bytes a token, this takes five. The file is scratch (rows are rendered anew at every
start) and loses its name as soon as it is mapped: a run that is killed while it trains leaves nothing of it behind.
"""

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

from seatmate_tune.render import Rendered


class RowWriter:
    """Takes rows one by one; a row's number is its place."""

    def __init__(self, work: Path) -> None:
        from datasets import Features, List, Value
        from datasets.arrow_writer import ArrowWriter

        work.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix="rows-", suffix=".arrow", dir=work, delete=False) as made:
            self._path = Path(made.name)
        features = Features({"ids": List(Value("int32")), "mask": List(Value("int8"))})
        self._writer: Any = ArrowWriter(path=str(self._path), features=features)
        self.lengths: array[int] = array("L")

    def add(self, row: Rendered) -> int:
        self._writer.write({"ids": row.ids, "mask": row.mask})
        self.lengths.append(len(row.ids))
        return len(self.lengths) - 1

    def batches(self, numbers: Sequence[list[int]]) -> "Batches":
        """Ends the writing: the same rows, by batches of their numbers."""
        from datasets import Dataset

        self._writer.finalize()
        rows = Dataset.from_file(str(self._path))
        self._path.unlink()
        return Batches(rows, numbers)


class Batches(Sequence[list[Rendered]]):
    def __init__(self, rows: Any, numbers: Sequence[list[int]]) -> None:
        self._rows = rows
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> list[Rendered]: ...
    @overload
    def __getitem__(self, at: slice) -> "Batches": ...
    def __getitem__(self, at: int | slice) -> "list[Rendered] | Batches":
        if isinstance(at, slice):
            return Batches(self._rows, self._numbers[at])
        read = self._rows[self._numbers[at]]
        return [Rendered(tuple(ids), tuple(mask)) for ids, mask in zip(read["ids"], read["mask"], strict=True)]

    def rows(self) -> Iterator[Rendered]:
        """Every row, in the order of training."""
        for batch in self:
            yield from batch
