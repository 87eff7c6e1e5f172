"""Rows of a run are read back as they were written, by batch, and leave no file behind."""

from pathlib import Path
from random import Random

import pytest

from seatmate_tune.dataset import batched, packed
from seatmate_tune.render import Rendered
from seatmate_tune.rows import RowWriter

pytest.importorskip("datasets")


def some_rows(count: int) -> list[Rendered]:
    rng = Random(1)
    lengths = [rng.randrange(1, 90) for _ in range(count)]
    return [
        Rendered(tuple(rng.randrange(8000) for _ in range(n)), tuple(rng.randrange(2) for _ in range(n)))
        for n in lengths
    ]


def test_a_row_comes_back_as_it_was(tmp_path: Path) -> None:
    rows, writer = some_rows(50), RowWriter(tmp_path)
    numbers = [writer.add(row) for row in rows]
    batches = writer.batches([numbers[30:], [4, 2, 4]])
    assert len(batches) == 2
    assert batches[0] == rows[30:]
    assert batches[1] == [rows[4], rows[2], rows[4]]
    assert list(batches.rows()) == [*rows[30:], rows[4], rows[2], rows[4]]
    assert list(tmp_path.iterdir()) == [], "it is scratch, and may hold customers' words"


def test_a_batch_is_of_alike_length_and_every_row_is_in_one(tmp_path: Path) -> None:
    rows, writer = some_rows(500), RowWriter(tmp_path)
    numbers = [writer.add(row) for row in rows]
    batches = batched(numbers, writer.lengths, 400, Random(3))
    assert sorted(number for batch in batches for number in batch) == numbers
    assert all(len(batch) * max(len(rows[n].ids) for n in batch) <= 400 for batch in batches)
    padded = sum(len(batch) * max(len(rows[n].ids) for n in batch) for batch in batches)
    assert padded < 1.1 * sum(len(row.ids) for row in rows)


def test_packed_batches_are_full_and_every_row_is_in_one() -> None:
    rng = Random(4)
    lengths = [rng.randrange(1, 90) for _ in range(5000)]
    lengths[7] = 500
    batches = packed(range(5000), lengths, 400, Random(3))
    assert sorted(number for batch in batches for number in batch) == list(range(5000))
    assert [7] in batches, "what is longer than a batch is not cut off"
    filled = [sum(lengths[number] for number in batch) for batch in batches]
    assert max(total for total in filled if total != 500) <= 400
    assert sum(lengths) / len(batches) > 0.99 * 400
    assert batches == packed(range(5000), lengths, 400, Random(3))
