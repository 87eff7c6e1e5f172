"""Dense vectors: a trained table, or hashed grams that say what they are."""

from pathlib import Path

import numpy as np
import pytest

from seatmate.adapters.dense import HashedGrams, StaticTable, open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.sparse import SparseEncoder
from seatmate.domain.errors import Misconfigured


def table(folder: Path, tokens: str, rows: list[list[float]]) -> Path:
    folder.mkdir(exist_ok=True)
    np.save(folder / "embeddings.npy", np.array(rows, np.float16))
    (folder / "tokens.txt").write_text(tokens, "utf-8")
    return folder


def test_a_text_is_the_mean_of_its_tokens(tmp_path: Path) -> None:
    dense = StaticTable(table(tmp_path, "手续费\n转账\n手", [[1, 0], [0, 1], [-1, -1]]))
    assert dense.dimensions == 2
    assert dense.encode("转账手续费") == pytest.approx((0.7071, 0.7071), abs=1e-3)
    assert dense.encode("手续费，？") == pytest.approx((1.0, 0.0))


def test_the_likelier_cut_wins(tmp_path: Path) -> None:
    dense = StaticTable(table(tmp_path, "甲乙\t-9\n甲\t-1\n乙\t-1", [[1, 0], [0, 1], [0, 1]]))
    assert dense.encode("甲乙") == pytest.approx((0.0, 1.0))


def test_nothing_known_is_the_zero_vector(tmp_path: Path) -> None:
    assert StaticTable(table(tmp_path, "甲", [[1, 0]])).encode("xyz") == (0.0, 0.0)
    assert set(HashedGrams().encode("")) == {0.0}


def test_a_tokenizer_file_will_do(tmp_path: Path) -> None:
    table(tmp_path, "", [[1, 0], [0, 1]])
    (tmp_path / "tokens.txt").unlink()
    (tmp_path / "tokenizer.json").write_text('{"model": {"vocab": [["▁转账", -1.0], ["手续费", -2.0]]}}', "utf-8")
    assert StaticTable(tmp_path).encode("转账手续费") == pytest.approx((0.7071, 0.7071), abs=1e-3)


def test_tokens_and_table_must_fit(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="do not fit"):
        StaticTable(table(tmp_path, "甲\n乙", [[1, 0]]))
    with pytest.raises(Misconfigured, match=r"embeddings\.npy"):
        open_dense(Path(__file__).parent)


def test_without_a_folder_alike_texts_come_out_alike_and_the_fingerprint_says_so() -> None:
    dense = open_dense(Path("/nowhere"))
    assert "hashed" in dense.fingerprint
    fee, same, other = (np.array(dense.encode(t)) for t in ("跨行转账手续费", "转账的手续费", "整存整取利率"))
    assert fee @ same > fee @ other


def test_the_encoder_joins_both_and_its_fingerprint_names_both(tmp_path: Path) -> None:
    encoder = HybridEncoder(SparseEncoder(), StaticTable(table(tmp_path, "手续费", [[1, 0]])))
    assert encoder.dimensions == 2
    [vectors] = encoder.encode_passages(["手续费"])
    assert vectors.dense == (1.0, 0.0)
    assert vectors.sparse.indices == encoder.encode_query("手续费").sparse.indices
    changed = StaticTable(table(tmp_path, "手续费", [[0, 1]]))
    assert HybridEncoder(SparseEncoder(), changed).fingerprint != encoder.fingerprint
